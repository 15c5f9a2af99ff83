//! Amounts and dates as the reader writes them.
//!
//! The tables stand in the module `cldr`.

use jiff::civil::Date;

use super::cldr::SymbolPlace::{AfterBlank, Before, BeforeBlank};
use super::cldr::{AMOUNTS, AmountFormat, DATES, DateFormat, NBSP, SYMBOLS};
use crate::language::{Country, Language};
use crate::money::{Currency, Money};

/// A language, and the country whose habits decide where they differ within the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Locale {
    /// The reader's language.
    pub language: Language,
    /// Her country, if known; most often that of the shop.
    pub country: Option<Country>,
}

impl Locale {
    /// An amount with its currency, such as `1.234,56 €`. A language without a row gets `1234.56 EUR`.
    #[must_use]
    pub fn money(&self, money: Money) -> String {
        let language = self.language.as_str();
        let Some(format) = self.best(&AMOUNTS, |row| (row.language, row.country)) else {
            return money.to_string().replace(' ', NBSP);
        };
        let plain = money.to_decimal();
        let digits = plain.strip_prefix('-').unwrap_or(&plain);
        let sign = if money.minor < 0 { "-" } else { "" };
        let number = format.number(digits);
        let symbol = self.symbol(language, money.currency);
        match format.symbol {
            Before if symbol.ends_with(char::is_alphabetic) => format!("{sign}{symbol}{NBSP}{number}"),
            Before => format!("{sign}{symbol}{number}"),
            BeforeBlank => format!("{sign}{symbol}{NBSP}{number}"),
            AfterBlank => format!("{sign}{number}{NBSP}{symbol}"),
        }
    }

    /// A day written out, such as `24. Dezember 2026`. A language without a row gets `2026-12-24`.
    #[must_use]
    pub fn date(&self, day: Date) -> String {
        let language = self.language.as_str();
        let Some(format) = DATES.iter().find(|format| format.language == language) else {
            return day.to_string();
        };
        let pattern = match self.place() {
            ("en", "US") => "{m} {d}, {y}",
            _ => format.pattern,
        };
        let number = match day.day() {
            1 => format.first.to_owned(),
            number => number.to_string(),
        };
        pattern
            .replace("{d}", &number)
            .replace("{m}", self.month(format, day))
            .replace("{y}", &day.year().to_string())
    }

    fn month(&self, format: &DateFormat, day: Date) -> &'static str {
        if self.place() == ("de", "AT") && day.month() == 1 {
            return "Jänner";
        }
        usize::try_from(day.month() - 1)
            .ok()
            .and_then(|at| format.months.get(at))
            .copied()
            .unwrap_or_default()
    }

    fn symbol(&self, language: &str, currency: Currency) -> String {
        let of_currency = |row: &&(&str, &str, &str, &str)| row.2 == currency.as_str();
        let own = SYMBOLS.iter().filter(of_currency).filter(|row| row.0 == language);
        let country = self.place().1;
        own.clone()
            .find(|row| row.1 == country && !country.is_empty())
            .or_else(|| own.clone().find(|row| row.1.is_empty()))
            .or_else(|| SYMBOLS.iter().filter(of_currency).find(|row| row.0.is_empty()))
            .map_or_else(|| currency.to_string(), |row| row.3.to_owned())
    }

    /// The row of the country, else that of the language.
    fn best<'a, T>(&self, rows: &'a [T], place: impl Fn(&T) -> (&str, &str)) -> Option<&'a T> {
        let (language, country) = self.place();
        let find = |country: &str| rows.iter().find(|row| place(row) == (language, country));
        find(country).or_else(|| find(""))
    }

    fn place(&self) -> (&str, &str) {
        (self.language.as_str(), self.country.as_ref().map_or("", Country::as_str))
    }
}

impl AmountFormat {
    /// Digits with a dot, such as `1234.50`, in the locale's separators.
    fn number(&self, plain: &str) -> String {
        let (whole, fraction) = plain.split_once('.').unwrap_or((plain, ""));
        let mut number =
            if whole.len() >= 3 + self.first_group { grouped(whole, self.group) } else { whole.to_owned() };
        if !fraction.is_empty() {
            number.push_str(self.decimal);
            number.push_str(fraction);
        }
        number
    }
}

fn grouped(digits: &str, separator: &str) -> String {
    let mut out = String::with_capacity(digits.len() * 2);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push_str(separator);
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn locale(tag: &str) -> Locale {
        let (language, country) = tag.split_once('-').unwrap_or((tag, ""));
        Locale { language: Language::parse(language).unwrap(), country: Country::parse(country).ok() }
    }

    fn written(tag: &str, minor: i64, currency: &str) -> String {
        let money = Money::new(minor, Currency::parse(currency).unwrap());
        locale(tag).money(money).replace('\u{a0}', "~").replace('\u{202f}', "_")
    }

    /// `~` stands for the blank that does not break, `_` for the narrow one.
    #[test]
    fn amounts_follow_the_readers_habits() {
        for (tag, currency, thousand, ten_thousand, small) in [
            ("de", "EUR", "1.234,50~€", "12.345,50~€", "-12,30~€"),
            ("de-DE", "USD", "1.234,50~$", "12.345,50~$", "-12,30~$"),
            ("de-LU", "EUR", "1.234,50~€", "12.345,50~€", "-12,30~€"),
            ("de-AT", "EUR", "€~1.234,50", "€~12.345,50", "-€~12,30"),
            ("de-CH", "CHF", "CHF~1’234.50", "CHF~12’345.50", "-CHF~12.30"),
            ("de-CH", "EUR", "EUR~1’234.50", "EUR~12’345.50", "-EUR~12.30"),
            ("de-LI", "CHF", "CHF~1’234.50", "CHF~12’345.50", "-CHF~12.30"),
            ("en", "EUR", "€1,234.50", "€12,345.50", "-€12.30"),
            ("en-GB", "GBP", "£1,234.50", "£12,345.50", "-£12.30"),
            ("en-GB", "CHF", "CHF~1,234.50", "CHF~12,345.50", "-CHF~12.30"),
            ("en-IE", "USD", "US$1,234.50", "US$12,345.50", "-US$12.30"),
            ("en-US", "USD", "$1,234.50", "$12,345.50", "-$12.30"),
            ("es-ES", "EUR", "1234,50~€", "12.345,50~€", "-12,30~€"),
            ("es-ES", "GBP", "1234,50~GBP", "12.345,50~GBP", "-12,30~GBP"),
            ("fr", "EUR", "1_234,50~€", "12_345,50~€", "-12,30~€"),
            ("fr-FR", "GBP", "1_234,50~£GB", "12_345,50~£GB", "-12,30~£GB"),
            ("fr-CH", "CHF", "1_234.50~CHF", "12_345.50~CHF", "-12.30~CHF"),
            ("fr-LU", "EUR", "1.234,50~€", "12.345,50~€", "-12,30~€"),
            ("fr-CA", "EUR", "1~234,50~€", "12~345,50~€", "-12,30~€"),
            ("it-IT", "EUR", "1234,50~€", "12.345,50~€", "-12,30~€"),
            ("it-CH", "CHF", "CHF~1234.50", "CHF~12’345.50", "-CHF~12.30"),
            ("nl-NL", "EUR", "€~1.234,50", "€~12.345,50", "-€~12,30"),
            ("ja-JP", "EUR", "1234.50~EUR", "12345.50~EUR", "-12.30~EUR"),
        ] {
            let all = [123_450, 1_234_550, -1_230].map(|minor| written(tag, minor, currency));
            assert_eq!(all, [thousand, ten_thousand, small], "{tag} {currency}");
        }
    }

    #[test]
    fn a_currency_has_its_own_number_of_decimals() {
        assert_eq!(written("de", 1_234_567, "JPY"), "1.234.567~JPY");
        assert_eq!(written("en", 1_234_567, "KWD"), "KWD~1,234.567");
        assert_eq!(written("fr", 5, "EUR"), "0,05~€");
    }

    #[test]
    fn dates_are_written_out() {
        for (tag, first, later) in [
            ("de", "1. Januar 2026", "24. Dezember 2026"),
            ("de-AT", "1. Jänner 2026", "24. Dezember 2026"),
            ("de-CH", "1. Januar 2026", "24. Dezember 2026"),
            ("en", "1 January 2026", "24 December 2026"),
            ("en-US", "January 1, 2026", "December 24, 2026"),
            ("es", "1 de enero de 2026", "24 de diciembre de 2026"),
            ("fr", "1er janvier 2026", "24 décembre 2026"),
            ("fr-CH", "1er janvier 2026", "24 décembre 2026"),
            ("it", "1° gennaio 2026", "24 dicembre 2026"),
            ("nl", "1 januari 2026", "24 december 2026"),
            ("ja", "2026-01-01", "2026-12-24"),
        ] {
            let day = |month, day| locale(tag).date(jiff::civil::date(2026, month, day));
            assert_eq!([day(1, 1), day(12, 24)], [first, later], "{tag}");
        }
    }

    #[test]
    fn every_month_has_its_own_name() {
        for format in &DATES {
            let names: std::collections::BTreeSet<_> = format.months.iter().collect();
            assert_eq!(names.len(), 12, "{}", format.language);
            let tag = locale(format.language);
            for month in 1..=12_i8 {
                let text = tag.date(jiff::civil::date(2026, month, 5));
                let name = format.months[usize::try_from(month).unwrap() - 1];
                assert!(text.contains(name), "{text}");
            }
        }
    }

    proptest! {
        #[test]
        fn no_digit_of_an_amount_is_lost(minor in -10_i64.pow(12)..10_i64.pow(12), row in 0..AMOUNTS.len()) {
            let format = &AMOUNTS[row];
            let money = Money::new(minor, Currency::EUR);
            let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
            let text = locale(&format!("{}-{}", format.language, format.country)).money(money);
            prop_assert_eq!(digits(&text), digits(&money.to_decimal()));
        }
    }
}
