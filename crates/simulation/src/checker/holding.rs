//! I1: a code is in one person's hands, was brought by the shop and is still good.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use nachklang_domain::coupon::CouponCode;
use nachklang_domain::id::{MailId, PoolId};

use super::facts::{Batch, Facts, Person, certainly_before};
use super::stock::holds;
use super::timely::GRACE;
use super::{Invariant, Violation};
use crate::history::{Acceptance, Operation, Outcome, Place};

/// Different mails of one person may carry the code that she has. Two people never may, unless the mail service told of
/// every earlier mail with the code that it never arrived.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Violation> {
    let hands = hands(facts);
    let shared = hands.values().filter_map(|hands| two_people(facts, hands));
    let printed =
        facts.accepted.iter().filter_map(|(operation, mail)| Some((*operation, *mail, mail.code.as_ref()?)));
    let wrong = printed.flat_map(|(operation, mail, code)| {
        let never_imported = never_imported(facts, operation, mail, code);
        never_imported
            .into_iter()
            .chain(voided(facts, operation, mail, code))
            .chain(ended(facts, operation, mail, code))
    });
    shared.chain(wrong).collect()
}

/// A mail that carries a code: accepted at a place, or left at rest.
struct Hand<'a> {
    person: Person<'a>,
    mail: MailId,
    code: &'a CouponCode,
    since: Place,
}

/// All hands of each code, the earliest first.
fn hands<'a>(facts: &Facts<'a>) -> BTreeMap<&'a str, Vec<Hand<'a>>> {
    let accepted = facts.accepted.iter().filter_map(|(operation, mail)| {
        let code = mail.code.as_ref()?;
        Some(Hand { person: (&mail.shop, mail.contact), mail: mail.mail, code, since: operation.asked })
    });
    let kept = facts.all_rows().filter(|(_, row)| holds(row.stage)).filter_map(|(person, row)| {
        Some(Hand { person, mail: row.mail?, code: row.code.as_ref()?, since: Place::MAX })
    });
    let mut hands: BTreeMap<&str, Vec<Hand<'_>>> = BTreeMap::new();
    for hand in accepted.chain(kept) {
        hands.entry(hand.code.folded()).or_default().push(hand);
    }
    hands
}

fn two_people(facts: &Facts<'_>, hands: &[Hand<'_>]) -> Option<Violation> {
    let pairs = hands
        .iter()
        .enumerate()
        .flat_map(|(at, later)| hands.iter().take(at).map(move |earlier| (earlier, later)));
    let mut both = pairs.filter(|(earlier, later)| earlier.person != later.person);
    let (earlier, later) = both.find(|(earlier, later)| !was_given_back(facts, earlier.mail, later.since))?;
    let names = &facts.names;
    let what = format!(
        "{} is in {} for {} and in {} for {}",
        names.code(later.code),
        names.mail(earlier.mail),
        names.person(earlier.person.1),
        names.mail(later.mail),
        names.person(later.person.1),
    );
    Some(facts.violation(Invariant::I1, what, &facts.about_code(later.code)))
}

fn was_given_back(facts: &Facts<'_>, mail: MailId, before: Place) -> bool {
    facts.never_seen(mail).is_some_and(|told| told.asked <= before)
}

fn never_imported(
    facts: &Facts<'_>,
    handover: &Operation,
    mail: &Acceptance,
    code: &CouponCode,
) -> Option<Violation> {
    let brought = facts.imports.iter().filter(|batch| batch.codes.contains(code));
    let in_time = brought.map(|batch| batch.operation.asked).any(|asked| asked < handover.asked);
    let what = || {
        format!(
            "{} is in {} and was not imported before",
            facts.names.code(code),
            facts.names.mail(mail.mail)
        )
    };
    (!in_time).then(|| facts.violation(Invariant::I1, what(), &[handover]))
}

/// The shop can take back free codes only. One that was surely free, because nobody ever had asked for it until the shop
/// was told that it is void, must never go out.
fn voided(
    facts: &Facts<'_>,
    handover: &Operation,
    mail: &Acceptance,
    code: &CouponCode,
) -> Option<Violation> {
    let void = void_for_sure(facts, code)?;
    let what = format!(
        "{} is in {} though the shop had voided it",
        facts.names.code(code),
        facts.names.mail(mail.mail)
    );
    Some(facts.violation(Invariant::I1, what, &[void, handover]))
}

/// The operation that voided a code while it was in stock and nobody had asked for it.
pub(super) fn void_for_sure<'a>(facts: &Facts<'a>, code: &CouponCode) -> Option<&'a Operation> {
    let first_claim = facts.first_write_of_code(code);
    let unclaimed = |void: &&Operation| first_claim.is_none_or(|claim| certainly_before(void, claim));
    let names_it = |void: &&Batch<'_>| void.codes.contains(code);
    facts
        .voids
        .iter()
        .filter(names_it)
        .filter(|void| in_stock(facts, void, code))
        .map(|void| void.operation)
        .filter(|void| void.outcome == Outcome::Done)
        .find(unclaimed)
}

/// What was brought so long ago is seen by every read: two invocations may lie between, and a read that is behind.
const SEEN_BY_ALL: SignedDuration = SignedDuration::from_hours(1);

/// Whether some code of a pool was free from a moment on until something was written, so that nobody who looked for one
/// can have found none: nobody had asked for it, and the shop had not voided it. One that ends may end too early.
pub(super) fn surely_free(facts: &Facts<'_>, pool: &PoolId, since: Timestamp, until: &Operation) -> bool {
    let brought = facts.imports.iter().filter(|batch| {
        let there = batch.operation.at.checked_add(SEEN_BY_ALL).is_ok_and(|there| there <= since);
        batch.pool == pool && batch.operation.outcome == Outcome::Done && there
    });
    let asked_later = |first: Option<&Operation>| first.is_none_or(|first| first.asked > until.answered);
    let voided =
        |code| facts.voids.iter().find(|batch| batch.codes.contains(code)).map(|void| void.operation);
    let elsewhere = |code| facts.imports.iter().any(|batch| batch.pool != pool && batch.codes.contains(code));
    let mut codes = brought.flat_map(|batch| batch.codes).filter(|code| facts.last_day(code).is_none());
    codes.any(|code| {
        !elsewhere(code) && asked_later(facts.first_write_of_code(code)) && asked_later(voided(code))
    })
}

fn in_stock(facts: &Facts<'_>, void: &Batch<'_>, code: &CouponCode) -> bool {
    let mut brought = facts.imports.iter().filter(|batch| batch.codes.contains(code));
    brought.all(|batch| batch.pool == void.pool)
        && facts
            .imports
            .iter()
            .any(|batch| batch.codes.contains(code) && certainly_before(batch.operation, void.operation))
}

fn ended(facts: &Facts<'_>, handover: &Operation, mail: &Acceptance, code: &CouponCode) -> Option<Violation> {
    let last_day = facts.last_day(code)?;
    let zone = &facts.rules(&mail.shop)?.zone;
    let decided = handover.at.checked_sub(GRACE).unwrap_or(handover.at);
    let what = || {
        format!(
            "{} is in {} though its last day was {last_day}",
            facts.names.code(code),
            facts.names.mail(mail.mail)
        )
    };
    let late = zone.to_datetime(decided).date() > last_day;
    late.then(|| facts.violation(Invariant::I1, what(), &[handover]))
}

#[cfg(test)]
mod tests {
    use super::super::story::{Story, breaks, code, day};
    use crate::checker::Invariant;
    use crate::history::Stage;

    #[test]
    fn two_people_with_one_code_are_found() {
        let mut story = Story::of_one_mail();
        story.buys("berta", "2");
        story.mailed("berta", "2", "C1");
        assert!(breaks(&story).contains(&Invariant::I1));
    }

    #[test]
    fn a_person_may_get_her_code_in_a_second_mail() {
        let mut story = Story::of_one_mail();
        story.buys("anna", "2");
        story.mailed("anna", "2", "C1");
        assert_eq!(breaks(&story), []);
    }

    #[test]
    fn a_code_that_was_claimed_and_never_handed_over_may_go_to_somebody_else() {
        let mut story = Story::before_the_handover();
        story.withdrawn("anna", "1");
        story.cancels("1");
        story.buys("berta", "2");
        story.mailed("berta", "2", "C1");
        assert_eq!(breaks(&story), []);
    }

    #[test]
    fn a_code_whose_mail_bounced_may_go_to_somebody_else_and_not_before_that() {
        let mut story = Story::of_one_mail();
        story.never_seen("anna", "1");
        story.buys("berta", "2");
        story.mailed("berta", "2", "C1");
        assert_eq!(breaks(&story), []);

        let mut story = Story::of_one_mail();
        story.buys("berta", "2");
        story.mailed("berta", "2", "C1");
        story.never_seen("anna", "1");
        assert!(breaks(&story).contains(&Invariant::I1));
    }

    #[test]
    fn a_code_of_an_unknown_end_that_another_row_holds_is_found() {
        let mut story = Story::of_one_mail();
        story.end("anna", "1", Stage::Unknown, "C1");
        story.buys("berta", "2");
        story.claim("berta", "2", "C1");
        story.end("berta", "2", Stage::Claimed, "C1");
        assert!(breaks(&story).contains(&Invariant::I1));
    }

    #[test]
    fn a_code_that_the_shop_never_brought_is_found() {
        let mut story = Story::new();
        story.buys("anna", "1");
        story.mailed("anna", "1", "C1");
        assert!(breaks(&story).contains(&Invariant::I1));
    }

    #[test]
    fn a_voided_code_never_goes_out_unless_it_was_claimed_before() {
        let mut story = Story::new();
        story.imports(&["C1"]);
        story.voids(&["C1"]);
        story.buys("anna", "1");
        story.mailed("anna", "1", "C1");
        assert_eq!(breaks(&story), [Invariant::I1]);

        let mut story = Story::before_the_handover();
        story.voids(&["C1"]);
        story.sending("anna", "1", "C1");
        story.accept("anna", "1", "C1");
        story.sent("anna", "1", "C1");
        assert_eq!(breaks(&story), []);
    }

    #[test]
    fn a_code_past_its_last_day_is_found() {
        let mut story = Story::of_one_mail();
        story.rules.code_ends = vec![(code("C1"), day(13))];
        assert_eq!(breaks(&story), []);
        story.rules.code_ends = vec![(code("C1"), day(12))];
        assert_eq!(breaks(&story), [Invariant::I1]);
    }
}
