//! I5: nothing is accepted after a cancellation, objection or erasure that was stored before the claim, and no order is
//! shown to whom it does not belong since a correction that was.
//!
//! The architecture promises it for what was stored before the claim. The product decides anew in the write of `sending`,
//! right before the handover, and its condition on the contact's version lets nothing pass that was stored before. So
//! that write is the claim here ([`Facts::claim`]): the later and harder of the two moments. What came while it was
//! underway may have been too late.

use nachklang_domain::id::OrderKey;

use super::facts::{Facts, certainly_before};
use super::{Invariant, Violation};
use crate::history::{Acceptance, Operation, Purchase};

pub(super) fn check(facts: &Facts<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    for (handover, mail) in &facts.accepted {
        // A handover without a claim breaks I7; what was stored before it was stored before any claim.
        let claim = facts.claim(handover, mail).map_or(*handover, |(claim, _)| claim);
        found.extend(unwelcome(facts, claim, handover, mail));
        for order in shown(facts, mail) {
            found.extend(cancelled(facts, claim, handover, mail, order));
            found.extend(corrected(facts, claim, handover, mail, order));
        }
    }
    found
}

fn unwelcome(
    facts: &Facts<'_>,
    claim: &Operation,
    handover: &Operation,
    mail: &Acceptance,
) -> Option<Violation> {
    let mut goodbyes = facts.goodbyes((&mail.shop, mail.contact)).iter();
    let goodbye = goodbyes.find(|goodbye| certainly_before(goodbye, claim))?;
    let (name, who) = (facts.names.mail(mail.mail), facts.names.person(mail.contact));
    let what = format!("{name} was accepted although {who} had said goodbye before it was claimed");
    Some(facts.violation(Invariant::I5, what, &[goodbye, claim, handover]))
}

fn cancelled(
    facts: &Facts<'_>,
    claim: &Operation,
    handover: &Operation,
    mail: &Acceptance,
    order: &OrderKey,
) -> Option<Violation> {
    let mut cancels = facts.cancels(order).iter();
    let cancel = cancels.find(|cancel| certainly_before(cancel, claim))?;
    let (name, order) = (facts.names.mail(mail.mail), facts.names.order(order));
    let what = format!("{name} was accepted although {order} was cancelled before it was claimed");
    Some(facts.violation(Invariant::I5, what, &[cancel, claim, handover]))
}

/// An order whose newest state of those told before is somebody else's. A newer one that may have been told by then, and
/// leaves it hers or names nobody, may have moved it back.
fn corrected(
    facts: &Facts<'_>,
    claim: &Operation,
    handover: &Operation,
    mail: &Acceptance,
    order: &OrderKey,
) -> Option<Violation> {
    let told = facts.purchases.get(order)?.iter();
    let elsewhere = |purchase: &Purchase| purchase.contact.is_some_and(|buyer| buyer != mail.contact);
    let (correction, moved) = told
        .clone()
        .filter(|(told, purchase)| certainly_before(told, claim) && elsewhere(purchase))
        .max_by_key(|(_, purchase)| purchase.revision)?;
    let mut may_be_newer = told.filter(|(told, purchase)| {
        told.asked < claim.answered && !elsewhere(purchase) && purchase.revision >= moved.revision
    });
    let what = || {
        let (name, order) = (facts.names.mail(mail.mail), facts.names.order(order));
        format!("{name} was accepted although {order} was corrected to somebody else before it was claimed")
    };
    may_be_newer
        .next()
        .is_none()
        .then(|| facts.violation(Invariant::I5, what(), &[correction, claim, handover]))
}

/// The orders that a mail shows; that of its id where it shows none.
fn shown<'m>(facts: &Facts<'m>, mail: &'m Acceptance) -> Vec<&'m OrderKey> {
    let anchor = facts.origin(mail.mail).filter(|_| mail.orders.is_empty()).map(|origin| origin.order);
    mail.orders.iter().chain(anchor).collect()
}

#[cfg(test)]
mod tests {
    use super::super::story::{Story, breaks, order};
    use crate::checker::Invariant;
    use crate::history::{Deed, Outcome};

    fn handed_over(story: &mut Story) {
        story.sending("anna", "1", "C1");
        story.accept("anna", "1", "C1");
        story.sent("anna", "1", "C1");
    }

    #[test]
    fn a_cancellation_an_objection_and_an_erasure_before_the_claim_stop_the_mail() {
        let stops: [fn(&mut Story); 3] =
            [|story| story.cancels("1"), |story| story.objects("anna"), |story| story.erases("anna")];
        for stop in stops {
            let mut story = Story::before_the_handover();
            stop(&mut story);
            handed_over(&mut story);
            assert_eq!(breaks(&story), [Invariant::I5]);
        }
    }

    #[test]
    fn what_comes_after_the_claim_or_is_underway_at_it_may_be_too_late() {
        let mut story = Story::before_the_handover();
        story.sending("anna", "1", "C1");
        story.cancels("1");
        story.objects("anna");
        story.accept("anna", "1", "C1");
        story.sent("anna", "1", "C1");
        assert_eq!(breaks(&story), []);

        let mut story = Story::before_the_handover();
        story.cancels("1");
        let underway = story.operations.len() - 1;
        handed_over(&mut story);
        story.operations[underway].answered = 1_000;
        assert_eq!(breaks(&story), []);
    }

    #[test]
    fn another_write_that_finds_the_mail_in_sending_is_no_second_claim() {
        let mut story = Story::before_the_handover();
        story.sending("anna", "1", "C1");
        story.cancels("1");
        story.sending("anna", "1", "C1");
        story.accept("anna", "1", "C1");
        story.sent("anna", "1", "C1");
        assert_eq!(breaks(&story), []);
    }

    #[test]
    fn a_second_attempt_is_claimed_anew() {
        let mut story = Story::before_the_handover();
        story.sending("anna", "1", "C1");
        story.claim("anna", "1", "C1");
        story.cancels("1");
        handed_over(&mut story);
        assert_eq!(breaks(&story), [Invariant::I5]);
    }

    #[test]
    fn a_joint_mail_goes_without_the_cancelled_order_and_not_with_it() {
        let mut story = Story::before_the_handover();
        story.buys("anna", "2");
        story.cancels("1");
        story.sending("anna", "1", "C1");
        story.accept("anna", "1", "C1");
        story.shows(&["2"]);
        story.sent("anna", "1", "C1");
        assert_eq!(breaks(&story), []);
        story.operations.iter_mut().for_each(|operation| {
            if let crate::history::Deed::Accept(mail) = &mut operation.deed {
                mail.orders.push(order("1"));
            }
        });
        assert_eq!(breaks(&story), [Invariant::I5]);
    }

    #[test]
    fn an_order_that_came_back_in_parts_is_shown_no_more_once_all_are_back() {
        let back = |parts: &[u32], outcome: Outcome| {
            let mut story = Story::before_the_handover();
            parts.iter().for_each(|part| story.gives_back("1", *part));
            story.last().outcome = outcome;
            handed_over(&mut story);
            breaks(&story)
        };
        assert_eq!(back(&[1, 2], Outcome::Done), [Invariant::I5]);
        assert_eq!(back(&[1, 1], Outcome::Done), []);
        assert_eq!(back(&[1, 2], Outcome::Unknown), []);
        assert_eq!(back(&[2, 1, 2], Outcome::Unknown), [Invariant::I5], "it was told before");
    }

    /// The shop tells of order 1 anew, as it was changed on a day.
    fn told_of_as(story: &mut Story, who: &str, changed: &str) {
        story.buys(who, "1");
        if let Deed::Buy(purchase) = &mut story.last().deed {
            purchase.revision = changed.parse().unwrap();
        }
    }

    /// What is broken when the mail goes to Anna after her order was told as that of these people.
    fn told_as(tells: &[(&str, &str)]) -> Vec<Invariant> {
        let mut story = Story::before_the_handover();
        tells.iter().for_each(|(who, changed)| told_of_as(&mut story, who, changed));
        handed_over(&mut story);
        breaks(&story)
    }

    #[test]
    fn an_order_that_was_corrected_to_somebody_else_is_not_shown_to_the_former_buyer() {
        assert_eq!(told_as(&[("berta", "2026-03-02T10:00:00Z")]), [Invariant::I5]);
        assert_eq!(
            told_as(&[("anna", "2026-03-02T10:00:00Z"), ("berta", "2026-03-03T10:00:00Z")]),
            [Invariant::I5]
        );
    }

    #[test]
    fn an_older_state_that_is_told_later_corrects_nothing_and_a_newer_one_corrects_again() {
        assert_eq!(told_as(&[("berta", "2026-02-28T10:00:00Z")]), []);
        assert_eq!(told_as(&[("berta", "2026-03-02T10:00:00Z"), ("anna", "2026-03-03T10:00:00Z")]), []);
        assert_eq!(told_as(&[("anna", "2026-03-03T10:00:00Z"), ("berta", "2026-03-02T10:00:00Z")]), []);
    }

    #[test]
    fn a_correction_that_is_underway_at_the_claim_or_of_which_nobody_knows_is_no_proof() {
        let spoilt: [fn(&mut Story); 2] =
            [|story| story.last().outcome = Outcome::Unknown, |story| story.last().answered = 1_000];
        for spoil in spoilt {
            let mut story = Story::before_the_handover();
            told_of_as(&mut story, "berta", "2026-03-02T10:00:00Z");
            spoil(&mut story);
            handed_over(&mut story);
            assert_eq!(breaks(&story), []);
        }
    }

    #[test]
    fn a_mail_of_another_order_goes_on_without_the_one_that_was_corrected() {
        let mut story = Story::before_the_handover();
        story.buys("anna", "2");
        told_of_as(&mut story, "berta", "2026-03-02T10:00:00Z");
        story.sending("anna", "1", "C1");
        story.accept("anna", "1", "C1");
        story.shows(&["2"]);
        story.sent("anna", "1", "C1");
        assert_eq!(breaks(&story), []);
    }

    #[test]
    fn a_cancellation_that_nobody_knows_of_is_no_proof() {
        let mut story = Story::before_the_handover();
        story.cancels("1");
        story.last().outcome = Outcome::Unknown;
        handed_over(&mut story);
        assert_eq!(breaks(&story), []);
    }
}
