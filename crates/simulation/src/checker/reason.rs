//! Never lost: a reason for which a mail was dropped is one that something gave.
//!
//! The product names the reason; whether it may is computed from what was told and asked for before. What may have come
//! before the drop was written counts, so that only a reason which nothing can have given is held against the product.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use nachklang_domain::enrolment::SkipReason;
use nachklang_domain::flow::{EmptyPool, Repeat};
use nachklang_domain::id::OrderKey;

use super::facts::{Facts, Person};
use super::holding::surely_free;
use super::timely::due_day;
use super::{Invariant, Violation};
use crate::history::{CodeRules, Deed, MailRow, Operation, Purchase, ShopRules};

pub(super) fn check(facts: &Facts<'_>) -> Vec<Violation> {
    let skips = facts.all_rows().filter_map(|(person, row)| Skip::of(facts, person, row));
    let groundless = skips.filter(|skip| !skip.is_justified());
    groundless.map(|skip| skip.violation()).collect()
}

/// What was told, or stood in the way, so long ago has no more to do with a day's run: a mail that cannot go is looked at
/// again on the next day or the one after it.
const SETTLED: SignedDuration = SignedDuration::from_hours(72);

/// A mail that was dropped.
struct Skip<'a> {
    facts: &'a Facts<'a>,
    rules: &'a ShopRules,
    person: Person<'a>,
    row: &'a MailRow,
    reason: SkipReason,
    /// The writes of which one dropped it, the first and the last, if they were seen.
    written: Option<[&'a Operation; 2]>,
}

impl<'a> Skip<'a> {
    fn of(facts: &'a Facts<'a>, person: Person<'a>, row: &'a MailRow) -> Option<Self> {
        let (rules, reason) = (facts.rules(person.0)?, row.reason?);
        Some(Self { facts, rules, person, row, reason, written: facts.drops_of(person, row) })
    }

    fn is_justified(&self) -> bool {
        let anchor = &self.row.anchor;
        match self.reason {
            SkipReason::Erased => self.said(|deed| matches!(deed, Deed::Erase { .. })),
            SkipReason::Unsubscribed | SkipReason::Bounced | SkipReason::Complained | SkipReason::Blocked => {
                self.said(|deed| matches!(deed, Deed::Object { .. }))
            }
            SkipReason::NoEmail | SkipReason::NoLegalBasis => self.may_not_be_mailed(anchor),
            SkipReason::Cancelled | SkipReason::Returned => self.none_counts(|order| self.taken_back(order)),
            SkipReason::Unpaid | SkipReason::TestOrder | SkipReason::NoGoods => {
                self.none_counts(|order| self.may_not_be_mailed(order))
            }
            SkipReason::Moved => self.none_counts(|order| self.moved(order)),
            SkipReason::Expired => self.is_too_late() && !self.had_a_calm_day(),
            SkipReason::NoCode => self.rules.codes.as_ref().is_some_and(|codes| self.lacked_a_code(codes)),
            SkipReason::Restarted => self.rules.repeat == Repeat::Restart && self.bought_later(),
            SkipReason::NoFlow => self.facts.may_lack_its_flow(self.person.0, self.at()),
            // Each flow counts from the purchase, and what is unknown or has joined another mail has no row of its own.
            SkipReason::NotDelivered | SkipReason::OrderUnknown | SkipReason::Merged => false,
        }
    }

    fn violation(&self) -> Violation {
        let (anchor, names) = (&self.row.anchor, &self.facts.names);
        let what = format!(
            "{}'s mail for {}, step {}, was dropped as {}, and nothing gave that reason",
            names.person(self.person.1),
            names.order(anchor),
            self.row.step,
            self.reason.as_str()
        );
        self.facts.violation(Invariant::NeverLost, what, &self.facts.about_order(anchor, self.person.1))
    }

    /// When it was dropped, at the latest.
    fn at(&self) -> Timestamp {
        self.written.map_or(Timestamp::MAX, |[_, last]| last.at)
    }

    /// Whether an operation may have happened before the mail was dropped.
    fn may_follow(&self, operation: &Operation) -> bool {
        self.written.is_none_or(|[_, last]| operation.asked < last.answered)
    }

    fn said(&self, what: impl Fn(&Deed) -> bool) -> bool {
        let mut goodbyes = self.facts.goodbyes(self.person).iter();
        goodbyes.any(|goodbye| what(&goodbye.deed) && self.may_follow(goodbye))
    }

    /// What had been told of an order.
    fn told(&self, order: &OrderKey) -> impl Iterator<Item = &'a Purchase> {
        self.tells(order).map(|(_, purchase)| purchase)
    }

    fn tells(&self, order: &OrderKey) -> impl Iterator<Item = (&'a Operation, &'a Purchase)> {
        let tells = self.facts.purchases.get(order).into_iter().flatten();
        tells.filter(|(operation, _)| self.may_follow(operation)).copied()
    }

    /// The orders that were told as hers.
    fn hers(&self) -> impl Iterator<Item = &'a OrderKey> {
        let of_the_shop = self.facts.purchases.keys().filter(|order| order.shop == *self.person.0);
        let told_hers =
            |order: &&&OrderKey| self.told(order).any(|purchase| purchase.contact == Some(self.person.1));
        of_the_shop.filter(told_hers).copied()
    }

    /// A mail is dropped for its orders only when none of them counts: neither that from which its days are counted, nor
    /// one that joined it, which may have given the reason.
    fn none_counts(&self, gives_it: impl Fn(&OrderKey) -> bool) -> bool {
        let anchor = &self.row.anchor;
        let gone = self.taken_back(anchor) || self.may_not_be_mailed(anchor) || self.moved(anchor);
        let joins = self.rules.repeat == Repeat::Merge;
        gone && (gives_it(anchor) || joins && self.hers().any(gives_it))
    }

    fn taken_back(&self, order: &OrderKey) -> bool {
        self.facts.perhaps_cancels(order).iter().any(|cancel| self.may_follow(cancel))
    }

    fn may_not_be_mailed(&self, order: &OrderKey) -> bool {
        self.told(order).any(|purchase| !purchase.may_be_mailed)
    }

    fn moved(&self, order: &OrderKey) -> bool {
        self.told(order).any(|purchase| purchase.contact.is_some_and(|buyer| buyer != self.person.1))
    }

    /// The days on which the mail may have been due, by what had been told of its order and of the flow's days.
    fn due_days(&self) -> impl Iterator<Item = Date> {
        let promised: Vec<&ShopRules> = self.facts.promises(self.person.0, self.at()).collect();
        let due = move |rules: &&ShopRules, told: &Purchase| {
            due_day(rules, usize::try_from(self.row.step).ok()?, told.placed_at)
        };
        let told = self.told(&self.row.anchor);
        told.flat_map(move |told| promised.iter().filter_map(|rules| due(rules, told)).collect::<Vec<Date>>())
    }

    /// The earliest of them.
    fn due(&self) -> Option<Date> {
        self.due_days().min()
    }

    fn days_after_due(&self, days: u16) -> Option<Date> {
        self.due()?.checked_add(i32::from(days).days()).ok()
    }

    /// Whether a day has come in the shop's zone; when nobody saw the drop, it may have.
    fn has_come(&self, day: Option<Date>) -> bool {
        let today = self.written.map(|[_, last]| self.rules.zone.to_datetime(last.at).date());
        today.is_none_or(|today| day.is_some_and(|day| today >= day))
    }

    fn is_too_late(&self) -> bool {
        self.has_come(self.days_after_due(self.rules.useful_days.saturating_add(1)))
    }

    /// Whether the mail could go on a day before its last useful one: it was due, nothing stood in the way any more, and
    /// long before all was told of her orders that was told.
    fn had_a_calm_day(&self) -> bool {
        let last = self.days_after_due(self.rules.useful_days);
        let Some(day) = last.and_then(|last| last.yesterday().ok()) else { return false };
        let hour = self.rules.zone.to_ambiguous_timestamp(day.to_datetime(self.rules.send_at)).compatible();
        let settled = |at: Timestamp| {
            let settled = at.checked_add(SETTLED);
            hour.as_ref().is_ok_and(|hour| settled.is_ok_and(|settled| settled <= *hour))
        };
        let mut tells = self.hers().flat_map(|order| self.tells(order));
        self.facts.history.rules.calm_from.is_some_and(settled)
            && self.due_days().all(|due| due <= day)
            && tells.all(|(told, _)| settled(told.at))
    }

    /// Where a mail waits for codes, it does so for the promised days, or until it is of no use. Then nobody looks
    /// again whether one is free: it is enough that none was on some day before.
    fn lacked_a_code(&self, codes: &CodeRules) -> bool {
        let Some([first, last]) = self.written else { return true };
        let (waited, since) = match codes.empty {
            EmptyPool::Hold { days } => (self.has_come(self.days_after_due(days)), self.held_since(first)),
            EmptyPool::Skip => (true, Some(first.at)),
            EmptyPool::Without | EmptyPool::Fallback { .. } => return false,
        };
        let free = |since| surely_free(self.facts, &codes.pool, since, last);
        (waited || self.is_too_late()) && !since.is_some_and(free)
    }

    fn held_since(&self, dropped: &Operation) -> Option<Timestamp> {
        if !self.is_too_late() {
            return Some(dropped.at);
        }
        let morning = self.due()?.to_zoned(self.rules.zone.clone()).ok()?;
        Some(morning.timestamp())
    }

    /// Whether she bought something else, on the day of the purchase or later.
    fn bought_later(&self) -> bool {
        let days = |order: &OrderKey| {
            let told = self.told(order).map(|told| self.rules.zone.to_datetime(told.placed_at).date());
            told.collect::<Vec<Date>>()
        };
        let first = days(&self.row.anchor).into_iter().min();
        let others = self.hers().filter(|order| **order != self.row.anchor);
        others.flat_map(days).any(|day| Some(day) >= first)
    }
}

#[cfg(test)]
mod tests {
    use nachklang_domain::enrolment::SkipReason;
    use nachklang_domain::flow::{EmptyPool, Repeat};

    use super::super::story::{Story, breaks, contact};
    use crate::checker::Invariant;
    use crate::history::{Deed, Outcome, Purchase};

    /// When a mail for a purchase of the stories is due, and when it is of no use any more.
    const ON_ITS_DAY: &str = "2026-03-13T06:30:00Z";
    const TOO_LATE: &str = "2026-04-03T22:00:00Z";

    fn bought() -> Story {
        let mut story = Story::new();
        story.imports(&["C1"]);
        story.buys("anna", "1");
        story
    }

    /// The reasons for which her mail may be dropped on its day.
    fn reasons(story: &Story) -> Vec<SkipReason> {
        reasons_at(story, ON_ITS_DAY)
    }

    fn reasons_at(story: &Story, at: &str) -> Vec<SkipReason> {
        let kept = |reason: &SkipReason| {
            let mut story = story.clone();
            story.drops("anna", "1", *reason, at);
            breaks(&story).is_empty()
        };
        SkipReason::ALL.into_iter().filter(kept).collect()
    }

    fn tells_again(story: &mut Story, change: impl Fn(&mut Purchase)) {
        story.buys("anna", "1");
        if let Deed::Buy(purchase) = &mut story.last().deed {
            change(purchase);
        }
    }

    #[test]
    fn a_mail_is_dropped_for_want_of_a_flow_only_once_that_was_taken_away() {
        let mut story = bought();
        story.changed_at("2026-03-13T06:30:01Z", None);
        assert_eq!(reasons(&story), []);
        story.changed_at(ON_ITS_DAY, None);
        assert_eq!(reasons(&story), [SkipReason::NoFlow]);
    }

    #[test]
    fn a_mail_that_nothing_stops_is_dropped_for_no_reason() {
        assert_eq!(reasons(&bought()), []);
    }

    #[test]
    fn what_a_person_said_is_a_reason_and_no_other_goodbye_is() {
        let mut story = bought();
        story.erases("anna");
        assert_eq!(reasons(&story), [SkipReason::Erased]);

        let mut story = bought();
        story.objects("anna");
        let objected =
            [SkipReason::Unsubscribed, SkipReason::Bounced, SkipReason::Complained, SkipReason::Blocked];
        assert_eq!(reasons(&story), objected);

        let mut story = bought();
        story.objects("berta");
        assert_eq!(reasons(&story), []);
    }

    #[test]
    fn what_comes_after_the_drop_is_no_reason_for_it() {
        let mut story = bought();
        story.drops("anna", "1", SkipReason::Unsubscribed, ON_ITS_DAY);
        story.objects("anna");
        assert_eq!(breaks(&story), [Invariant::NeverLost]);

        let mut story = bought();
        story.drops("anna", "1", SkipReason::Cancelled, ON_ITS_DAY);
        story.cancels("1");
        assert_eq!(breaks(&story), [Invariant::NeverLost]);
    }

    #[test]
    fn an_order_that_counts_no_more_is_a_reason() {
        let mut story = bought();
        story.cancels("1");
        assert_eq!(reasons(&story), [SkipReason::Cancelled, SkipReason::Returned]);
        story.last().outcome = Outcome::Unknown;
        assert_eq!(reasons(&story), [SkipReason::Cancelled, SkipReason::Returned]);

        let mut story = bought();
        story.cancels("2");
        assert_eq!(reasons(&story), []);
    }

    #[test]
    fn an_order_of_which_all_parts_may_have_come_back_is_a_reason() {
        let mut story = bought();
        story.gives_back("1", 1);
        assert_eq!(reasons(&story), []);
        story.gives_back("1", 2);
        story.last().outcome = Outcome::Unknown;
        assert_eq!(reasons(&story), [SkipReason::Cancelled, SkipReason::Returned]);
    }

    #[test]
    fn an_order_that_may_not_be_mailed_is_a_reason() {
        let mut story = bought();
        tells_again(&mut story, |purchase| purchase.may_be_mailed = false);
        let barred = [
            SkipReason::NoEmail,
            SkipReason::NoLegalBasis,
            SkipReason::NoGoods,
            SkipReason::Unpaid,
            SkipReason::TestOrder,
        ];
        assert_eq!(reasons(&story), barred);
    }

    #[test]
    fn an_order_that_was_told_as_somebody_elses_is_a_reason() {
        let mut story = bought();
        tells_again(&mut story, |purchase| purchase.contact = Some(contact("berta")));
        story.drops("berta", "1", SkipReason::Moved, ON_ITS_DAY);
        story.drops("anna", "1", SkipReason::Moved, ON_ITS_DAY);
        assert_eq!(breaks(&story), []);
    }

    #[test]
    fn the_end_of_another_order_is_a_reason_only_together_with_its_own() {
        let mut story = bought();
        story.buys("anna", "2");
        story.cancels("2");
        assert_eq!(reasons(&story), []);
        tells_again(&mut story, |purchase| purchase.contact = Some(contact("berta")));
        story.drops("anna", "1", SkipReason::Cancelled, ON_ITS_DAY);
        assert_eq!(breaks(&story), []);
        story.rules.shops[0].repeat = Repeat::Separate;
        assert_eq!(breaks(&story), [Invariant::NeverLost], "there no order joins another's mail");
    }

    #[test]
    fn a_mail_is_too_late_from_the_day_after_its_last_useful_one_in_the_shops_zone() {
        let expires = |at| reasons_at(&bought(), at).contains(&SkipReason::Expired);
        assert!(!expires(ON_ITS_DAY));
        assert!(!expires("2026-04-03T21:59:59Z"));
        assert!(expires(TOO_LATE));
    }

    #[test]
    fn a_mail_that_could_go_on_a_calm_day_is_not_too_late() {
        let expires = |calm_from: &str, told: &str| {
            let mut story = bought();
            story.rules.calm_from = Some(calm_from.parse().unwrap());
            story.last().at = told.parse().unwrap();
            reasons_at(&story, TOO_LATE).contains(&SkipReason::Expired)
        };
        let (early, late) = ("2026-03-30T05:30:00Z", "2026-03-30T05:30:01Z");
        assert!(!expires(early, early));
        assert!(expires(late, early), "something stood in the way");
        assert!(expires(early, late), "it was told late");
    }

    #[test]
    fn a_drop_of_which_nobody_knows_may_have_happened_at_the_later_try() {
        let mut story = bought();
        story.drops("anna", "1", SkipReason::Expired, ON_ITS_DAY);
        story.last().outcome = Outcome::Unknown;
        story.drops("anna", "1", SkipReason::Expired, TOO_LATE);
        assert_eq!(breaks(&story), []);
        story.operations[2].outcome = Outcome::Done;
        assert_eq!(breaks(&story), [Invariant::NeverLost]);
    }

    /// Whether a mail may be dropped for want of a code: with these codes in stock and when none is free this is done.
    fn lacks(codes: &[&str], empty: &EmptyPool, at: &str) -> bool {
        let mut story = Story::new();
        story.imports(codes);
        story.buys("anna", "1");
        story.empty_pool(empty);
        reasons_at(&story, at).contains(&SkipReason::NoCode)
    }

    #[test]
    fn a_mail_is_dropped_for_want_of_a_code_only_where_that_is_so_and_none_was_free() {
        assert!(lacks(&[], &EmptyPool::Skip, ON_ITS_DAY));
        assert!(!lacks(&["C1"], &EmptyPool::Skip, ON_ITS_DAY));
        assert!(!lacks(&[], &EmptyPool::Without, ON_ITS_DAY));
        assert!(!lacks(&[], &EmptyPool::Fallback { code: "FOR-ALL".to_owned() }, ON_ITS_DAY));

        let mut story = bought();
        story.empty_pool(&EmptyPool::Skip);
        story.rules.shops[0].codes = None;
        assert_eq!(reasons(&story), [], "no mail of the shop carries a code");
    }

    #[test]
    fn a_mail_waits_for_codes_for_the_promised_days() {
        let hold = EmptyPool::Hold { days: 5 };
        assert!(!lacks(&[], &hold, "2026-03-17T22:59:59Z"));
        assert!(lacks(&[], &hold, "2026-03-17T23:00:00Z"));
        assert!(!lacks(&["C1"], &hold, "2026-03-17T23:00:00Z"));
        assert!(!lacks(&["C1"], &hold, TOO_LATE), "a code was free all the time");
        assert!(lacks(&[], &hold, TOO_LATE));
    }

    #[test]
    fn a_code_that_came_after_the_mail_was_held_or_was_claimed_or_voided_is_no_proof() {
        let spoilt: [fn(&mut Story); 4] = [
            |story| story.last().at = "2026-03-14T10:00:00Z".parse().unwrap(),
            |story| story.last().outcome = Outcome::Unknown,
            |story| story.voids(&["C1"]),
            |story| {
                story.buys("berta", "2");
                story.mailed("berta", "2", "C1");
            },
        ];
        for spoil in spoilt {
            let mut story = Story::new();
            story.imports(&["C1"]);
            spoil(&mut story);
            story.buys("anna", "1");
            assert!(reasons_at(&story, TOO_LATE).contains(&SkipReason::NoCode));
        }
    }

    #[test]
    fn a_later_purchase_starts_anew_only_where_that_is_so() {
        let mut story = bought();
        story.rules.shops[0].repeat = Repeat::Restart;
        assert_eq!(reasons(&story), []);
        let mut later = story.clone();
        later.buys("anna", "2");
        later.drops("anna", "2", SkipReason::Expired, TOO_LATE);
        assert_eq!(reasons(&later), [SkipReason::Restarted]);
        later.rules.shops[0].repeat = Repeat::Separate;
        assert_eq!(reasons(&later), []);

        story.buys_at("anna", "2", "2026-02-28T10:00:00Z");
        story.drops("anna", "2", SkipReason::Expired, TOO_LATE);
        assert_eq!(reasons(&story), [], "it is an earlier one");
    }
}
