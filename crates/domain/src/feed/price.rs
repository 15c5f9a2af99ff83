//! Prices as feeds write them.

use crate::money::{Currency, Money};

/// Whether a number without a currency is taken as the shop's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bare {
    Allowed,
    Refused,
}

/// Why a text is no price of the shop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PriceFault {
    /// No amount, or one that can be read in two ways.
    Unreadable,
    /// A price, in a currency that is not the shop's.
    Foreign(String),
}

/// Signs and what they may stand for; the first one when the shop's currency is none of them.
const SIGNS: [(&str, &[&str]); 12] = [
    ("€", &["EUR"]),
    ("£", &["GBP"]),
    ("$", &["USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN"]),
    ("¥", &["JPY", "CNY"]),
    ("fr.", &["CHF"]),
    ("sfr.", &["CHF"]),
    ("kr", &["SEK", "NOK", "DKK", "ISK"]),
    ("kr.", &["DKK", "SEK", "NOK", "ISK"]),
    ("zł", &["PLN"]),
    ("kč", &["CZK"]),
    ("ft", &["HUF"]),
    ("lei", &["RON"]),
];

/// Reads `15.00 EUR`, `EUR 15.00`, `15,00 €`, `1.299,00 €`, `0 USD` and, where allowed, a bare `2500`.
///
/// A number that can be read in two ways, such as `1.299`, is refused: a wrong price in a mail is worse than none.
pub(super) fn parse_price(text: &str, shop: Currency, bare: Bare) -> Result<Money, PriceFault> {
    let (number, unit) = split_unit(text.trim()).ok_or(PriceFault::Unreadable)?;
    match unit {
        "" if bare == Bare::Refused => return Err(PriceFault::Unreadable),
        "" => {}
        unit => require_shop_currency(unit, shop)?,
    }
    let plain = plain_number(number, shop).ok_or(PriceFault::Unreadable)?;
    Money::parse_decimal(&plain, shop).map_err(|_| PriceFault::Unreadable)
}

/// The number and what stands before or after it.
fn split_unit(text: &str) -> Option<(&str, &str)> {
    let first = text.find(|c: char| c.is_ascii_digit())?;
    let end = text.rfind(|c: char| c.is_ascii_digit())? + 1;
    let (before, number, after) = (text.get(..first)?.trim(), text.get(first..end)?, text.get(end..)?.trim());
    // "15,- €" and "15.– €" are whole amounts.
    let after = after.strip_prefix([',', '.']).unwrap_or(after);
    let after = after.trim_start_matches(['-', '–', '—']).trim();
    match (before, after) {
        ("", unit) | (unit, "") => Some((number, unit)),
        _ => None,
    }
}

fn require_shop_currency(unit: &str, shop: Currency) -> Result<(), PriceFault> {
    let lower = unit.to_lowercase();
    let foreign = match SIGNS.iter().find(|(sign, _)| *sign == lower) {
        Some((_, codes)) if codes.contains(&shop.as_str()) => return Ok(()),
        Some((_, codes)) => codes.first().map(|code| (*code).to_owned()),
        None => match Currency::parse(unit) {
            Ok(currency) if currency == shop => return Ok(()),
            Ok(currency) => Some(currency.to_string()),
            Err(_) => None,
        },
    };
    Err(foreign.map_or(PriceFault::Unreadable, PriceFault::Foreign))
}

/// The number with a dot before its decimals and nothing between its thousands.
fn plain_number(number: &str, currency: Currency) -> Option<String> {
    let number: String = number.chars().filter(|c| !c.is_whitespace() && !matches!(c, '\'' | '’')).collect();
    let decimal = decimal_mark(&number, currency)?;
    let (whole, fraction) = match decimal {
        Some(mark) => number.rsplit_once(mark)?,
        None => (number.as_str(), ""),
    };
    let whole = join_thousands(whole)?;
    Some(if fraction.is_empty() { whole } else { format!("{whole}.{fraction}") })
}

/// Which of comma and dot stands before the decimals, `Some(None)` for neither, `None` when nobody can tell.
fn decimal_mark(number: &str, currency: Currency) -> Option<Option<char>> {
    let (comma, dot) = (number.rfind(','), number.rfind('.'));
    let mark = match (comma, dot) {
        (None, None) => return Some(None),
        (Some(comma), Some(dot)) => return Some(Some(if comma > dot { ',' } else { '.' })),
        (Some(_), None) => ',',
        (None, Some(_)) => '.',
    };
    let (whole, fraction) = number.rsplit_once(mark)?;
    if whole.contains(mark) {
        return Some(None);
    }
    let like_thousands = fraction.len() == 3 && (1..=3).contains(&whole.len()) && !whole.starts_with('0');
    match (mark, currency.decimals()) {
        _ if !like_thousands => Some(Some(mark)),
        ('.', 3) => Some(Some('.')),
        // Nobody writes a third decimal after a comma in a currency that has none.
        (',', decimals) if decimals < 3 => Some(None),
        _ => None,
    }
}

/// The digits of `1.299` or `1,299,000` joined; `None` when the groups are not of three.
fn join_thousands(whole: &str) -> Option<String> {
    let mut groups = whole.split([',', '.']);
    let first = groups.next()?;
    let rest: Vec<&str> = groups.collect();
    let marks_agree = !(whole.contains(',') && whole.contains('.'));
    let fits = rest.is_empty() || (1..=3).contains(&first.len());
    (marks_agree && fits && rest.iter().all(|group| group.len() == 3))
        .then(|| format!("{first}{}", rest.concat()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn minor(text: &str, currency: &str) -> Result<i64, PriceFault> {
        let currency = Currency::parse(currency).unwrap();
        parse_price(text, currency, Bare::Allowed).map(|money| {
            assert_eq!(money.currency, currency);
            money.minor
        })
    }

    #[test]
    fn every_form_found_in_the_wild_is_read() {
        for (text, currency, expected) in [
            ("15.00 EUR", "EUR", 1_500),
            ("EUR 15.00", "EUR", 1_500),
            ("15.00EUR", "EUR", 1_500),
            ("15,00 €", "EUR", 1_500),
            ("€15", "EUR", 1_500),
            ("15,- €", "EUR", 1_500),
            ("1.299,00 €", "EUR", 129_900),
            ("1,299.00 USD", "USD", 129_900),
            ("$1,299", "CAD", 129_900),
            ("1 299,00\u{a0}€", "EUR", 129_900),
            ("1'299.50 CHF", "CHF", 129_950),
            ("Fr. 12.50", "CHF", 1_250),
            ("1.299.000,00 EUR", "EUR", 129_900_000),
            ("15.0000 EUR", "EUR", 1_500),
            ("0 USD", "USD", 0),
            ("0.500 EUR", "EUR", 50),
            ("2500", "JPY", 2_500),
            ("2500", "EUR", 250_000),
            ("1,200 JPY", "JPY", 1_200),
            ("1.234 KWD", "KWD", 1_234),
            ("249 kr", "SEK", 24_900),
            ("249,00 kr.", "DKK", 24_900),
        ] {
            assert_eq!(minor(text, currency), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_not_read_at_all() {
        for text in ["1.299 EUR", "15.000 EUR", "1,234 KWD", "1.200 JPY"] {
            let currency = text.rsplit(' ').next().unwrap();
            assert_eq!(minor(text, currency), Err(PriceFault::Unreadable), "{text}");
        }
    }

    #[test]
    fn what_is_no_price_is_told() {
        for text in [
            "",
            "EUR",
            "on request",
            "-15.00 EUR",
            "15.00 EUR 12",
            "ab 15 EUR",
            "15.005 EUR",
            "12.99.00 EUR",
            "1,29,900.00 EUR",
            "15–20 EUR",
            "99999999999999999999 EUR",
            "from 15.00 EUR",
        ] {
            assert_eq!(minor(text, "EUR"), Err(PriceFault::Unreadable), "{text}");
        }
        assert_eq!(parse_price("2500", Currency::EUR, Bare::Refused), Err(PriceFault::Unreadable));
    }

    #[test]
    fn another_currency_is_never_taken_for_the_shops() {
        for (text, shop, code) in [
            ("15.00 USD", "EUR", "USD"),
            ("15.00 $", "EUR", "USD"),
            ("15,00 €", "CHF", "EUR"),
            ("CHF 15.00", "EUR", "CHF"),
        ] {
            assert_eq!(minor(text, shop), Err(PriceFault::Foreign(code.to_owned())), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_price_in_googles_form_comes_back_to_the_cent(amount in 0_i64..10_i64.pow(12), code in "(EUR|GBP|CHF)") {
            let price = Money::new(amount, Currency::parse(&code).unwrap());
            prop_assert_eq!(minor(&price.to_string(), &code), Ok(amount));
        }

        #[test]
        fn no_text_breaks_the_reader(text in ".{0,40}") {
            let read = parse_price(&text, Currency::EUR, Bare::Allowed);
            prop_assert!(read.is_err() || read.is_ok_and(|money| money.minor >= 0));
        }
    }
}
