//! I6: every planned mail ends, or an operator sees it: in her list of unknown ends, or with the dead letters.

use super::facts::{Facts, Person};
use super::{Invariant, Violation};
use crate::display::stage;
use crate::history::{MailRow, Stage};

pub(super) fn check(facts: &Facts<'_>) -> Vec<Violation> {
    let open = facts.all_rows().filter(|(_, row)| is_open(row.stage));
    let unseen = open.filter(|(person, row)| !lies_dead(facts, *person, row));
    unseen
        .map(|((_, contact), row)| {
            let (who, order) = (facts.names.person(contact), facts.names.order(&row.anchor));
            let what = format!(
                "{who}'s mail for {order}, step {}, was left {} and nobody will see it",
                row.step,
                stage(row.stage)
            );
            facts.violation(Invariant::I6, what, &facts.about_order(&row.anchor, contact))
        })
        .collect()
}

/// Whether something should still have happened.
pub(super) const fn is_open(stage: Stage) -> bool {
    matches!(stage, Stage::Waiting | Stage::Claimed | Stage::Sending)
}

/// Whether a task about the mail lies with the dead letters. A task tells flow and step, not the order.
pub(super) fn lies_dead(facts: &Facts<'_>, (shop, contact): Person<'_>, row: &MailRow) -> bool {
    facts
        .history
        .rest
        .dead_letters
        .iter()
        .any(|letter| letter.shop == *shop && letter.contact == contact && letter.step == row.step)
}

#[cfg(test)]
mod tests {
    use super::super::story::{Story, breaks, contact, shop};
    use crate::checker::Invariant;
    use crate::history::{MailTaskRef, Stage};

    fn left(stage: Stage) -> Story {
        let mut story = Story::before_the_handover();
        story.end("anna", "1", stage, if stage == Stage::Waiting { "" } else { "C1" });
        story
    }

    #[test]
    fn a_mail_that_stays_on_its_way_is_found() {
        for stage in [Stage::Waiting, Stage::Claimed, Stage::Sending] {
            assert_eq!(breaks(&left(stage)), [Invariant::I6], "{stage:?}");
        }
    }

    #[test]
    fn an_end_that_an_operator_sees_is_an_end() {
        assert_eq!(breaks(&left(Stage::Unknown)), []);
        assert_eq!(breaks(&left(Stage::Failed)), [Invariant::I3], "the code was not given back");
        let mut story = left(Stage::Claimed);
        let flow = story.rules.shops[0].flow.clone();
        let letter = MailTaskRef { contact: contact("anna"), shop: shop(), flow, step: 0 };
        story.rest.dead_letters.push(letter);
        assert_eq!(breaks(&story), []);
    }
}
