//! I3: free, claimed, quarantined, released, expired and void codes are what was imported; none is lost, none invented.

use std::collections::{BTreeMap, BTreeSet};

use nachklang_domain::coupon::CouponCode;

use super::facts::Facts;
use super::holding::void_for_sure;
use super::{Invariant, Violation};
use crate::display::state;
use crate::history::{CodeRow, CodeState, Outcome, Stage};

pub(super) fn check(facts: &Facts<'_>) -> Vec<Violation> {
    let mut rows: BTreeMap<&str, Vec<&CodeRow>> = BTreeMap::new();
    for row in &facts.history.rest.codes {
        rows.entry(row.code.folded()).or_default().push(row);
    }
    let mut found = lost(facts, &rows);
    for row in &facts.history.rest.codes {
        found.extend(invented(facts, row));
        found.extend(wrong_holder(facts, row));
        found.extend(void_ignored(facts, row));
    }
    let doubled = rows.values().filter(|rows| rows.len() > 1).filter_map(|rows| rows.first());
    found.extend(doubled.map(|row| told(facts, &row.code, "stands twice in stock")));
    found.extend(free_in_a_mail(facts, &rows));
    found
}

fn told(facts: &Facts<'_>, code: &CouponCode, what: &str) -> Violation {
    let what = format!("{} {what}", facts.names.code(code));
    facts.violation(Invariant::I3, what, &facts.about_code(code))
}

/// An import whose answer was lost may have brought its codes, or some of them.
fn lost(facts: &Facts<'_>, rows: &BTreeMap<&str, Vec<&CodeRow>>) -> Vec<Violation> {
    let done = facts.imports.iter().filter(|batch| batch.operation.outcome == Outcome::Done);
    let mut seen = BTreeSet::new();
    let imported = done.flat_map(|batch| batch.codes).filter(|code| seen.insert(code.folded()));
    let lost = imported.filter(|code| !rows.contains_key(code.folded()));
    lost.map(|code| told(facts, code, "was imported and is in no state at all")).collect()
}

/// A code is of the pool that brought it first; which that was is not known where two did.
fn invented(facts: &Facts<'_>, row: &CodeRow) -> Option<Violation> {
    let mut brought = facts.imports.iter().filter(|batch| batch.codes.contains(&row.code));
    let known = brought.any(|batch| *batch.pool == row.pool);
    (!known).then(|| told(facts, &row.code, "is in a pool into which nobody brought it"))
}

/// A code that is out has somebody, and a mail of hers carries it; any other has nobody. Of somebody who was forgotten
/// the code is all that is left.
fn wrong_holder(facts: &Facts<'_>, row: &CodeRow) -> Option<Violation> {
    let out = matches!(row.state, CodeState::Claimed | CodeState::Quarantined);
    let Some((contact, _)) = row.holder else {
        let what = format!("is {} by nobody", state(row.state));
        return out.then(|| told(facts, &row.code, &what));
    };
    if !out {
        return Some(told(facts, &row.code, &format!("is {} and held by somebody", state(row.state))));
    }
    let carries = facts.all_rows().any(|((_, whose), mail)| {
        whose == contact && holds(mail.stage) && mail.code.as_ref() == Some(&row.code)
    });
    let who = facts.names.person(contact);
    (!carries && !facts.is_forgotten(contact)).then(|| {
        told(facts, &row.code, &format!("is {} by {who}, and no mail of hers carries it", state(row.state)))
    })
}

/// Whether a mail went, may have gone, or may still go.
pub(super) const fn holds(stage: Stage) -> bool {
    matches!(stage, Stage::Claimed | Stage::Sending | Stage::Sent | Stage::Unknown)
}

/// A code that nobody ever asked for stays void.
fn void_ignored(facts: &Facts<'_>, row: &CodeRow) -> Option<Violation> {
    let ignored = matches!(row.state, CodeState::Free | CodeState::Released)
        && facts.first_write_of_code(&row.code).is_none()
        && void_for_sure(facts, &row.code).is_some();
    ignored.then(|| told(facts, &row.code, "was voided by the shop and can be given out"))
}

/// What a mail carries that went, or may have gone, or may still go, is in its person's hands.
fn free_in_a_mail(facts: &Facts<'_>, rows: &BTreeMap<&str, Vec<&CodeRow>>) -> Vec<Violation> {
    let carried = facts.all_rows().filter(|(_, mail)| holds(mail.stage));
    let with_code = carried.filter_map(|((_, contact), mail)| Some((contact, mail.code.as_ref()?)));
    let hers = |contact, code: &CouponCode| {
        let mut rows = rows.get(code.folded()).into_iter().flatten();
        rows.any(|row| row.holder.is_some_and(|(holder, _)| holder == contact))
    };
    let loose = with_code.filter(|(contact, code)| !hers(*contact, code));
    loose
        .map(|(contact, code)| {
            told(
                facts,
                code,
                &format!("is in a mail to {} and not in her hands", facts.names.person(contact)),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::story::{Story, breaks, code, pool};
    use crate::checker::Invariant;
    use crate::history::{CodeRow, CodeState, Outcome, Stage};

    fn free(text: &str) -> CodeRow {
        CodeRow { pool: pool(), code: code(text), state: CodeState::Free, holder: None }
    }

    #[test]
    fn a_code_that_is_gone_is_found_unless_its_import_may_have_failed() {
        let mut story = Story::of_one_mail();
        story.imports(&["C2"]);
        story.rest.codes.retain(|row| row.code != code("C2"));
        assert_eq!(breaks(&story), [Invariant::I3]);
        story.last().outcome = Outcome::Unknown;
        assert_eq!(breaks(&story), []);
    }

    #[test]
    fn a_code_that_nobody_brought_or_that_stands_twice_is_found() {
        let mut story = Story::of_one_mail();
        story.rest.codes.push(free("C2"));
        assert_eq!(breaks(&story), [Invariant::I3]);

        let mut story = Story::of_one_mail();
        story.imports(&["C2"]);
        story.rest.codes.push(free("C2"));
        assert_eq!(breaks(&story), [Invariant::I3]);
    }

    #[test]
    fn a_code_that_is_brought_again_stays_one() {
        let mut story = Story::of_one_mail();
        let rest = story.rest.clone();
        story.imports(&["c1"]);
        story.rest = rest;
        assert_eq!(breaks(&story), []);
    }

    #[test]
    fn a_code_that_was_claimed_for_a_mail_that_has_another_is_found() {
        let mut story = Story::of_one_mail();
        story.imports(&["C2"]);
        story.rest.codes[1].state = CodeState::Claimed;
        story.rest.codes[1].holder = story.rest.codes[0].holder;
        assert_eq!(breaks(&story), [Invariant::I3]);
    }

    #[test]
    fn a_code_that_somebody_saw_who_was_forgotten_stays_hers_without_a_mail() {
        let mut story = Story::of_one_mail();
        story.rest.mails.clear();
        story.erases("anna");
        assert_eq!(breaks(&story), []);
    }

    #[test]
    fn a_claimed_code_without_a_holder_and_a_free_one_with_one_are_found() {
        let mut story = Story::of_one_mail();
        story.rest.codes[0].holder = None;
        assert!(breaks(&story).contains(&Invariant::I3));

        let mut story = Story::of_one_mail();
        story.rest.codes[0].state = CodeState::Free;
        assert!(breaks(&story).contains(&Invariant::I3));
    }

    #[test]
    fn a_code_that_is_free_again_while_nobody_knows_of_its_mail_is_found() {
        let mut story = Story::of_one_mail();
        story.end("anna", "1", Stage::Unknown, "C1");
        assert_eq!(breaks(&story), []);
        story.rest.codes[0] = free("C1");
        assert_eq!(breaks(&story), [Invariant::I3]);
    }

    #[test]
    fn a_voided_code_that_can_be_given_out_is_found() {
        let mut story = Story::of_one_mail();
        story.imports(&["C2"]);
        story.voids(&["C2"]);
        story.rest.codes[1].state = CodeState::Free;
        assert_eq!(breaks(&story), [Invariant::I3]);
        story.rest.codes[1].state = CodeState::Void;
        assert_eq!(breaks(&story), []);
    }
}
