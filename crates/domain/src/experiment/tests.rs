use jiff::civil::date;

use super::*;
use crate::enrolment::enrol;
use crate::fixtures::{bought_on, contact, flow_of, noon, shop};
use crate::flow::Flow;

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
    measured_in(&flow_of(FLOW), days, today)
}

fn measured_in(flow: &Flow, days: &[Date], today: Date) -> VariantResult {
    let (mut anna, shop) = (contact("anna"), shop());
    let orders: Vec<Order> =
        (1..).zip(days).map(|(n, day): (u32, _)| bought_on(&n.to_string(), *day)).collect();
    for order in &orders {
        enrol(
            &mut anna,
            order,
            flow,
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
    assert_eq!((result.purchases, result.open), (2, 0), "the second purchase lies in the first one's window");
    assert_eq!((result.bought_again, result.orders), (1, 1), "the tenth day counts, the eleventh does not");
    let value = bought_on("2", days[1]).kept_value().unwrap();
    assert_eq!(result.revenue, BTreeMap::from([(value.currency, value.minor)]));
    let early = measured(&days, date(2026, 3, 15));
    assert_eq!((early.purchases, early.open), (1, 1));
}

/// Whether a purchase joins the mail of the one before hangs on how long that waits, which is what is tried.
#[test]
fn the_same_purchases_count_the_same_whatever_the_variant_and_the_rule_for_repeats() {
    let days = [date(2026, 3, 1), date(2026, 3, 6), date(2026, 3, 9), date(2026, 3, 25)];
    let of = |repeat: &str, early: u32| {
        let text = FLOW.replace("\"separate\"", &format!("\"{repeat}\""));
        let text = text.replacen("share = 50", &format!("share = {early}"), 1);
        let text = text.replace("share = 50", &format!("share = {}", 100 - early));
        let found = measured_in(&flow_of(&text), &days, date(2026, 4, 30));
        (found.purchases, found.bought_again, found.orders, found.revenue)
    };
    let expected = of("separate", 100);
    assert_eq!((expected.0, expected.1, expected.2), (2, 1, 2));
    for repeat in ["merge", "separate"] {
        for early in [0, 100] {
            assert_eq!(of(repeat, early), expected, "{repeat}, {early} percent early");
        }
    }
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
