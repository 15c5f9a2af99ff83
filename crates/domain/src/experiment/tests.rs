use jiff::civil::date;

use super::*;
use crate::enrolment::enrol;
use crate::fixtures::{bought_on, contact, flow_of, noon, shop};

const FLOW: &str = r#"
edition = "2026"
trigger = "purchase"
repeat = "separate"
useful_days = 21
[[steps]]
days = 12
[[steps.experiment.variants]]
id = "day-2"
days = 2
share = 50
[[steps.experiment.variants]]
id = "day-12"
days = 12
share = 50
[[segments]]
id = "all"
mail = "rest"
products = { source = "topsellers", count = 4, at_least = 2 }
"#;

/// Measures one person who bought on these days, ten days each, on a day.
fn measured(days: &[Date], today: Date) -> VariantResult {
    let (mut anna, flow, shop) = (contact("anna"), flow_of(FLOW), shop());
    let orders: Vec<Order> =
        (1..).zip(days).map(|(n, day): (u32, _)| bought_on(&n.to_string(), *day)).collect();
    for order in &orders {
        enrol(
            &mut anna,
            order,
            &flow,
            &shop,
            noon(order.snapshot.as_ref().map(|s| shop.local_date(s.placed_at)).unwrap()),
        );
    }
    let mut results = Results::new();
    measure(&mut results, Measure { flow: &flow.id, window_days: 10, today }, &shop, &anna, &orders);
    assert_eq!(results.len(), 1, "a person has one variant");
    results.into_values().next().unwrap()
}

#[test]
fn a_window_counts_from_the_purchase_and_only_once_it_is_over() {
    let days = [date(2026, 3, 1), date(2026, 3, 11), date(2026, 3, 22)];
    let result = measured(&days, date(2026, 4, 30));
    assert_eq!((result.purchases, result.open), (3, 0));
    assert_eq!((result.bought_again, result.orders), (1, 1), "the tenth day counts, the eleventh does not");
    let value = bought_on("2", days[1]).kept_value().unwrap();
    assert_eq!(result.revenue, BTreeMap::from([(value.currency, value.minor)]));
    let early = measured(&days, date(2026, 3, 15));
    assert_eq!((early.purchases, early.open), (1, 2));
}

#[test]
fn a_cancelled_order_is_no_success() {
    let (mut anna, flow, shop) = (contact("anna"), flow_of(FLOW), shop());
    let first = bought_on("1", date(2026, 3, 1));
    let mut second = bought_on("2", date(2026, 3, 3));
    second.cancelled_at = Some(noon(date(2026, 3, 4)));
    enrol(&mut anna, &first, &flow, &shop, noon(date(2026, 3, 1)));
    let mut results = Results::new();
    let measured = Measure { flow: &flow.id, window_days: 10, today: date(2026, 4, 30) };
    measure(&mut results, measured, &shop, &anna, &[first, second]);
    assert_eq!(results.into_values().next().unwrap().orders, 0);
}
