//! I4: the mail service accepts a mail at most once.

use std::collections::BTreeMap;

use super::{Facts, Invariant, Violation};
use crate::history::Operation;

/// Two acceptances of one mail id are two mails in one inbox, whatever the answers told.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Violation> {
    let mut by_mail: BTreeMap<_, Vec<&Operation>> = BTreeMap::new();
    for (operation, acceptance) in &facts.accepted {
        by_mail.entry(acceptance.mail).or_default().push(operation);
    }
    let twice = by_mail.into_iter().filter(|(_, times)| times.len() > 1);
    twice
        .map(|(mail, times)| {
            let what = format!("{} was accepted {} times", facts.names.mail(mail), times.len());
            facts.violation(Invariant::I4, what, &times)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::story::{Story, breaks};
    use crate::checker::{Invariant, check};
    use crate::history::Outcome;

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
