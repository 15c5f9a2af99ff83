//! I7: every accepted mail goes to whom it belongs, was written down before the handover, and has its row at rest.

use super::ending::lies_dead;
use super::facts::Facts;
use super::{Invariant, Violation};
use crate::display::stage;
use crate::history::{Acceptance, Operation, Stage};

pub(super) fn check(facts: &Facts<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    for (handover, mail) in &facts.accepted {
        let wrong = [
            to_somebody_else(facts, mail),
            not_written_down(facts, handover, mail),
            without_row(facts, mail),
        ];
        found.extend(wrong.into_iter().flatten().map(|what| {
            let what = format!("{} {what}", facts.names.mail(mail.mail));
            facts.violation(Invariant::I7, what, &facts.about_mail(mail.mail))
        }));
    }
    found
}

/// The id of a mail tells order and buyer; both are computed anew from what the shop told.
fn to_somebody_else(facts: &Facts<'_>, mail: &Acceptance) -> Option<String> {
    let Some(origin) = facts.origin(mail.mail) else {
        return Some("belongs to no purchase that was told".to_owned());
    };
    let (who, buyer) = (facts.names.person(mail.contact), facts.names.person(origin.contact));
    let hers = origin.contact == mail.contact && origin.rules.shop == mail.shop;
    (!hers).then(|| format!("of {buyer}'s {} went to {who}", facts.names.order(origin.order)))
}

fn not_written_down(facts: &Facts<'_>, handover: &Operation, mail: &Acceptance) -> Option<String> {
    let missing = facts.claim(handover, mail).is_none();
    missing.then(|| "was handed over without being written down as sending before".to_owned())
}

fn without_row(facts: &Facts<'_>, mail: &Acceptance) -> Option<String> {
    let rows: Vec<_> = facts.rows(mail.mail).collect();
    match rows.as_slice() {
        [] if facts.is_forgotten(mail.contact) => None,
        [] => Some("was accepted and has no row".to_owned()),
        [(person, row)] if person.1 == mail.contact && *person.0 == mail.shop => {
            let wrong = match row.stage {
                Stage::Sent | Stage::Unknown => false,
                Stage::Failed => facts.never_seen(mail.mail).is_none(),
                Stage::Sending => !lies_dead(facts, *person, row),
                Stage::Waiting | Stage::Claimed | Stage::Skipped => true,
            };
            wrong.then(|| format!("was accepted and its row says {}", stage(row.stage)))
        }
        [_] => Some("was accepted and its row is somebody else's".to_owned()),
        _ => Some("has several rows".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::story::{Story, breaks, contact};
    use crate::checker::Invariant;
    use crate::history::{Deed, Outcome, Stage};

    #[test]
    fn a_mail_that_was_not_written_down_first_is_found() {
        let mut story = Story::before_the_handover();
        story.accept("anna", "1", "C1");
        story.sent("anna", "1", "C1");
        assert_eq!(breaks(&story), [Invariant::I7]);
    }

    #[test]
    fn a_write_whose_answer_was_lost_may_have_happened_and_a_refused_one_has_not() {
        for (outcome, broken) in [(Outcome::Unknown, vec![]), (Outcome::Refused, vec![Invariant::I7])] {
            let mut story = Story::before_the_handover();
            story.sending("anna", "1", "C1");
            story.last().outcome = outcome;
            story.accept("anna", "1", "C1");
            story.sent("anna", "1", "C1");
            assert_eq!(breaks(&story), broken);
        }
    }

    #[test]
    fn an_accepted_mail_whose_row_is_gone_is_found_unless_she_was_forgotten() {
        let mut story = Story::of_one_mail();
        story.rest.mails.clear();
        assert!(breaks(&story).contains(&Invariant::I7));
        story.erases("anna");
        assert!(!breaks(&story).contains(&Invariant::I7));
    }

    #[test]
    fn an_accepted_mail_may_end_as_unknown_and_not_as_claimed_or_skipped() {
        let mut story = Story::of_one_mail();
        story.end("anna", "1", Stage::Unknown, "C1");
        assert_eq!(breaks(&story), []);
        for stage in [Stage::Claimed, Stage::Skipped] {
            story.end("anna", "1", stage, "C1");
            assert!(breaks(&story).contains(&Invariant::I7), "{stage:?}");
        }
    }

    #[test]
    fn an_accepted_mail_fails_only_when_the_mail_service_says_so() {
        let mut story = Story::of_one_mail();
        story.never_seen("anna", "1");
        assert_eq!(breaks(&story), []);
        story.operations.retain(|operation| !matches!(operation.deed, Deed::NeverSeen { .. }));
        assert_eq!(breaks(&story), [Invariant::I7]);
    }

    #[test]
    fn a_mail_to_somebody_else_is_found() {
        let mut story = Story::of_one_mail();
        for operation in &mut story.operations {
            if let Deed::Accept(mail) = &mut operation.deed {
                mail.contact = contact("berta");
            }
        }
        assert!(breaks(&story).contains(&Invariant::I7));
    }

    #[test]
    fn a_mail_for_an_order_that_nobody_told_is_found() {
        let mut story = Story::of_one_mail();
        story.operations.retain(|operation| !matches!(operation.deed, Deed::Buy(_)));
        assert!(breaks(&story).contains(&Invariant::I7));
    }
}
