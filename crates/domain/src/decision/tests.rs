use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::consent::{LegalBasis, SuppressionReason};
use crate::enrolment::enrol;
use crate::fixtures::{bought_on, consent, contact, flow, line, noon, order, refund, shop, snapshot};
use crate::id::LineId;
use crate::order::{DeadOrder, ReturnedPieces};

const BOUGHT: Date = date(2026, 3, 1);
const DUE: Date = date(2026, 3, 13);
const LATEST: Date = date(2026, 4, 3);

/// Anna with one order, changed as the test wants, and what is decided on a day.
fn reason(change: impl FnOnce(&mut Contact, &mut Vec<Order>), day: Date) -> Option<SkipReason> {
    let (shop, flow) = (shop(), flow());
    let mut orders = vec![bought_on("1", BOUGHT)];
    let mut anna = contact("anna");
    anna.learn(orders[0].snapshot.as_ref().unwrap(), Some(LegalBasis::Consent(consent(noon(BOUGHT)))));
    enrol(&mut anna, &orders[0], &flow, &shop, noon(BOUGHT));
    change(&mut anna, &mut orders);
    let enrolment = &anna.enrolments[0];
    let case = Case {
        shop: &shop,
        flow: &flow,
        contact: &anna,
        enrolment,
        step: &enrolment.steps[0],
        orders: &orders,
    };
    match decide(case, day) {
        Decision::Skip(reason) => Some(reason),
        Decision::Send { .. } | Decision::Wait => None,
    }
}

#[test]
fn each_refusal_of_the_person_has_its_reason() {
    let reasons = [
        (SuppressionReason::Unsubscribed, SkipReason::Unsubscribed),
        (SuppressionReason::Bounced, SkipReason::Bounced),
        (SuppressionReason::Complained, SkipReason::Complained),
        (SuppressionReason::Erased, SkipReason::Erased),
        (SuppressionReason::Manual, SkipReason::Blocked),
    ];
    for (suppression, skipped) in reasons {
        assert_eq!(reason(|anna, _| anna.suppress(suppression, noon(BOUGHT)), DUE), Some(skipped));
    }
    assert_eq!(reason(|anna, _| anna.email = None, DUE), Some(SkipReason::NoEmail));
    assert_eq!(reason(|anna, _| anna.basis = None, DUE), Some(SkipReason::NoLegalBasis));
    assert_eq!(reason(|_, _| (), DUE), None);
}

#[test]
fn where_no_order_is_left_the_enrolments_note_says_why() {
    let noted = |dead| {
        let note = |anna: &mut Contact, orders: &mut Vec<Order>| {
            anna.enrolments[0].orders[0].dead = dead;
            orders.clear();
        };
        reason(note, DUE)
    };
    assert_eq!(noted(Some(DeadOrder::Cancelled)), Some(SkipReason::Cancelled));
    assert_eq!(noted(None), Some(SkipReason::Moved));
}

#[test]
fn an_order_that_counts_no_more_stops_the_mail() {
    let read = reason(|_, orders| orders[0].cancelled_at = Some(noon(BOUGHT)), DUE);
    assert_eq!(read, Some(SkipReason::Cancelled));
    let returned =
        |_: &mut Contact, orders: &mut Vec<Order>| orders[0].refunds.extend([refund("R", &[("1", 1)], &[])]);
    assert_eq!(reason(returned, DUE), Some(SkipReason::Returned));
}

#[test]
fn an_order_that_is_hers_no_more_is_a_move() {
    assert_eq!(reason(|_, orders| orders.clear(), DUE), Some(SkipReason::Moved));
}

#[test]
fn a_mail_goes_from_its_due_day_to_its_latest_and_expires_after() {
    let anna_on = |day| {
        let (shop, flow) = (shop(), flow());
        let orders = [bought_on("1", BOUGHT)];
        let mut anna = contact("anna");
        anna.learn(orders[0].snapshot.as_ref().unwrap(), Some(LegalBasis::Consent(consent(noon(BOUGHT)))));
        enrol(&mut anna, &orders[0], &flow, &shop, noon(BOUGHT));
        let enrolment = &anna.enrolments[0];
        let (contact, step) = (&anna, &enrolment.steps[0]);
        let case = Case { shop: &shop, flow: &flow, contact, enrolment, step, orders: &orders };
        match decide(case, day) {
            Decision::Send { .. } => "send",
            Decision::Wait => "wait",
            Decision::Skip(reason) => reason.as_str(),
        }
    };
    assert_eq!(anna_on(date(2026, 3, 12)), "wait");
    assert_eq!(anna_on(DUE), "send");
    assert_eq!(anna_on(LATEST), "send");
    assert_eq!(anna_on(date(2026, 4, 4)), "expired");
}

#[test]
fn a_mail_that_waited_for_codes_too_long_ends_for_want_of_a_code() {
    let held = |anna: &mut Contact, _: &mut Vec<Order>| anna.enrolments[0].steps[0].held_since = Some(DUE);
    assert_eq!(reason(held, date(2026, 4, 4)), Some(SkipReason::NoCode));
}

#[test]
fn a_shop_that_was_taken_out_of_the_flow_mails_nobody() {
    let (shop, mut flow) = (shop(), flow());
    let orders = [bought_on("1", BOUGHT)];
    let mut anna = contact("anna");
    anna.learn(orders[0].snapshot.as_ref().unwrap(), Some(LegalBasis::Consent(consent(noon(BOUGHT)))));
    enrol(&mut anna, &orders[0], &flow, &shop, noon(BOUGHT));
    flow.shops = vec![crate::id::ShopId::parse("at").unwrap()];
    let enrolment = &anna.enrolments[0];
    let (contact, step) = (&anna, &enrolment.steps[0]);
    let case = Case { shop: &shop, flow: &flow, contact, enrolment, step, orders: &orders };
    assert!(matches!(decide(case, DUE), Decision::Skip(SkipReason::NoFlow)));
}

fn given_back(number: &str, day: Date, sku: &str, pieces: u32) -> Order {
    let mut told = snapshot(noon(day));
    told.lines.clear();
    told.returns =
        vec![ReturnedPieces { id: LineId::parse("B1").unwrap(), sku: Sku::parse(sku).unwrap(), pieces }];
    order(number, told)
}

fn kept_pieces(orders: &[Order], number: &str) -> u32 {
    let order = orders.iter().find(|order| order.key.number.as_str() == number).unwrap();
    order.kept_lines().map(|line| order.kept(line)).sum()
}

#[test]
fn a_return_is_charged_to_the_newest_purchase_and_never_to_a_later_one() {
    let day = |d| date(2026, 3, d);
    let orders = vec![
        bought_on("1", day(1)),
        bought_on("2", day(3)),
        given_back("3", day(5), "CC-1", 1),
        bought_on("4", day(7)),
    ];
    let settled = settle_returns(orders);
    let kept = ["1", "2", "4"].map(|number| kept_pieces(&settled, number));
    assert_eq!(kept, [1, 0, 1]);
}

#[test]
fn a_return_is_not_swallowed_by_a_purchase_that_was_cancelled() {
    let mut cancelled = bought_on("2", date(2026, 3, 3));
    cancelled.cancelled_at = Some(noon(date(2026, 3, 3)));
    let settled = settle_returns(vec![
        bought_on("1", date(2026, 3, 1)),
        cancelled,
        given_back("3", date(2026, 3, 5), "CC-1", 1),
    ]);
    assert_eq!(kept_pieces(&settled, "1"), 0);
}

#[test]
fn a_cancelled_return_takes_nothing() {
    let mut back = given_back("2", date(2026, 3, 5), "CC-1", 1);
    back.cancelled_at = Some(noon(date(2026, 3, 6)));
    let settled = settle_returns(vec![bought_on("1", date(2026, 3, 1)), back]);
    assert_eq!(kept_pieces(&settled, "1"), 1);
}

/// Purchases and returns of two SKUs on ten days.
fn history() -> impl Strategy<Value = Vec<Order>> {
    let one = (0..10_i8, 0..2_usize, 1..4_u32, any::<bool>(), 0..8_u8);
    prop::collection::vec(one, 0..8).prop_map(|all| {
        (0..)
            .zip(all)
            .map(|(number, (day, sku, pieces, bought, cancelled))| {
                let (number, day, sku) = (format!("{number}"), date(2026, 3, 1 + day), ["CC-1", "KB-1"][sku]);
                let mut told = snapshot(noon(day));
                told.lines = vec![line("1", sku, pieces), line("2", sku, 1)];
                let mut order =
                    if bought { order(&number, told) } else { given_back(&number, day, sku, pieces) };
                order.cancelled_at = (cancelled == 0).then(|| noon(day));
                order
            })
            .collect()
    })
}

fn sum(orders: &[Order], sku: &str, count: impl Fn(&Order, &crate::order::Line) -> u32) -> u32 {
    let alive = orders.iter().filter(|order| order.cancelled_at.is_none());
    let lines = alive.flat_map(|order| {
        order.snapshot.iter().flat_map(move |snapshot| snapshot.lines.iter().map(move |line| (order, line)))
    });
    lines
        .filter(|(_, line)| line.sku.as_ref().is_some_and(|s| s.as_str() == sku))
        .map(|(order, line)| count(order, line))
        .sum()
}

fn returned(orders: &[Order], sku: &str) -> u32 {
    let alive = orders.iter().filter(|order| order.cancelled_at.is_none());
    alive
        .flat_map(|order| &order.snapshot.as_ref().unwrap().returns)
        .filter(|back| back.sku.as_str() == sku)
        .map(|back| back.pieces)
        .sum()
}

proptest! {
    #[test]
    fn settling_depends_on_the_set_of_orders_alone(
        (orders, shuffled) in history().prop_flat_map(|orders| (Just(orders.clone()), Just(orders).prop_shuffle()))
    ) {
        prop_assert_eq!(settle_returns(orders), settle_returns(shuffled));
    }

    #[test]
    fn settling_charges_no_more_than_was_bought_or_given_back(orders in history()) {
        let settled = settle_returns(orders.clone());
        for sku in ["CC-1", "KB-1"] {
            let bought = sum(&orders, sku, |_, line| line.quantity);
            let kept = sum(&settled, sku, |order, line| order.kept(line));
            prop_assert!(bought - kept <= returned(&orders, sku));
        }
    }

    #[test]
    fn settling_never_charges_a_purchase_made_after_the_return(orders in history()) {
        let settled = settle_returns(orders.clone());
        let last_return = orders
            .iter()
            .filter_map(|order| order.snapshot.as_ref())
            .filter(|snapshot| !snapshot.returns.is_empty())
            .map(|snapshot| snapshot.placed_at)
            .max();
        for order in &settled {
            if order.snapshot.as_ref().map(|s| s.placed_at) > last_return {
                prop_assert!(order.refunds.is_empty());
            }
        }
    }

    #[test]
    fn all_that_came_back_after_all_purchases_is_charged(bought in 1..5_u32, back in 0..8_u32) {
        let mut told = snapshot(noon(date(2026, 3, 1)));
        told.lines = vec![line("1", "CC-1", bought)];
        let settled = settle_returns(vec![order("1", told), given_back("2", date(2026, 3, 2), "CC-1", back)]);
        prop_assert_eq!(kept_pieces(&settled, "1"), bought.saturating_sub(back));
    }
}
