//! I2: a mail has at most one code, a person no more than she may have, and none is missing where all carry one.

use std::collections::{BTreeMap, BTreeSet};

use nachklang_domain::coupon::CouponCode;
use nachklang_domain::flow::CouponScope;
use nachklang_domain::id::{ContactId, MailId, OrderKey, ShopId};

use super::facts::Facts;
use super::holding::surely_free;
use super::{Invariant, Violation};
use crate::history::{Acceptance, Operation, Outcome, ShopRules};

pub(super) fn check(facts: &Facts<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    for (operation, mail) in &facts.accepted {
        found.extend(without_code(facts, operation, mail));
        found.extend(other_than_written(facts, operation, mail));
        found.extend(unpromised(facts, operation, mail));
        found.extend(stinted(facts, operation, mail));
    }
    found.extend(two_codes(facts));
    found.extend(too_many(facts));
    found
}

fn without_code(facts: &Facts<'_>, handover: &Operation, mail: &Acceptance) -> Option<Violation> {
    let always = || facts.promises(&mail.shop, handover.at).all(ShopRules::always_with_code);
    let needed = facts.rules(&mail.shop).is_some() && always();
    let excused = || had_hers(facts, handover, mail) || its_code_had_ended(facts, handover, mail);
    let what = || format!("{} was accepted without a code", facts.names.mail(mail.mail));
    let shown = mail.code.is_some() || mail.for_everybody;
    (needed && !shown && !excused()).then(|| facts.violation(Invariant::I2, what(), &[handover]))
}

/// Whether she got all that she may have in earlier mails: what has lost its validity since is not printed again.
fn had_hers(facts: &Facts<'_>, handover: &Operation, mail: &Acceptance) -> bool {
    let earlier = facts.accepted.iter().filter(|(operation, _)| operation.asked < handover.asked);
    let mut with_code = earlier.filter(|(_, other)| other.code.is_some());
    let mine = holder(facts, mail);
    mine.is_some() && with_code.any(|(_, other)| holder(facts, other) == mine)
}

/// Who or what has one code at most: a person, or one of her purchases. Where it is the mail, two codes in one are found
/// beside this.
type Holder<'a> = (&'a ShopId, ContactId, Option<&'a OrderKey>);

fn holder<'f>(facts: &Facts<'f>, mail: &'f Acceptance) -> Option<Holder<'f>> {
    let order = match facts.rules(&mail.shop)?.codes.as_ref()?.per {
        CouponScope::Contact => None,
        CouponScope::Order => Some(facts.origin(mail.mail)?.order),
        CouponScope::Step => return None,
    };
    Some((&mail.shop, mail.contact, order))
}

/// Whether the mail had a code once: what has ended since is not printed.
fn was_claimed_with_one(facts: &Facts<'_>, mail: &Acceptance) -> bool {
    let writes = facts.writes((&mail.shop, mail.contact)).iter();
    let mut rows = writes.flat_map(|(_, write)| &write.mails).filter(|row| row.mail == Some(mail.mail));
    rows.any(|row| row.code.is_some())
}

/// Whether the code that the mail was claimed with was over when it went.
fn its_code_had_ended(facts: &Facts<'_>, handover: &Operation, mail: &Acceptance) -> bool {
    let writes = facts.writes((&mail.shop, mail.contact)).iter();
    let rows = writes.flat_map(|(_, write)| &write.mails).filter(|row| row.mail == Some(mail.mail));
    let mut codes = rows.filter_map(|row| row.code.as_ref());
    let today = facts.rules(&mail.shop).map(|rules| rules.zone.to_datetime(handover.at).date());
    codes.any(|code| facts.last_day(code).is_some_and(|last| Some(last) < today))
}

/// What is printed is what was written down before the handover.
fn other_than_written(facts: &Facts<'_>, handover: &Operation, mail: &Acceptance) -> Option<Violation> {
    let (write, row) = facts.claim(handover, mail)?;
    let what = || {
        let (name, written) = (facts.names.mail(mail.mail), code_name(facts, row.code.as_ref()));
        format!("{name} shows {} and was written down with {written}", code_name(facts, mail.code.as_ref()))
    };
    let same = row.code == mail.code;
    (!same).then(|| facts.violation(Invariant::I2, what(), &[write, handover]))
}

fn code_name<'f>(facts: &'f Facts<'_>, code: Option<&CouponCode>) -> &'f str {
    code.map_or("no code", |code| facts.names.code(code))
}

/// All codes of a mail, over what was accepted and what was left of it.
fn two_codes(facts: &Facts<'_>) -> Vec<Violation> {
    let accepted = facts.accepted.iter().filter_map(|(_, mail)| Some((mail.mail, mail.code.as_ref()?)));
    let left = facts.all_rows().filter_map(|(_, row)| Some((row.mail?, row.code.as_ref()?)));
    let mut codes: BTreeMap<MailId, BTreeSet<&str>> = BTreeMap::new();
    for (mail, code) in accepted.chain(left) {
        codes.entry(mail).or_default().insert(code.folded());
    }
    let several = codes.into_iter().filter(|(_, codes)| codes.len() > 1);
    several
        .map(|(mail, codes)| {
            let what = format!("{} has {} codes", facts.names.mail(mail), codes.len());
            facts.violation(Invariant::I2, what, &facts.about_mail(mail))
        })
        .collect()
}

/// A code in a mail that never arrived is none of hers.
fn too_many(facts: &Facts<'_>) -> Vec<Violation> {
    let arrived = facts.accepted.iter().filter(|(_, mail)| facts.never_seen(mail.mail).is_none());
    let with_code = arrived.filter_map(|(operation, mail)| Some((*operation, mail, mail.code.as_ref()?)));
    let mut codes: BTreeMap<Holder<'_>, BTreeMap<&str, &Operation>> = BTreeMap::new();
    for (operation, mail, code) in with_code {
        let Some(holder) = holder(facts, mail) else { continue };
        codes.entry(holder).or_default().insert(code.folded(), operation);
    }
    let several = codes.into_iter().filter(|(_, codes)| codes.len() > 1);
    several
        .map(|((_, contact, order), codes)| {
            let (person, count) = (facts.names.person(contact), codes.len());
            let of = order.map_or("one edition", |order| facts.names.order(order));
            let what = format!("{person} got {count} codes of {of}, 1 is the most");
            facts.violation(Invariant::I2, what, &codes.into_values().collect::<Vec<_>>())
        })
        .collect()
}

/// Where no mail carries a code, none does.
fn unpromised(facts: &Facts<'_>, handover: &Operation, mail: &Acceptance) -> Option<Violation> {
    let with_codes = || facts.promises(&mail.shop, handover.at).any(|rules| rules.codes.is_some());
    let promised = facts.rules(&mail.shop).is_none() || with_codes();
    let code = mail.code.as_ref().filter(|_| !promised)?;
    let what = format!("{} carries {} and needs none", facts.names.mail(mail.mail), facts.names.code(code));
    Some(facts.violation(Invariant::I2, what, &[handover]))
}

/// A mail that goes without a code of its own, because none was free when it was claimed, although one was. Who had one
/// before and has it no longer gets no other.
fn stinted(facts: &Facts<'_>, handover: &Operation, mail: &Acceptance) -> Option<Violation> {
    let codes = facts.rules(&mail.shop)?.codes.as_ref()?;
    let wanted = facts.promises(&mail.shop, handover.at).all(|rules| rules.codes.is_some());
    let writes = facts.writes((&mail.shop, mail.contact));
    let had_one = || writes.iter().any(|(_, write)| write.mails.iter().any(|row| row.code.is_some()));
    let claims = writes.iter().filter(|(_, write)| write.mails.iter().any(|row| row.mail == Some(mail.mail)));
    let claims: Vec<&Operation> = claims.map(|(operation, _)| *operation).collect();
    let certain = claims.iter().find(|operation| operation.outcome == Outcome::Done).or(claims.last())?;
    let first = claims.first()?;
    let chosen = wanted && mail.code.is_none() && (codes.per == CouponScope::Step || !had_one());
    (chosen && !was_claimed_with_one(facts, mail) && surely_free(facts, &codes.pool, first.at, certain)).then(
        || {
            let what =
                format!("{} went without a code of its own though one was free", facts.names.mail(mail.mail));
            facts.violation(Invariant::I2, what, &[first, certain, handover])
        },
    )
}

#[cfg(test)]
mod tests {
    use nachklang_domain::flow::{CouponScope, EmptyPool};

    use super::super::story::{Story, breaks, code, day};
    use crate::checker::Invariant;
    use crate::history::Deed;

    #[test]
    fn a_mail_without_a_code_is_found_where_all_carry_one() {
        let mut story = Story::new();
        story.buys("anna", "1");
        story.mailed("anna", "1", "");
        assert_eq!(breaks(&story), [Invariant::I2]);
        story.empty_pool(&EmptyPool::Without);
        assert_eq!(breaks(&story), []);
    }

    #[test]
    fn a_mail_may_go_with_or_without_a_code_once_its_flow_may_have_none() {
        let accepted = |code: &str| {
            let mut story = Story::new();
            story.imports(&["C1"]);
            story.buys("anna", "1");
            story.mailed("anna", "1", code);
            let without = crate::history::ShopRules { codes: None, ..story.rules.shops[0].clone() };
            story.changed_at("2026-01-01T00:00:00Z", Some(without));
            breaks(&story)
        };
        assert_eq!(accepted(""), []);
        assert_eq!(accepted("C1"), []);
    }

    #[test]
    fn a_mail_with_the_code_for_everybody_needs_none_of_its_own() {
        let mut story = Story::new();
        story.buys("anna", "1");
        story.sending("anna", "1", "");
        story.accept("anna", "1", "");
        if let Deed::Accept(mail) = &mut story.last().deed {
            mail.for_everybody = true;
        }
        story.sent("anna", "1", "");
        assert_eq!(breaks(&story), []);
    }

    #[test]
    fn a_mail_may_go_without_a_code_when_hers_is_over() {
        let mut story = Story::of_one_mail();
        story.buys("anna", "2");
        story.mailed("anna", "2", "");
        assert_eq!(breaks(&story), [], "she got hers before");

        let mut story = Story::before_the_handover();
        story.rules.code_ends = vec![(code("C1"), day(12))];
        story.sending("anna", "1", "");
        story.accept("anna", "1", "");
        story.sent("anna", "1", "");
        assert_eq!(breaks(&story), [], "it ended while the mail waited");
    }

    #[test]
    fn a_mail_that_goes_without_a_code_of_its_own_though_one_was_free_is_found() {
        let without = |codes: &[&str], empty: &EmptyPool, for_everybody: bool| {
            let mut story = Story::new();
            story.imports(codes);
            story.buys("anna", "1");
            story.empty_pool(empty);
            story.claim("anna", "1", "");
            story.sending("anna", "1", "");
            story.accept("anna", "1", "");
            if let Deed::Accept(mail) = &mut story.last().deed {
                mail.for_everybody = for_everybody;
            }
            story.sent("anna", "1", "");
            breaks(&story)
        };
        let fallback = EmptyPool::Fallback { code: "FOR-ALL".to_owned() };
        assert_eq!(without(&["C1"], &EmptyPool::Without, false), [Invariant::I2]);
        assert_eq!(without(&["C1"], &fallback, true), [Invariant::I2]);
        assert_eq!(without(&[], &EmptyPool::Without, false), []);
        assert_eq!(without(&[], &fallback, true), []);
    }

    #[test]
    fn where_each_purchase_has_its_code_its_two_mails_have_the_same() {
        let mut story = Story::of_one_mail();
        story.per(CouponScope::Order);
        story.imports(&["C2"]);
        story.buys("anna", "2");
        story.mailed("anna", "2", "C2");
        assert_eq!(breaks(&story), [], "two purchases have two");
        story.rules.shops[0].days = vec![12, 12];
        story.imports(&["C3"]);
        story.mailed_at_step("anna", "2", 1, "C3");
        assert_eq!(breaks(&story), [Invariant::I2]);
        story.per(CouponScope::Step);
        assert_eq!(breaks(&story), []);
    }

    #[test]
    fn a_code_where_none_is_promised_is_found() {
        let mut story = Story::of_one_mail();
        story.rules.shops[0].codes = None;
        assert_eq!(breaks(&story), [Invariant::I2]);
    }

    #[test]
    fn a_mail_whose_row_has_another_code_is_found() {
        let mut story = Story::of_one_mail();
        story.imports(&["C2"]);
        story.rest.mails[0].2.code = Some(code("C2"));
        assert!(breaks(&story).contains(&Invariant::I2));
    }

    #[test]
    fn a_mail_that_shows_another_code_than_was_written_down_is_found() {
        let mut story = Story::before_the_handover();
        story.imports(&["C2"]);
        story.sending("anna", "1", "C1");
        story.accept("anna", "1", "C2");
        story.sent("anna", "1", "C2");
        assert!(breaks(&story).contains(&Invariant::I2));
    }

    #[test]
    fn a_second_code_for_one_person_is_found_unless_the_first_never_arrived() {
        let mut story = Story::of_one_mail();
        story.imports(&["C2"]);
        story.buys("anna", "2");
        story.mailed("anna", "2", "C2");
        assert_eq!(breaks(&story), [Invariant::I2]);
        story.never_seen("anna", "1");
        assert_eq!(breaks(&story), []);
    }
}
