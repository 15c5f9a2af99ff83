//! Orders, updates, cancellations, refunds and parts of till receipts, told in any order and more than once, through the
//! real receipt over a real store: what is stored in the end is what a model says that knows only the set of facts.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

mod facts;
mod shop;

use proptest::prelude::*;

use facts::{Fact, Story};
use shop::{Counter, FIRST_DAY};

/// A story, and its facts shuffled with some of them twice.
fn told_twice(days: i64) -> impl Strategy<Value = (Story, Vec<Fact>)> {
    facts::story(days)
        .prop_flat_map(|story| {
            let again = prop::sample::subsequence(story.facts.clone(), 0..=story.facts.len());
            (Just(story), again)
        })
        .prop_flat_map(|(story, again)| {
            let all = [story.facts.clone(), again].concat();
            (Just(story), Just(all).prop_shuffle())
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_stored_is_what_the_set_of_facts_says((story, shuffled) in told_twice(30)) {
        for told in [&story.facts, &shuffled] {
            let counter = Counter::open();
            for fact in told {
                counter.tell(&story, fact);
            }
            for order in 0..facts::ORDERS {
                let (stored, expected) = (counter.order(order), story.expected(order));
                prop_assert_eq!(stored.as_ref().map(shop::summary), expected, "order {}", order);
            }
        }
    }

    /// A living order is part of exactly one mail that waits, and that is its buyer's; a dead one keeps none alive.
    #[test]
    fn every_living_order_waits_in_one_mail_of_its_buyer((story, shuffled) in told_twice(30)) {
        let counter = Counter::open();
        for fact in &shuffled {
            counter.tell(&story, fact);
        }
        for order in 0..facts::ORDERS {
            let expected = story.expected(order);
            let alive = expected.as_ref().is_some_and(|summary| summary.dead.is_none());
            for buyer in 0..facts::BUYERS {
                let mine = story.owner(order) == Some(buyer);
                let mails = counter.waiting_mails(buyer, order);
                if alive {
                    prop_assert_eq!(mails.len(), usize::from(mine), "order {} of buyer {}", order, buyer);
                } else if !mine {
                    prop_assert!(mails.is_empty(), "order {} is nobody's mail but its owner's", order);
                }
                for mail in mails {
                    let dead = mail.orders.iter().find(|held| held.key == facts::key(order)).unwrap().dead;
                    prop_assert_eq!(dead, expected.as_ref().and_then(|summary| summary.dead));
                    prop_assert!(counter.is_in_the_due_list(&mail), "a mail that waits is in the due list");
                }
            }
        }
    }

    #[test]
    fn what_was_told_changes_nothing_when_it_is_told_again((story, shuffled) in told_twice(30)) {
        let counter = Counter::open();
        for fact in &shuffled {
            counter.tell(&story, fact);
        }
        let before = counter.everything();
        for fact in &shuffled {
            prop_assert!(!counter.tell(&story, fact), "{:?} was new again", fact);
        }
        prop_assert_eq!(counter.everything(), before);
    }

    /// Purchases within the shortest delay of one another belong into one mail, whichever is told first.
    #[test]
    fn purchases_close_to_each_other_make_one_mail_on_the_day_of_the_one_told_first(
        days in prop::collection::vec(0..=shop::SHORTEST_DELAY, facts::ORDERS).prop_shuffle()
    ) {
        let counter = Counter::open();
        let story = Story::of_purchases(&days);
        for fact in &story.facts {
            counter.tell(&story, fact);
        }
        let mails = counter.mails(0);
        prop_assert_eq!(mails.len(), 1);
        let mut held: Vec<_> = mails[0].orders.iter().map(|held| held.key.clone()).collect();
        held.sort_by_key(|key| key.number.to_string());
        prop_assert_eq!(held, (0..facts::ORDERS).map(facts::key).collect::<Vec<_>>());
        let anchor = FIRST_DAY.checked_add(jiff::Span::new().days(days[0])).unwrap();
        prop_assert_eq!(mails[0].anchored_on, anchor);
        let delay = anchor.until(mails[0].steps[0].due).unwrap().get_days();
        prop_assert!([2, 12].contains(&delay), "{} days", delay);
    }
}
