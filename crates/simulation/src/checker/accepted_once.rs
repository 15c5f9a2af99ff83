//! I4: the mail service accepts a mail at most once. The mail of a step is one mail, whatever edition of the flow it is of.

use std::collections::BTreeMap;

use super::{Facts, Invariant, Violation};
use crate::history::{Acceptance, Operation};

/// Two acceptances of one mail are two mails in one inbox, whatever the answers told.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Violation> {
    let mut by_mail: BTreeMap<_, Vec<(&Operation, &Acceptance)>> = BTreeMap::new();
    for (operation, acceptance) in &facts.accepted {
        let step = facts.origin(acceptance.mail).map(|origin| (origin.contact, origin.order, origin.step));
        let unknown = step.is_none().then_some(acceptance.mail);
        by_mail.entry((step, unknown)).or_default().push((operation, acceptance));
    }
    let twice = by_mail.into_values().filter(|times| times.len() > 1);
    twice
        .filter_map(|times| {
            let (_, first) = times.first()?;
            let what = format!("{} was accepted {} times", facts.names.mail(first.mail), times.len());
            let times: Vec<&Operation> = times.into_iter().map(|(operation, _)| operation).collect();
            Some(facts.violation(Invariant::I4, what, &times))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use nachklang_domain::id::{EnrolmentId, MailId};

    use super::super::story::{Story, breaks, contact, flow, order};
    use crate::checker::{Invariant, check};
    use crate::history::{Deed, Outcome, ShopRules};

    #[test]
    fn a_mail_that_is_accepted_twice_is_found() {
        let mut story = Story::before_the_handover();
        story.sending("anna", "1", "C1");
        story.accept("anna", "1", "C1");
        story.accept("anna", "1", "C1");
        story.sent("anna", "1", "C1");
        assert_eq!(breaks(&story), [Invariant::I4]);
        assert_eq!(check(&story.history())[0].operations.len(), 2);
    }

    #[test]
    fn a_second_mail_of_the_same_step_is_found_though_it_is_of_another_edition() {
        let mut story = Story::of_one_mail();
        let rules = ShopRules { edition: "2".to_owned(), ..story.rules.shops[0].clone() };
        story.changed_at("2026-01-01T00:00:00Z", Some(rules));
        story.accept("anna", "1", "C1");
        if let Deed::Accept(again) = &mut story.last().deed {
            again.mail = MailId::of(&flow(), "2", 0, EnrolmentId::of(&flow(), contact("anna"), &order("1")));
        }
        assert!(breaks(&story).contains(&Invariant::I4));
    }

    #[test]
    fn an_acceptance_that_nobody_knows_of_is_no_proof() {
        let mut story = Story::of_one_mail();
        story.accept("anna", "1", "C1");
        story.last().outcome = Outcome::Unknown;
        assert_eq!(breaks(&story), []);
    }

    #[test]
    fn a_handover_that_was_refused_may_be_tried_again() {
        let mut story = Story::before_the_handover();
        story.accept("anna", "1", "C1");
        story.last().outcome = Outcome::Refused;
        story.claim("anna", "1", "C1");
        story.sending("anna", "1", "C1");
        story.accept("anna", "1", "C1");
        story.sent("anna", "1", "C1");
        assert_eq!(breaks(&story), []);
    }
}
