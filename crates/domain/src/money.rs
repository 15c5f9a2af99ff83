//! Money: minor units and a currency, never a float.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A currency by its three letters (ISO 4217).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Currency([u8; 3]);

/// An amount in the currency's minor unit: `1250 EUR` is 12.50 €.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Minor units; negative for money given back.
    pub minor: i64,
    /// The currency.
    pub currency: Currency,
}

/// Why a text is no amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMoney {
    /// Not three letters.
    #[error("{0:?} is no currency: use three letters of ISO 4217 such as EUR")]
    Currency(String),
    /// Not a number.
    #[error("{0:?} is no amount: write it like 12.50")]
    Amount(String),
    /// More decimals than the currency has, and not zeros.
    #[error("{0:?} has more decimals than {1}")]
    Decimals(String, Currency),
    /// Beyond what 64 bits hold.
    #[error("{0:?} is too large")]
    TooLarge(String),
}

impl Currency {
    /// The euro.
    pub const EUR: Self = Self(*b"EUR");
    /// The pound sterling.
    pub const GBP: Self = Self(*b"GBP");
    /// The Swiss franc.
    pub const CHF: Self = Self(*b"CHF");
    /// The US dollar.
    pub const USD: Self = Self(*b"USD");

    /// Reads three letters in either case.
    ///
    /// # Errors
    /// [`InvalidMoney::Currency`].
    pub fn parse(code: &str) -> Result<Self, InvalidMoney> {
        match *code.trim().as_bytes() {
            [a, b, c] if [a, b, c].iter().all(u8::is_ascii_alphabetic) => {
                Ok(Self([a, b, c].map(|l| l.to_ascii_uppercase())))
            }
            _ => Err(InvalidMoney::Currency(crate::text::clean_line(code, 12))),
        }
    }

    /// The letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// How many decimals the minor unit stands for (ISO 4217, list one).
    #[must_use]
    pub const fn decimals(self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG" | b"RWF"
            | b"UGX" | b"UYI" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            b"CLF" | b"UYW" => 4,
            _ => 2,
        }
    }
}

impl Money {
    /// An amount of minor units.
    #[must_use]
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Reads a decimal number with a dot: `12.5`, `-3`, `0.950000`. Surplus decimals must be zeros.
    ///
    /// # Errors
    /// [`InvalidMoney`] when it is no number, has too many decimals, or does not fit.
    pub fn parse_decimal(text: &str, currency: Currency) -> Result<Self, InvalidMoney> {
        parse_minor(text, currency, Surplus::Refuse)
    }

    /// Like [`Money::parse_decimal`] but rounds surplus decimals half away from zero, for tills that
    /// write a unit price with more decimals than the currency has.
    ///
    /// # Errors
    /// [`InvalidMoney`] when it is no number or does not fit.
    pub fn parse_rounded(text: &str, currency: Currency) -> Result<Self, InvalidMoney> {
        parse_minor(text, currency, Surplus::Round)
    }

    /// The sum, if it fits and the currencies agree.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let minor = self.minor.checked_add(other.minor)?;
        (self.currency == other.currency).then_some(Self::new(minor, self.currency))
    }

    /// So many times the amount, if it fits.
    #[must_use]
    pub fn checked_mul(self, times: i64) -> Option<Self> {
        self.minor.checked_mul(times).map(|minor| Self::new(minor, self.currency))
    }

    /// How many whole percent less this is than `old`, rounded down; `None` unless it is a real saving.
    #[must_use]
    pub fn saving_percent(self, old: Self) -> Option<u32> {
        if self.currency != old.currency || self.minor < 0 || self.minor >= old.minor {
            return None;
        }
        let (saved, whole) = (i128::from(old.minor) - i128::from(self.minor), i128::from(old.minor));
        u32::try_from(saved * 100 / whole).ok().filter(|percent| *percent > 0)
    }

    /// The amount as a plain decimal number with a dot: `12.50`.
    #[must_use]
    pub fn to_decimal(self) -> String {
        let decimals = self.currency.decimals();
        let scale = 10_u64.pow(decimals);
        let (sign, abs) = (if self.minor < 0 { "-" } else { "" }, self.minor.unsigned_abs());
        if decimals == 0 {
            return format!("{sign}{abs}");
        }
        format!("{sign}{}.{:0width$}", abs / scale, abs % scale, width = decimals as usize)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Surplus {
    Refuse,
    Round,
}

fn parse_minor(text: &str, currency: Currency, surplus: Surplus) -> Result<Money, InvalidMoney> {
    let wrong = || InvalidMoney::Amount(crate::text::clean_line(text, 40));
    let body = text.trim();
    let (negative, digits) = match body.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, body.strip_prefix('+').unwrap_or(body)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !all_digits(whole) || !all_digits(fraction) {
        return Err(wrong());
    }
    let width = currency.decimals() as usize;
    let (kept, rest) = fraction.split_at(fraction.len().min(width));
    if surplus == Surplus::Refuse && rest.bytes().any(|b| b != b'0') {
        return Err(InvalidMoney::Decimals(crate::text::clean_line(text, 40), currency));
    }
    let round_up = i64::from(rest.as_bytes().first().is_some_and(|digit| *digit >= b'5'));
    let minor = format!("{whole}{kept:0<width$}")
        .parse::<i64>()
        .ok()
        .and_then(|minor| minor.checked_add(round_up))
        .ok_or_else(|| InvalidMoney::TooLarge(crate::text::clean_line(text, 40)))?;
    Ok(Money::new(if negative { -minor } else { minor }, currency))
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.to_decimal(), self.currency)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl TryFrom<String> for Currency {
    type Error = InvalidMoney;
    fn try_from(text: String) -> Result<Self, InvalidMoney> {
        Self::parse(&text)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn decimals_follow_the_currency() {
        let parse = |text, code| Money::parse_decimal(text, Currency::parse(code).unwrap());
        assert_eq!(parse("12.5", "EUR").unwrap().minor, 1250);
        assert_eq!(parse("12.5000", "EUR").unwrap().minor, 1250);
        assert_eq!(parse("1200", "JPY").unwrap().minor, 1200);
        assert_eq!(parse("1.234", "KWD").unwrap().minor, 1234);
        assert_eq!(parse("-.5", "EUR").unwrap().minor, -50);
        for wrong in ["", ".", "-", "1,50", "1e3", "0x1", "1.234", "12.3.4", "99999999999999999999", "٣"] {
            assert!(parse(wrong, "EUR").is_err(), "{wrong}");
        }
    }

    #[test]
    fn surplus_decimals_round_half_away_from_zero() {
        let round = |text| Money::parse_rounded(text, Currency::GBP).unwrap().minor;
        assert_eq!((round("0.125"), round("-0.125"), round("0.1249"), round("2.1")), (13, -13, 12, 210));
    }

    #[test]
    fn the_saving_is_rounded_down_and_only_shown_when_there_is_one() {
        let eur = |minor| Money::new(minor, Currency::EUR);
        assert_eq!(eur(6_601).saving_percent(eur(9_900)), Some(33));
        assert_eq!(eur(9_899).saving_percent(eur(9_900)), None);
        assert_eq!(eur(9_900).saving_percent(eur(9_900)), None);
        assert_eq!(eur(1).saving_percent(Money::new(100, Currency::CHF)), None);
    }

    proptest! {
        #[test]
        fn no_minor_unit_is_lost_between_text_and_amount(minor in -10_i64.pow(15)..10_i64.pow(15), code in "(EUR|JPY|KWD)") {
            let money = Money::new(minor, Currency::parse(&code).unwrap());
            prop_assert_eq!(Money::parse_decimal(&money.to_decimal(), money.currency).unwrap(), money);
        }
    }
}
