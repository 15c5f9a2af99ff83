//! Money keeps every minor unit: read, written, added, multiplied, given back.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nachklang_domain::id::{LineId, OrderKey, OrderNumber, RefundId, ShopId, Source};
use nachklang_domain::money::{Currency, Money};
use nachklang_domain::order::{Order, OrderEvent, Refund};
use nachklang_domain::till::{TillConfig, TillContext, TillReader};
use proptest::prelude::*;

use crate::starter::{line, order};

/// None, two, three and four decimals.
fn currency() -> impl Strategy<Value = Currency> {
    prop::sample::select(vec!["JPY", "EUR", "CHF", "KWD", "CLF"])
        .prop_map(|code| Currency::parse(code).unwrap())
}

/// Small amounts, large ones, and those at the edge of what can be held.
fn minor() -> impl Strategy<Value = i64> {
    prop_oneof![-1_000..1_000_i64, any::<i64>(), Just(i64::MAX), Just(i64::MIN + 1)]
}

/// Digits and a mark, without a number ever being made of them.
fn written(minor: i64, decimals: usize) -> String {
    let digits = format!("{:0>width$}", minor.unsigned_abs(), width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    let mark = if decimals == 0 { "" } else { "." };
    format!("{}{whole}{mark}{fraction}", if minor < 0 { "-" } else { "" })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_amount_is_written_digit_by_digit_and_read_back(minor in minor(), currency in currency(), zeros in 0..4_usize) {
        let money = Money::new(minor, currency);
        let decimals = usize::try_from(currency.decimals()).unwrap();
        prop_assert_eq!(money.to_decimal(), written(minor, decimals));
        let surplus = if decimals > 0 { "0".repeat(zeros) } else { String::new() };
        for text in [money.to_decimal(), format!(" {}{surplus} ", money.to_decimal())] {
            prop_assert_eq!(Money::parse_decimal(&text, currency).unwrap(), money);
            prop_assert_eq!(Money::parse_rounded(&text, currency).unwrap(), money);
        }
    }

    #[test]
    fn a_text_is_refused_rather_than_cut(minor in minor(), currency in currency(), surplus in "0{0,2}[1-9][0-9]{0,3}") {
        let text = written(minor, usize::try_from(currency.decimals()).unwrap());
        let mark = if currency.decimals() == 0 { "." } else { "" };
        for wrong in [format!("{text}{mark}{surplus}"), format!("{text}e{surplus}")] {
            prop_assert!(Money::parse_decimal(&wrong, currency).is_err(), "{}", wrong);
        }
    }

    #[test]
    fn sums_and_products_are_exact_or_none(a in minor(), b in minor(), times in any::<i64>(), currency in currency()) {
        let exact = |wide: i128| i64::try_from(wide).ok().map(|minor| Money::new(minor, currency));
        let (one, other) = (Money::new(a, currency), Money::new(b, currency));
        prop_assert_eq!(one.checked_add(other), exact(i128::from(a) + i128::from(b)));
        prop_assert_eq!(one.checked_mul(times), exact(i128::from(a) * i128::from(times)));
        prop_assert_eq!(one.checked_add(Money::new(b, Currency::GBP)), None);
    }

    #[test]
    fn the_saving_shown_is_never_more_than_the_saving_made(now in 0..1_000_000_i64, old in 1..1_000_000_i64, currency in currency()) {
        let shown = Money::new(now, currency).saving_percent(Money::new(old, currency)).map_or(0, i64::from);
        let saved = (old - now).max(0);
        prop_assert!(shown * old <= saved * 100 && saved * 100 < (shown + 1) * old, "{} percent", shown);
    }

    /// What is kept and what was given back are together what was bought, to the last minor unit.
    #[test]
    fn what_is_kept_and_what_came_back_make_what_was_bought(
        lines in prop::collection::vec((1..50_u32, 0..60_u32, 1..1_000_000_i64), 1..8),
        currency in currency(),
    ) {
        let bought = lines.iter().enumerate();
        let bought = bought.map(|(id, (pieces, _, price))| line(id, "CC-1", *pieces, Money::new(*price, currency)));
        let mut order = order(1, Timestamp::UNIX_EPOCH, currency, bought.collect());
        let whole = order.kept_value().unwrap().minor;
        let back = lines.iter().enumerate();
        let back = back.map(|(id, (_, back, _))| (LineId::parse(&format!("L{id}")).unwrap(), *back));
        let refund = Refund { pieces: back.collect(), ..Refund::default() };
        order.absorb(OrderEvent {
            key: order.key.clone(),
            snapshot: None,
            cancelled_at: None,
            refunds: BTreeMap::from([(RefundId::parse("R1").unwrap(), refund)]),
        });
        let returned: i64 = lines.iter().map(|(pieces, back, price)| i64::from(*pieces.min(back)) * price).sum();
        prop_assert_eq!(order.kept_value().unwrap().minor + returned, whole);
    }

    /// A till that writes the total of a line: its pieces cost that together, however few minor units it is, and some
    /// of them never more than all.
    #[test]
    fn the_total_of_a_till_line_is_kept_whatever_its_pieces(pieces in 1..100_u32, total in 1..100_000_i64, currency in currency()) {
        let text = Money::new(total, currency).to_decimal();
        let file = format!(
            "receipt,timestamp,sku,quantity,line_total,currency\nR1,2026-11-22,CC-1,{pieces},{text},{currency}\n"
        );
        let context = TillContext {
            shop: ShopId::parse("de").unwrap(),
            source: Source::parse("till").unwrap(),
            currency: Currency::EUR,
            time_zone: jiff::tz::TimeZone::UTC,
        };
        let config = TillConfig::default();
        let mut told = TillReader::new(file.as_bytes(), &config, &context, "a.csv").unwrap();
        let mut order = Order::empty(OrderKey { shop: context.shop.clone(), source: context.source.clone(), number: OrderNumber::parse("R1").unwrap() });
        order.absorb(told.next().unwrap().unwrap());
        prop_assert_eq!(order.kept_value(), Some(Money::new(total, currency)));
        let line = &order.snapshot.as_ref().unwrap().lines[0];
        let values: Vec<_> = (0..=pieces).map(|some| line.value(some).unwrap().minor).collect();
        prop_assert!(values[0] == 0 && values.is_sorted(), "{:?}", values);
    }
}
