use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::fixtures::{address, at, event, key, line, refund, snapshot};
use crate::money::Currency;

const DAY: i64 = 86_400;

fn moment(day: i64) -> Timestamp {
    at("2026-03-01T10:00:00Z").checked_add(jiff::SignedDuration::from_secs(day * DAY)).unwrap()
}

prop_compose! {
    fn lines()(quantities in prop::collection::vec((0..3_u32, 0..3_usize), 0..4)) -> Vec<Line> {
        let skus = ["CC-1", "KB-1", "RG-1"];
        (1..).zip(quantities).map(|(id, (pieces, sku))| line(&format!("L{id}"), skus[sku], pieces)).collect()
    }
}

prop_compose! {
    /// Parts may contradict each other: the same line of a return with another product.
    fn returns()(told in prop::collection::vec((0..3_u32, 0..3_usize), 0..3)) -> Vec<ReturnedPieces> {
        let skus = ["CC-1", "KB-1", "RG-1"].map(|sku| Sku::parse(sku).unwrap());
        let back = (1..).zip(told).map(|(id, (pieces, sku))| ReturnedPieces {
            id: LineId::parse(&format!("B{id}")).unwrap(),
            sku: skus[sku].clone(),
            pieces,
        });
        back.collect()
    }
}

prop_compose! {
    fn state(add_up: bool)(
        (revision, lines, who, name) in (0..3_i64, lines(), prop::option::of(0..3_usize), prop::option::of("[AB]")),
        (paid, number, delivered) in (any::<bool>(), prop::option::of("[12]"), prop::option::of(0..3_i64)),
        returns in returns(),
    ) -> OrderSnapshot {
        OrderSnapshot {
            revision: moment(revision),
            email: who.map(|who| address(["anna", "berta", "clara"][who])),
            payment: if paid { Payment::Paid } else { Payment::Pending },
            delivered_at: delivered.map(moment),
            lines,
            returns,
            lines_add_up: add_up,
            first_name: name,
            customer_number: number,
            ..snapshot(moment(0))
        }
    }
}

fn message(add_up: bool) -> impl Strategy<Value = OrderEvent> {
    let told = prop_oneof![
        3 => state(add_up).prop_map(|snapshot| event("1", snapshot)),
        1 => (0..3_i64).prop_map(|day| OrderEvent { cancelled_at: Some(moment(day)), ..nothing() }),
        2 => (1..4_u8, 1..4_u8, 0..4_u32, prop::option::of(0..3_i64)).prop_map(|(id, line, pieces, day)| {
            given_back(id, &[(&format!("L{line}"), pieces)], &[], day)
        }),
        1 => (1..4_u8, 0..3_u32).prop_map(|(id, pieces)| given_back(id, &[], &[("CC-1", pieces)], None)),
    ];
    told.boxed()
}

fn given_back(id: u8, pieces: &[(&str, u32)], by_sku: &[(&str, u32)], day: Option<i64>) -> OrderEvent {
    let (id, mut refund) = refund(&format!("R{id}"), pieces, by_sku);
    refund.at = day.map(moment);
    OrderEvent { refunds: BTreeMap::from([(id, refund)]), ..nothing() }
}

fn nothing() -> OrderEvent {
    OrderEvent { key: key("1"), snapshot: None, cancelled_at: None, refunds: BTreeMap::new() }
}

fn after(events: &[OrderEvent]) -> Order {
    let mut order = Order::empty(key("1"));
    for event in events {
        order.absorb(event.clone());
    }
    order
}

/// Some events, and the same ones shuffled with some of them twice.
fn told_twice(add_up: bool) -> impl Strategy<Value = (Vec<OrderEvent>, Vec<OrderEvent>)> {
    prop::collection::vec(message(add_up), 1..6)
        .prop_flat_map(|events| {
            let again = prop::sample::subsequence(events.clone(), 0..=events.len());
            (Just(events), again)
        })
        .prop_flat_map(|(events, again)| {
            let all = [events.clone(), again].concat();
            (Just(events), Just(all).prop_shuffle())
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn events_make_the_same_order_however_they_arrive((once, shuffled) in told_twice(false)) {
        prop_assert_eq!(after(&once), after(&shuffled));
    }

    #[test]
    fn parts_of_a_receipt_add_up_the_same_however_they_arrive((once, shuffled) in told_twice(true)) {
        prop_assert_eq!(after(&once), after(&shuffled));
    }

    #[test]
    fn what_is_known_changes_nothing(
        events in any::<bool>().prop_flat_map(|add_up| prop::collection::vec(message(add_up), 1..6))
    ) {
        let mut order = after(&events);
        for event in events {
            prop_assert_eq!(order.absorb(event), Absorbed::Nothing);
        }
    }

    #[test]
    fn nobody_keeps_more_than_was_bought_and_returns_are_charged_whole(
        bought in lines(),
        back in prop::collection::vec((1..5_u8, 0..5_u32), 0..4),
        back_by_sku in 0..8_u32,
    ) {
        let mut told = vec![event("1", OrderSnapshot { lines: bought.clone(), ..snapshot(moment(0)) })];
        for (id, (line, pieces)) in (0..).zip(&back) {
            told.push(given_back(id, &[(&format!("L{line}"), *pieces)], &[], None));
        }
        let by_line = after(&told);
        told.push(given_back(99, &[], &[("CC-1", back_by_sku)], None));
        let order = after(&told);
        let of_sku = |order: &Order| -> u32 {
            bought.iter().filter(|line| line.sku.as_ref().unwrap().as_str() == "CC-1").map(|l| order.kept(l)).sum()
        };
        for line in &bought {
            prop_assert!(order.kept(line) <= by_line.kept(line));
            prop_assert!(by_line.kept(line) <= line.quantity);
        }
        prop_assert_eq!(of_sku(&order), of_sku(&by_line).saturating_sub(back_by_sku));
    }

    #[test]
    fn the_kept_value_is_the_sum_of_the_kept_pieces(bought in lines(), back in 0..5_u32) {
        let told = [
            event("1", OrderSnapshot { lines: bought.clone(), ..snapshot(moment(0)) }),
            given_back(1, &[("L1", back)], &[], None),
        ];
        let order = after(&told);
        let pieces: u32 = bought.iter().map(|line| order.kept(line)).sum();
        prop_assert_eq!(order.kept_value(), Some(Money::new(4_990 * i64::from(pieces), Currency::EUR)));
    }
}

#[test]
fn refunds_beyond_any_number_leave_nothing_and_break_nothing() {
    let told = [
        event("1", snapshot(moment(0))),
        given_back(1, &[("1", u32::MAX)], &[("CC-1", u32::MAX)], None),
        given_back(2, &[("1", u32::MAX)], &[("CC-1", u32::MAX)], None),
    ];
    let order = after(&told);
    assert_eq!(order.dead(), Some(DeadOrder::Returned));
}

#[test]
fn a_cancellation_before_its_order_stays() {
    let mut order = Order::empty(key("1"));
    order.absorb(OrderEvent { cancelled_at: Some(moment(1)), ..nothing() });
    assert_eq!(order.dead(), Some(DeadOrder::Unknown));
    order.absorb(event("1", snapshot(moment(2))));
    assert_eq!(order.dead(), Some(DeadOrder::Cancelled));
}

#[test]
fn an_order_leads_to_no_mail_for_the_reason_that_counts() {
    let with = |change: fn(&mut OrderSnapshot)| {
        let mut told = snapshot(moment(0));
        change(&mut told);
        after(&[event("1", told)]).dead()
    };
    assert_eq!(with(|_| ()), None);
    assert_eq!(with(|s| s.test = true), Some(DeadOrder::Test));
    assert_eq!(with(|s| s.payment = Payment::Pending), Some(DeadOrder::Unpaid));
    assert_eq!(with(|s| s.payment = Payment::Refunded), Some(DeadOrder::Returned));
    assert_eq!(with(|s| s.lines.clear()), Some(DeadOrder::NoGoods));
    assert_eq!(with(|s| s.lines[0].quantity = 0), Some(DeadOrder::NoGoods));
}

#[test]
fn values_of_two_currencies_are_never_added() {
    let mut told = snapshot(moment(0));
    told.lines[0].unit_price = Money::new(4_990, Currency::CHF);
    assert_eq!(after(&[event("1", told)]).kept_value(), None);
}

#[test]
fn a_known_line_keeps_what_the_feed_told_when_the_order_is_told_again() {
    let mut order = after(&[event("1", snapshot(moment(0)))]);
    order.snapshot.as_mut().unwrap().lines[0].details.image =
        Some("https://media.lunaria.example/1.jpg".into());
    let described = order.clone();
    assert_eq!(order.absorb(event("1", snapshot(moment(0)))), Absorbed::Nothing);
    assert_eq!(order, described);
}
