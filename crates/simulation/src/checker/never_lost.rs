//! Never lost: a purchase leads to a mail or to a reason, never to silence; and what is called sent was accepted.

use nachklang_domain::enrolment::SkipReason;
use nachklang_domain::flow::Repeat;
use nachklang_domain::id::{ContactId, OrderKey};

use super::facts::Facts;
use super::{Invariant, Violation};
use crate::history::{Acceptance, MailRow, Operation, Outcome, Purchase, Stage};

/// A mail shows the goods of no more orders than this: an order that joined a full one is in it unseen.
const MOST_SHOWN: usize = 6;

pub(super) fn check(facts: &Facts<'_>) -> Vec<Violation> {
    let wanted =
        facts.purchases.iter().filter_map(|(order, told)| Some((*order, buyer(facts, order, told)?)));
    let silent = wanted.filter(|(order, buyer)| !is_accounted_for(facts, order, *buyer));
    let silent = silent.map(|(order, buyer)| {
        let what = format!(
            "{}'s {} led to no mail and to no reason",
            facts.names.person(buyer),
            facts.names.order(order)
        );
        facts.violation(Invariant::NeverLost, what, &facts.about_order(order, buyer))
    });
    silent.chain(sent_in_name_only(facts)).collect()
}

/// Who must hear of an order, if somebody must: the last that was told of it with certainty allows a mail to one and the
/// same person, nothing stopped it or may have, and it was told while the shop had its flow.
fn buyer(facts: &Facts<'_>, order: &OrderKey, told: &[(&Operation, &Purchase)]) -> Option<ContactId> {
    let (last, wanted) =
        told.iter().rev().find(|(op, purchase)| op.outcome == Outcome::Done && purchase.may_be_mailed)?;
    let buyer = wanted.contact?;
    let overtaken = told.iter().any(|(op, purchase)| op.answered > last.asked && !purchase.may_be_mailed);
    let moved = told.iter().any(|(_, purchase)| purchase.contact.is_some_and(|other| other != buyer));
    let stopped =
        !facts.perhaps_cancels(order).is_empty() || !facts.goodbyes((&order.shop, buyer)).is_empty();
    let counts = |purchase: &Purchase| purchase.may_be_mailed && purchase.contact == Some(buyer);
    let mut heard = told.iter().filter(|(op, purchase)| op.outcome == Outcome::Done && counts(purchase));
    let without_flow = heard.all(|(op, _)| facts.may_lack_its_flow(&order.shop, op.at));
    (!overtaken && !moved && !stopped && !without_flow).then_some(buyer)
}

fn is_accounted_for(facts: &Facts<'_>, order: &OrderKey, buyer: ContactId) -> bool {
    let told_of = |mail: &Acceptance| {
        let anchored = facts.origin(mail.mail).is_some_and(|origin| origin.order == order);
        let full = mail.orders.len() >= MOST_SHOWN && mail.shop == order.shop;
        mail.contact == buyer && (anchored || full || mail.orders.contains(order))
    };
    facts.handed_over().any(|(_, mail)| told_of(mail)) || has_a_reason(facts, order, buyer)
}

/// A row of its own, or a joint mail that did not go: which orders joined it nobody but the product knows. Whether a reason
/// is a good one is asked for each row beside this. What is still open is not lost but stuck, which is for I6 to say; what
/// is called sent without having been accepted is told below.
fn has_a_reason(facts: &Facts<'_>, order: &OrderKey, buyer: ContactId) -> bool {
    let joins = facts.rules(&order.shop).is_some_and(|rules| rules.repeat == Repeat::Merge);
    let mut hers = facts.all_rows().filter(|((shop, contact), _)| **shop == order.shop && *contact == buyer);
    hers.any(|(_, row)| row.anchor == *order || joins && may_stand_for_others(row))
}

/// Whether a mail that did not go may be that of an order which joined it and counts: the end of the other orders alone
/// does not stop it.
const fn may_stand_for_others(row: &MailRow) -> bool {
    match row.reason {
        Some(reason) => matches!(reason, SkipReason::Expired | SkipReason::NoCode),
        None => !matches!(row.stage, Stage::Sent),
    }
}

fn sent_in_name_only<'f>(facts: &'f Facts<'_>) -> impl Iterator<Item = Violation> + 'f {
    let sent = facts.all_rows().filter(|(_, row)| row.stage == Stage::Sent);
    let accepted = |mail| facts.handed_over().any(|(_, accepted)| Some(accepted.mail) == mail);
    let never = sent.filter(move |(_, row)| !accepted(row.mail));
    never.map(|((_, contact), row)| {
        let (who, order) = (facts.names.person(contact), facts.names.order(&row.anchor));
        let what = format!("{who}'s mail for {order} is called sent, and the mail service never accepted it");
        facts.violation(Invariant::NeverLost, what, &facts.about_order(&row.anchor, contact))
    })
}

#[cfg(test)]
mod tests {
    use nachklang_domain::enrolment::SkipReason;
    use nachklang_domain::flow::Repeat;

    use super::super::story::{Story, breaks};
    use crate::checker::Invariant;
    use crate::history::{Deed, Outcome};

    fn silent() -> Story {
        let mut story = Story::new();
        story.buys("anna", "1");
        story
    }

    fn change_purchase(story: &mut Story, change: impl Fn(&mut crate::history::Purchase)) {
        for operation in &mut story.operations {
            if let Deed::Buy(purchase) = &mut operation.deed {
                change(purchase);
            }
        }
    }

    #[test]
    fn a_purchase_that_leads_to_nothing_is_found() {
        assert_eq!(breaks(&silent()), [Invariant::NeverLost]);
    }

    #[test]
    fn nothing_is_owed_for_a_purchase_that_was_stopped_or_may_not_be_mailed_or_was_not_taken() {
        let stops: [fn(&mut Story); 6] = [
            |story| story.cancels("1"),
            |story| story.objects("anna"),
            |story| story.erases("anna"),
            |story| story.last().outcome = Outcome::Unknown,
            |story| change_purchase(story, |purchase| purchase.may_be_mailed = false),
            |story| change_purchase(story, |purchase| purchase.contact = None),
        ];
        for stop in stops {
            let mut story = silent();
            stop(&mut story);
            assert_eq!(breaks(&story), []);
        }
    }

    #[test]
    fn nothing_is_owed_for_a_purchase_that_was_told_while_the_flow_may_have_been_gone() {
        let mut story = silent();
        let told = story.last().at;
        story.changed_at(&(told + jiff::SignedDuration::from_secs(1)).to_string(), None);
        assert_eq!(breaks(&story), [Invariant::NeverLost]);
        story.changed_at(&told.to_string(), None);
        assert_eq!(breaks(&story), []);
    }

    #[test]
    fn an_order_that_was_paid_later_is_owed_a_mail_and_one_that_is_unpaid_again_is_not() {
        let mut story = silent();
        change_purchase(&mut story, |purchase| purchase.may_be_mailed = false);
        story.buys("anna", "1");
        assert_eq!(breaks(&story), [Invariant::NeverLost]);

        let mut story = silent();
        story.buys("anna", "1");
        if let Deed::Buy(purchase) = &mut story.last().deed {
            purchase.may_be_mailed = false;
        }
        assert_eq!(breaks(&story), []);
    }

    #[test]
    fn an_order_that_joined_a_mail_is_told_of_in_it() {
        let mut story = Story::before_the_handover();
        story.buys("anna", "2");
        story.sending("anna", "1", "C1");
        story.accept("anna", "1", "C1");
        story.sent("anna", "1", "C1");
        assert_eq!(breaks(&story), [Invariant::NeverLost]);

        let mut story = Story::before_the_handover();
        story.buys("anna", "2");
        story.sending("anna", "1", "C1");
        story.accept("anna", "1", "C1");
        story.shows(&["1", "2"]);
        story.sent("anna", "1", "C1");
        assert_eq!(breaks(&story), []);
    }

    #[test]
    fn an_order_that_joined_a_full_mail_is_in_it_unseen() {
        let joined = |shown: &[&str]| {
            let mut story = Story::before_the_handover();
            story.buys("anna", "7");
            story.sending("anna", "1", "C1");
            story.accept("anna", "1", "C1");
            story.shows(shown);
            story.sent("anna", "1", "C1");
            breaks(&story)
        };
        assert_eq!(joined(&["1", "2", "3", "4", "5", "6"]), []);
        assert_eq!(joined(&["1", "2", "3", "4", "5"]), [Invariant::NeverLost]);
    }

    #[test]
    fn a_mail_with_a_reason_is_not_lost() {
        let mut story = silent();
        story.drops("anna", "1", SkipReason::Expired, "2026-04-04T06:30:00Z");
        assert_eq!(breaks(&story), []);
    }

    #[test]
    fn the_end_of_the_order_that_another_one_joined_is_no_reason_for_that_one() {
        let joined = |reason: SkipReason| {
            let mut story = silent();
            story.buys("anna", "2");
            story.cancels("1");
            story.drops("anna", "1", reason, "2026-04-04T06:30:00Z");
            breaks(&story)
        };
        assert_eq!(joined(SkipReason::Cancelled), [Invariant::NeverLost]);
        assert_eq!(joined(SkipReason::Expired), []);
    }

    #[test]
    fn where_no_order_joins_another_each_has_its_own_reason() {
        let mut story = silent();
        story.buys("anna", "2");
        story.drops("anna", "1", SkipReason::Expired, "2026-04-04T06:30:00Z");
        assert_eq!(breaks(&story), []);
        story.rules.shops[0].repeat = Repeat::Separate;
        assert_eq!(breaks(&story), [Invariant::NeverLost]);
    }

    #[test]
    fn a_mail_that_is_called_sent_and_was_never_accepted_is_found() {
        let mut story = Story::before_the_handover();
        story.sending("anna", "1", "C1");
        story.sent("anna", "1", "C1");
        assert_eq!(breaks(&story), [Invariant::NeverLost]);
    }
}
