use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::fixtures::{bought_on, flow, flow_with, line, noon, order, refund, snapshot};
use crate::money::Money;

/// An order of lines of these series; `-` for a line of none.
fn basket(number: &str, series: &[&str]) -> Order {
    let mut told = snapshot(noon(date(2026, 3, 1)));
    told.lines = (1..)
        .zip(series)
        .map(|(id, series)| {
            let mut line = line(&format!("{id}"), "RG-1", 1);
            line.details.series = SeriesId::parse(series).ok().filter(|_| *series != "-");
            line
        })
        .collect();
    order(number, told)
}

fn segment(flow: &Flow, orders: &[Order]) -> String {
    classify(flow, orders).unwrap().id.to_string()
}

#[test]
fn a_mixed_basket_belongs_to_the_first_segment_it_meets() {
    assert_eq!(segment(&flow(), &[basket("1", &["-", "charm-club"])]), "charm-club");
    assert_eq!(segment(&flow(), &[basket("1", &["-"]), basket("2", &["charm-club"])]), "charm-club");
    assert_eq!(segment(&flow(), &[basket("1", &["karma-beads", "-"])]), "collection");
}

#[test]
fn a_returned_line_does_not_decide() {
    let mut order = basket("1", &["charm-club", "-"]);
    order.refunds.extend([refund("R", &[("1", 1)], &[])]);
    assert_eq!(segment(&flow(), &[order]), "collection");
}

#[test]
fn a_cancelled_order_of_a_joint_mail_does_not_decide() {
    let mut cancelled = basket("1", &["charm-club"]);
    cancelled.cancelled_at = Some(noon(date(2026, 3, 2)));
    assert_eq!(segment(&flow(), &[cancelled, basket("2", &["-"])]), "collection");
}

#[test]
fn all_given_conditions_must_be_met_and_one_entry_of_each_suffices() {
    let flow = flow_with(
        "when = { series = [\"charm-club\"] }",
        "when = { series = [\"karma-beads\", \"charm-club\"], sku_prefix = [\"CC-\"] }",
    );
    let mut both = basket("1", &["charm-club"]);
    assert_eq!(segment(&flow, std::slice::from_ref(&both)), "collection", "the SKU is RG-1");
    both.snapshot.as_mut().unwrap().lines.push(line("9", "CC-7", 1));
    assert_eq!(segment(&flow, &[both]), "charm-club");
}

#[test]
fn a_value_counts_in_its_own_currency_and_over_the_joint_mail() {
    let flow = flow_with("when = { series = [\"charm-club\"] }", "when = { min_value = { EUR = 9980 } }");
    let one = bought_on("1", date(2026, 3, 1));
    assert_eq!(segment(&flow, std::slice::from_ref(&one)), "collection", "49.90");
    assert_eq!(segment(&flow, &[one, bought_on("2", date(2026, 3, 2))]), "charm-club", "99.80");
    let mut francs = snapshot(noon(date(2026, 3, 1)));
    francs.currency = Currency::CHF;
    francs.lines[0].unit_price = Money::new(1_000_000, Currency::CHF);
    assert_eq!(segment(&flow, &[order("3", francs)]), "collection");
}

#[test]
fn a_joint_mail_in_two_currencies_has_its_segment_whichever_order_came_first() {
    let flow = flow_with(
        "when = { series = [\"charm-club\"] }",
        "when = { min_value = { EUR = 4990, CHF = 1000000 } }",
    );
    let mut francs = snapshot(noon(date(2026, 3, 1)));
    francs.currency = Currency::CHF;
    francs.lines[0].unit_price = Money::new(4_990, Currency::CHF);
    let (euros, francs) = (bought_on("1", date(2026, 3, 1)), order("2", francs));
    assert_eq!(segment(&flow, &[euros.clone(), francs.clone()]), "charm-club");
    assert_eq!(segment(&flow, &[francs, euros]), "charm-club");
}

#[test]
fn an_exact_category_and_a_product_type_with_all_below_it_decide() {
    let with = |when: &str| flow_with("{ series = [\"charm-club\"] }", when);
    let mut order = bought_on("1", date(2026, 3, 1));
    let details = &mut order.snapshot.as_mut().unwrap().lines[0].details;
    details.category = Some("188".to_owned());
    details.product_type = ["Schmuck", "Anhänger"].map(str::to_owned).to_vec();
    let orders = [order];
    assert_eq!(segment(&with("{ category = [\"188\"] }"), &orders), "charm-club");
    assert_eq!(segment(&with("{ category = [\"18\"] }"), &orders), "collection");
    assert_eq!(segment(&with("{ product_type = [\"Schmuck\"] }"), &orders), "charm-club");
    assert_eq!(segment(&with("{ product_type = [\"Schmuck > Ringe\"] }"), &orders), "collection");
}

proptest! {
    #[test]
    fn every_basket_has_exactly_one_segment_and_keeps_it(
        series in prop::collection::vec(prop::sample::select(vec!["charm-club", "karma-beads", "-"]), 0..5)
    ) {
        let (flow, orders) = (flow(), [basket("1", &series)]);
        let expected = if series.contains(&"charm-club") { "charm-club" } else { "collection" };
        prop_assert_eq!(segment(&flow, &orders), expected);
        let mut reversed = orders;
        reversed[0].snapshot.as_mut().unwrap().lines.reverse();
        prop_assert_eq!(segment(&flow, &reversed), expected);
    }
}
