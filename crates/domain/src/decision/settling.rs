//! Settling the wanted orders alone gives what settling all of them gives.

use proptest::prelude::*;

use super::*;
use crate::id::{LineId, OrderNumber, ShopId, Source};
use crate::money::{Currency, Money};
use crate::order::{Channel, Line, LineDetails, OrderSnapshot, Payment, ReturnedPieces};

/// What is told of an order: its day, pieces bought and pieces given back by product, and whether it was cancelled.
type Told = (Option<i64>, Vec<(usize, u32)>, Vec<(usize, u32)>, bool);

fn told() -> impl Strategy<Value = Told> {
    let pieces = || prop::collection::vec((0..2_usize, 0..4_u32), 0..3);
    (prop::option::weighted(0.9, 0..6_i64), pieces(), pieces(), prop::bool::weighted(0.1))
}

fn order(number: usize, (day, bought, back, cancelled): &Told) -> Order {
    let key = OrderKey {
        shop: ShopId::parse("de").unwrap(),
        source: Source::parse("till").unwrap(),
        number: OrderNumber::parse(&number.to_string()).unwrap(),
    };
    let moment = |day: i64| jiff::Timestamp::from_second(day * 86_400).unwrap();
    Order {
        snapshot: day.map(|day| snapshot(moment(day), bought, back)),
        cancelled_at: cancelled.then(|| moment(9)),
        ..Order::empty(key)
    }
}

fn snapshot(placed_at: jiff::Timestamp, bought: &[(usize, u32)], back: &[(usize, u32)]) -> OrderSnapshot {
    let lines = bought.iter().enumerate().map(|(at, (sku, quantity))| line(at, *sku, *quantity));
    let returns = back.iter().enumerate().map(|(at, (sku, pieces))| ReturnedPieces {
        id: id(at + 10),
        sku: product(*sku),
        pieces: *pieces,
    });
    OrderSnapshot {
        revision: placed_at,
        placed_at,
        delivered_at: None,
        channel: Channel::Retail,
        payment: Payment::Paid,
        test: false,
        email: None,
        customer_number: None,
        first_name: None,
        language: None,
        country: None,
        consent: None,
        currency: Currency::EUR,
        lines: lines.collect(),
        lines_add_up: true,
        returns: returns.collect(),
        codes_used: Vec::new(),
    }
}

fn line(at: usize, sku: usize, quantity: u32) -> Line {
    Line {
        id: id(at),
        sku: Some(product(sku)),
        product_ids: Vec::new(),
        title: "Charm".to_owned(),
        quantity,
        unit_price: Money::new(1_990, Currency::EUR),
        odd_minor: 0,
        details: LineDetails::default(),
    }
}

fn id(number: usize) -> LineId {
    LineId::parse(&number.to_string()).unwrap()
}

fn product(number: usize) -> Sku {
    Sku::parse(["CC-1", "CC-2"][number]).unwrap()
}

proptest! {
    #[test]
    fn orders_that_nobody_asks_for_change_nothing_of_the_others(
        told in prop::collection::vec((told(), any::<bool>()), 0..7),
    ) {
        let orders: Vec<Order> = (0..).zip(&told).map(|(number, (told, _))| order(number, told)).collect();
        let wanted = |key: &OrderKey| told[key.number.as_str().parse::<usize>().unwrap()].1;
        let mut expected = settle_returns(orders.clone());
        expected.retain(|order| wanted(&order.key));
        prop_assert_eq!(settle_wanted(orders.iter(), wanted), expected);
    }
}

/// Without this the property above could hold because nothing is ever charged.
#[test]
fn a_later_return_is_charged_to_a_wanted_order_and_an_earlier_one_is_not() {
    let orders = [
        (Some(1), vec![], vec![(0, 1)], false),
        (Some(2), vec![(0, 3)], vec![], false),
        (Some(3), vec![(1, 1)], vec![(0, 2)], false),
    ];
    let orders: Vec<Order> = orders.iter().enumerate().map(|(number, told)| order(number, told)).collect();
    let settled = settle_wanted(orders.iter(), |key| *key == orders[1].key);
    let kept: Vec<u32> =
        settled.iter().flat_map(|order| order.kept_lines().map(|line| order.kept(line))).collect();
    assert_eq!((settled.len(), kept), (1, vec![1]));
}
