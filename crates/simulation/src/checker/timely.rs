//! I8: no mail before its hour in the shop's time zone, none after its last useful day.
//!
//! The judge counts for itself: the days of the step from the shop's local day of the purchase, and the sending hour on
//! that day. On a day that skips the hour the mail goes right after the gap, on one that repeats it the first counts. A
//! joint mail goes by the order that its id names.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use super::facts::{Facts, Origin};
use super::{Invariant, Violation};
use crate::history::{Acceptance, Operation, ShopRules};

/// A mail that is decided about in the last minute of its last day is accepted after midnight. No invocation lives
/// longer than this (the longest timeout of Lambda).
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
pub(super) const GRACE: SignedDuration = SignedDuration::from_mins(15);

pub(super) fn check(facts: &Facts<'_>) -> Vec<Violation> {
    let with_origin = facts
        .accepted
        .iter()
        .filter_map(|(handover, mail)| Some((*handover, *mail, facts.origin(mail.mail)?)));
    with_origin.filter_map(|(handover, mail, origin)| untimely(facts, handover, mail, origin)).collect()
}

/// An order whose day was told in several ways may count by any of them, and a flow whose days were changed by the old ones or
/// the new.
fn untimely(
    facts: &Facts<'_>,
    handover: &Operation,
    mail: &Acceptance,
    origin: Origin<'_>,
) -> Option<Violation> {
    let told = facts.purchases.get(origin.order)?;
    let promised: Vec<&ShopRules> = facts.promises(&mail.shop, handover.at).collect();
    let due = |placed_at| promised.iter().filter_map(move |rules| due_day(rules, origin.step, placed_at));
    let days: Vec<Date> = told.iter().flat_map(|(_, purchase)| due(purchase.placed_at)).collect();
    let (first, last) = (days.iter().min()?, days.iter().max()?);
    let what = early(origin.rules, *first, handover.at).or_else(|| late(origin.rules, *last, handover.at))?;
    let purchases = told.iter().map(|(operation, _)| *operation);
    let name = facts.names.mail(mail.mail);
    let proof: Vec<&Operation> = purchases.chain([handover]).collect();
    Some(facts.violation(Invariant::I8, format!("{name} was accepted {what}"), &proof))
}

/// The day on which a step is due after a purchase, in the shop's zone.
pub(super) fn due_day(rules: &ShopRules, step: usize, placed_at: Timestamp) -> Option<Date> {
    let bought = rules.zone.to_datetime(placed_at).date();
    bought.checked_add(i32::from(*rules.days.get(step)?).days()).ok()
}

fn early(rules: &ShopRules, due: Date, at: Timestamp) -> Option<String> {
    let hour = rules.zone.to_ambiguous_timestamp(due.to_datetime(rules.send_at)).compatible().ok()?;
    (at < hour).then(|| format!("before its hour, {}", hour.to_zoned(rules.zone.clone())))
}

fn late(rules: &ShopRules, due: Date, at: Timestamp) -> Option<String> {
    let last = due.checked_add(i32::from(rules.useful_days).days()).ok()?;
    let decided = rules.zone.to_datetime(at.checked_sub(GRACE).ok()?).date();
    (decided > last).then(|| format!("after {last}, its last useful day"))
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::super::story::{Story, breaks};
    use crate::checker::Invariant;
    use crate::history::{Deed, ShopRules};

    /// One mail for a purchase in Berlin, accepted at a moment.
    fn accepted_at(bought: &str, at: &str) -> Vec<Invariant> {
        breaks(&story_accepted_at(bought, at))
    }

    fn story_accepted_at(bought: &str, at: &str) -> Story {
        let mut story = Story::of_one_mail();
        for operation in &mut story.operations {
            match &mut operation.deed {
                Deed::Buy(purchase) => purchase.placed_at = bought.parse().unwrap(),
                Deed::Accept(_) => operation.at = at.parse().unwrap(),
                _ => {}
            }
        }
        story
    }

    #[test]
    fn a_mail_goes_at_its_hour_in_the_shops_zone_and_not_a_second_before() {
        assert_eq!(accepted_at("2026-03-01T10:00:00Z", "2026-03-13T06:29:59Z"), [Invariant::I8]);
        assert_eq!(accepted_at("2026-03-01T10:00:00Z", "2026-03-13T06:30:00Z"), []);
    }

    #[test]
    fn a_purchase_shortly_before_midnight_in_the_zone_counts_from_its_local_day() {
        assert_eq!(accepted_at("2026-03-01T22:59:59Z", "2026-03-13T06:30:00Z"), []);
        assert_eq!(accepted_at("2026-03-01T23:00:00Z", "2026-03-13T06:30:00Z"), [Invariant::I8]);
        assert_eq!(accepted_at("2026-03-01T23:00:00Z", "2026-03-14T06:30:00Z"), []);
    }

    #[test]
    fn the_hour_moves_with_summer_time() {
        assert_eq!(accepted_at("2026-03-18T10:00:00Z", "2026-03-30T05:29:59Z"), [Invariant::I8]);
        assert_eq!(accepted_at("2026-03-18T10:00:00Z", "2026-03-30T05:30:00Z"), []);
    }

    #[test]
    fn a_skipped_hour_is_made_up_for_right_after_the_gap() {
        let broken = |at: &str| {
            let mut story = Story::of_one_mail();
            story.rules.shops[0].send_at = jiff::civil::time(2, 30, 0, 0);
            for operation in &mut story.operations {
                match &mut operation.deed {
                    Deed::Buy(purchase) => purchase.placed_at = "2026-03-17T10:00:00Z".parse().unwrap(),
                    Deed::Accept(_) => operation.at = at.parse().unwrap(),
                    _ => {}
                }
            }
            breaks(&story)
        };
        assert_eq!(broken("2026-03-29T01:29:59Z"), [Invariant::I8]);
        assert_eq!(broken("2026-03-29T01:30:00Z"), []);
    }

    #[test]
    fn a_mail_after_its_last_useful_day_is_found() {
        assert_eq!(accepted_at("2026-03-01T10:00:00Z", "2026-04-03T21:59:59Z"), []);
        assert_eq!(
            accepted_at("2026-03-01T10:00:00Z", "2026-04-03T22:14:59Z"),
            [],
            "decided before midnight"
        );
        assert_eq!(accepted_at("2026-03-01T10:00:00Z", "2026-04-03T22:15:00Z"), [Invariant::I8]);
    }

    #[test]
    fn another_zone_is_another_moment() {
        let mut story = Story::of_one_mail();
        story.rules.shops[0].zone = TimeZone::get("America/New_York").unwrap();
        assert_eq!(breaks(&story), [Invariant::I8]);
    }

    #[test]
    fn a_flow_with_other_days_goes_by_the_old_ones_or_the_new_once_they_were_uploaded() {
        let accepted = |at: &str, uploaded: &str| {
            let mut story = story_accepted_at("2026-03-01T10:00:00Z", at);
            let rules = ShopRules { days: vec![10], ..story.rules.shops[0].clone() };
            story.changed_at(uploaded, Some(rules));
            breaks(&story)
        };
        assert_eq!(accepted("2026-03-11T06:30:00Z", "2026-03-11T06:30:00Z"), []);
        assert_eq!(accepted("2026-03-11T06:29:59Z", "2026-03-11T06:29:59Z"), [Invariant::I8]);
        assert_eq!(accepted("2026-03-11T06:30:00Z", "2026-03-11T06:30:01Z"), [Invariant::I8]);
        assert_eq!(accepted("2026-03-13T06:30:00Z", "2026-03-02T00:00:00Z"), []);
    }

    #[test]
    fn a_joint_mail_goes_by_the_order_of_its_id() {
        let mut story = Story::before_the_handover();
        story.buys_at("anna", "2", "2026-03-10T10:00:00Z");
        story.sending("anna", "1", "C1");
        story.accept("anna", "1", "C1");
        story.shows(&["1", "2"]);
        story.sent("anna", "1", "C1");
        assert_eq!(breaks(&story), []);
    }
}
