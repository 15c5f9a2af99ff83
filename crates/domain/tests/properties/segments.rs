//! Every basket belongs to one segment of the starter flow, and stays there however it is told.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nachklang_domain::flow::Flow;
use nachklang_domain::id::{LineId, RefundId, SeriesId};
use nachklang_domain::money::{Currency, Money};
use nachklang_domain::order::{Line, Order, OrderEvent, Refund};
use nachklang_domain::segment::classify;
use proptest::prelude::*;

use crate::starter::{flow, line, order};

const SERIES: [Option<&str>; 4] = [Some("charm-club"), Some("karma-beads"), Some("sternenstaub"), None];

/// A line of a series: which, how many pieces, how many given back, at what price.
type Piece = (usize, u32, u32, i64);
/// An order: its lines, whether it is cancelled, in euros or francs.
type Basket = (Vec<Piece>, bool, bool);

fn baskets() -> impl Strategy<Value = Vec<Basket>> {
    let piece = (0..SERIES.len(), 0..4_u32, 0..4_u32, 1..20_000_i64);
    let basket = (prop::collection::vec(piece, 0..6), prop::bool::weighted(0.2), any::<bool>());
    prop::collection::vec(basket, 1..4)
}

fn orders(baskets: &[Basket]) -> Vec<Order> {
    baskets.iter().enumerate().map(|(number, basket)| told(number, basket)).collect()
}

fn told(number: usize, (pieces, cancelled, euros): &Basket) -> Order {
    let currency = if *euros { Currency::EUR } else { Currency::CHF };
    let lines = pieces.iter().enumerate().map(|(id, piece)| bought(id, piece, currency)).collect();
    let mut order = order(number, Timestamp::UNIX_EPOCH, currency, lines);
    let back =
        pieces.iter().enumerate().map(|(id, piece)| (LineId::parse(&format!("L{id}")).unwrap(), piece.2));
    let refund = Refund { pieces: back.collect(), ..Refund::default() };
    order.absorb(OrderEvent {
        key: order.key.clone(),
        snapshot: None,
        cancelled_at: cancelled.then_some(Timestamp::UNIX_EPOCH),
        refunds: BTreeMap::from([(RefundId::parse("R1").unwrap(), refund)]),
    });
    order
}

fn bought(id: usize, (series, pieces, _, price): &Piece, currency: Currency) -> Line {
    let mut line = line(id, "XX-1", *pieces, Money::new(*price, currency));
    line.details.series = SERIES[*series].map(|series| SeriesId::parse(series).unwrap());
    line
}

/// What the starter flow says in words: charms first, then beads, then the rest; what was given back says nothing.
fn expected(baskets: &[Basket]) -> &'static str {
    let living = baskets.iter().filter(|(_, cancelled, _)| !cancelled);
    let kept: Vec<usize> = living
        .flat_map(|(pieces, ..)| pieces)
        .filter(|(_, pieces, back, _)| pieces > back)
        .map(|(series, ..)| *series)
        .collect();
    match () {
        () if kept.contains(&0) => "charm-club",
        () if kept.contains(&1) => "karma-beads",
        () => "collection",
    }
}

fn segment(flow: &Flow, orders: &[Order]) -> Option<String> {
    classify(flow, orders).map(|segment| segment.id.to_string())
}

/// The starter flow with thresholds in two currencies before the rest.
fn flow_by_value(euros: i64, francs: i64) -> Flow {
    let mut flow = flow();
    flow.segments[0].when.series.clear();
    flow.segments[0].when.min_value = [(Currency::EUR, euros), (Currency::CHF, francs)].into();
    flow
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_basket_belongs_to_exactly_one_segment_of_the_starter_flow(baskets in baskets()) {
        let found = segment(&flow(), &orders(&baskets));
        prop_assert_eq!(found.as_deref(), Some(expected(&baskets)));
    }

    #[test]
    fn neither_the_order_of_lines_and_orders_nor_a_line_told_twice_moves_a_basket(
        (baskets, shuffled) in baskets().prop_flat_map(|baskets| (Just(baskets.clone()), Just(baskets).prop_shuffle())),
        (euros, francs) in (1..60_000_i64, 1..60_000_i64),
    ) {
        let reversed: Vec<Basket> =
            shuffled.iter().cloned().map(|(pieces, ..)| pieces).zip(&shuffled).map(|(mut pieces, basket)| {
                pieces.reverse();
                (pieces, basket.1, basket.2)
            }).collect();
        for flow in [flow(), flow_by_value(euros, francs)] {
            let first = segment(&flow, &orders(&baskets));
            prop_assert!(first.is_some());
            prop_assert_eq!(segment(&flow, &orders(&shuffled)), first.clone());
            prop_assert_eq!(segment(&flow, &orders(&reversed)), first);
        }
        let doubled: Vec<Basket> =
            baskets.iter().cloned().map(|(pieces, dead, euros)| ([pieces.clone(), pieces].concat(), dead, euros)).collect();
        prop_assert_eq!(segment(&flow(), &orders(&doubled)), segment(&flow(), &orders(&baskets)));
    }
}
