//! I2: a mail has at most one code, a person no more than she may have, and none is missing where all carry one.

use std::collections::{BTreeMap, BTreeSet};

use nachklang_domain::coupon::CouponCode;
use nachklang_domain::id::MailId;

use super::facts::{Facts, Person};
use super::{Invariant, Violation};
use crate::history::{Acceptance, Operation};

pub(super) fn check(facts: &Facts<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    for (operation, mail) in &facts.accepted {
        found.extend(without_code(facts, operation, mail));
        found.extend(other_than_written(facts, operation, mail));
    }
    found.extend(two_codes(facts));
    found.extend(too_many(facts));
    found
}

fn without_code(facts: &Facts<'_>, handover: &Operation, mail: &Acceptance) -> Option<Violation> {
    let needed = facts.rules(&mail.shop).is_some_and(|rules| rules.always_with_code);
    let excused = || had_hers(facts, handover, mail) || its_code_had_ended(facts, handover, mail);
    let what = || format!("{} was accepted without a code", facts.names.mail(mail.mail));
    let shown = mail.code.is_some() || mail.for_everybody;
    (needed && !shown && !excused()).then(|| facts.violation(Invariant::I2, what(), &[handover]))
}

/// Whether she got all that she may have in earlier mails: what has lost its validity since is not printed again.
fn had_hers(facts: &Facts<'_>, handover: &Operation, mail: &Acceptance) -> bool {
    let earlier = facts.accepted.iter().filter(|(operation, _)| operation.asked < handover.asked);
    let hers = earlier.filter(|(_, other)| (other.contact, &other.shop) == (mail.contact, &mail.shop));
    let codes: BTreeSet<&str> = hers.filter_map(|(_, other)| Some(other.code.as_ref()?.folded())).collect();
    facts.rules(&mail.shop).is_some_and(|rules| codes.len() >= rules.codes_a_person)
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
    let mut codes: BTreeMap<Person<'_>, BTreeMap<&str, &Operation>> = BTreeMap::new();
    for (operation, mail, code) in with_code {
        codes.entry((&mail.shop, mail.contact)).or_default().insert(code.folded(), operation);
    }
    let allowed = |shop| facts.rules(shop).map_or(usize::MAX, |rules| rules.codes_a_person);
    let several = codes.into_iter().filter(|((shop, _), codes)| codes.len() > allowed(shop));
    several
        .map(|((shop, contact), codes)| {
            let (person, count) = (facts.names.person(contact), codes.len());
            let what = format!("{person} got {count} codes of one edition, {} is the most", allowed(shop));
            facts.violation(Invariant::I2, what, &codes.into_values().collect::<Vec<_>>())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::story::{Story, breaks, code, day};
    use crate::checker::Invariant;
    use crate::history::Deed;

    #[test]
    fn a_mail_without_a_code_is_found_where_all_carry_one() {
        let mut story = Story::new();
        story.buys("anna", "1");
        story.mailed("anna", "1", "");
        assert_eq!(breaks(&story), [Invariant::I2]);
        story.rules.shops[0].always_with_code = false;
        assert_eq!(breaks(&story), []);
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
