//! Numbers as people and spreadsheets write them.

use schemars::JsonSchema;
use serde::Deserialize;

/// The character before the decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DecimalMark {
    /// `1.234,50`
    Comma,
    /// `1,234.50`
    Point,
}

impl DecimalMark {
    /// The mark that goes with a file's delimiter: a spreadsheet writes semicolons just where the comma is taken.
    #[must_use]
    pub const fn of_delimiter(delimiter: u8) -> Self {
        match delimiter {
            b';' => Self::Comma,
            _ => Self::Point,
        }
    }

    const fn as_char(self) -> char {
        match self {
            Self::Comma => ',',
            Self::Point => '.',
        }
    }
}

/// Turns a number with thousands separators, a currency, a trailing minus or a decimal comma into `-1234.5`.
///
/// Both `1.234,50` and `1,234.50` tell by themselves which character is the mark. Where one separator stands before
/// exactly three digits (`1,234`) it is the mark only if `mark` says so. `None` when it is no number.
#[must_use]
pub fn plain_number(text: &str, mark: DecimalMark) -> Option<String> {
    if is_plain(text, mark) {
        return Some(text.to_owned());
    }
    written_number(text, mark)
}

/// Whether a number is written as [`plain_number`] would write it; most are.
fn is_plain(text: &str, mark: DecimalMark) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    match text.split_once('.') {
        Some((whole, fraction)) => mark == DecimalMark::Point && digits(whole) && digits(fraction),
        None => digits(text),
    }
}

fn written_number(text: &str, mark: DecimalMark) -> Option<String> {
    let (negative, digits) = sign(bare(text));
    let grouping = |c: char| matches!(c, '\'' | '’' | ' ' | '\u{a0}' | '\u{202f}');
    let digits: String = digits.chars().filter(|c| !grouping(*c)).collect();
    let (whole, fraction) = split(&digits, mark.as_char())?;
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let good = all_digits(&whole) && all_digits(fraction) && !(whole.is_empty() && fraction.is_empty());
    let sign = if negative { "-" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    good.then(|| format!("{sign}{whole}{point}{fraction}"))
}

/// A whole number of pieces: `3`, `-1`, `2.0`, `1.000`. `None` for anything else or beyond 64 bits.
#[must_use]
pub fn whole_number(text: &str, mark: DecimalMark) -> Option<i64> {
    if let Ok(number) = text.trim().parse() {
        return Some(number);
    }
    let plain = plain_number(text, mark)?;
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    if fraction.bytes().any(|byte| byte != b'0') {
        return None;
    }
    whole.parse().ok()
}

/// Without currency and without the dash that stands for "no cents" (`12.–`, `12,-`).
fn bare(text: &str) -> &str {
    let edge = |c: char| c.is_alphabetic() || c.is_whitespace() || "€$£¥".contains(c);
    let bare = text.trim_matches(edge);
    [".-", ",-", ".–", ",–", ".—", ",—"]
        .iter()
        .find_map(|no_cents| bare.strip_suffix(no_cents))
        .unwrap_or(bare)
}

/// The minus may stand in front, before the currency's blank, or behind.
fn sign(text: &str) -> (bool, &str) {
    let minus = ['-', '−'];
    match text.strip_prefix(minus).or_else(|| text.strip_suffix(minus)) {
        Some(rest) => (true, bare(rest)),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// The digits before the decimal mark, without grouping, and those behind it.
fn split(digits: &str, mark: char) -> Option<(String, &str)> {
    let Some(last) = digits.rfind(['.', ',']) else {
        return Some((digits.to_owned(), ""));
    };
    let (before, after) = digits.split_at(last);
    let separator = after.chars().next()?;
    let after = after.get(1..)?;
    let same_before = before.contains(separator);
    let other_before = before.contains(['.', ',']) && !same_before;
    let grouping =
        same_before || (!other_before && separator != mark && after.len() == 3 && !is_zero(before));
    if grouping {
        return ungrouped(digits, separator).map(|whole| (whole, ""));
    }
    let other = if separator == '.' { ',' } else { '.' };
    ungrouped(before, other).map(|whole| (whole, after))
}

fn is_zero(text: &str) -> bool {
    text.bytes().all(|byte| byte == b'0')
}

/// Joins groups of three digits; `None` when the groups are others.
fn ungrouped(text: &str, separator: char) -> Option<String> {
    let mut groups = text.split(separator);
    let first = groups.next()?;
    let rest: Vec<&str> = groups.collect();
    let good =
        rest.is_empty() || ((1..=3).contains(&first.len()) && rest.iter().all(|group| group.len() == 3));
    good.then(|| first.to_owned() + &rest.concat())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::DecimalMark::{Comma, Point};
    use super::*;

    #[test]
    fn a_number_is_read_however_it_is_written() {
        for (text, number) in [
            ("12", "12"),
            ("12.5", "12.5"),
            ("12,50", "12.50"),
            ("1.234,50", "1234.50"),
            ("1,234.50", "1234.50"),
            ("1.234.567", "1234567"),
            ("1'234.50", "1234.50"),
            ("1\u{a0}234,5", "1234.5"),
            ("€ 12,50", "12.50"),
            ("12,50 €", "12.50"),
            ("EUR 12.50", "12.50"),
            ("-12,5", "-12.5"),
            ("€ -3", "-3"),
            ("-€3", "-3"),
            ("12,50-", "-12.50"),
            ("−4", "-4"),
            ("12.–", "12"),
            ("0.001", "0.001"),
            ("0,001", "0.001"),
            (".5", ".5"),
            ("+7", "7"),
        ] {
            assert_eq!(plain_number(text, Comma).as_deref(), Some(number), "{text}");
            assert_eq!(plain_number(text, Point).as_deref(), Some(number), "{text}");
        }
    }

    #[test]
    fn one_separator_before_three_digits_means_what_the_file_means_by_it() {
        let both = |text| (plain_number(text, Comma).unwrap(), plain_number(text, Point).unwrap());
        assert_eq!(both("1,234"), ("1.234".to_owned(), "1234".to_owned()));
        assert_eq!(both("1.234"), ("1234".to_owned(), "1.234".to_owned()));
    }

    #[test]
    fn what_is_no_number_is_none() {
        for wrong in
            ["", "-", ".", "€", "abc", "1e5", "1,2,3", "1.23.4", "12,34.5", "1 2 a 3", "--1", "1-2", "٣"]
        {
            assert_eq!(plain_number(wrong, Point), None, "{wrong}");
        }
    }

    #[test]
    fn pieces_are_whole() {
        assert_eq!(whole_number("-3", Point), Some(-3));
        assert_eq!(whole_number("6.0", Point), Some(6));
        assert_eq!(whole_number("1,000", Comma), Some(1));
        assert_eq!(whole_number("1,000", Point), Some(1_000));
        assert_eq!(whole_number("1,5", Comma), None);
    }

    proptest! {
        #[test]
        fn a_plain_number_is_read_as_any_other(text in "[0-9]{0,6}[.,]?[0-9]{0,4}") {
            for mark in [Comma, Point] {
                prop_assert_eq!(plain_number(&text, mark), written_number(&text, mark));
            }
        }

        #[test]
        fn no_text_makes_it_panic_and_what_it_gives_is_plain(text: String) {
            for mark in [Comma, Point] {
                if let Some(number) = plain_number(&text, mark) {
                    prop_assert!(number.chars().all(|c| c.is_ascii_digit() || c == '.' || c == '-'), "{}", number);
                }
            }
        }

        #[test]
        fn grouping_and_mark_of_either_country_are_the_same_number(whole in 0_u32..2_000_000_000, cents in 0_u32..100) {
            let grouped = |separator: &str| {
                let digits = whole.to_string();
                let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().map(|g| std::str::from_utf8(g).unwrap()).collect();
                groups.join(separator)
            };
            let plain = format!("{whole}.{cents:02}");
            for mark in [Comma, Point] {
                prop_assert_eq!(plain_number(&format!("{},{cents:02}", grouped(".")), mark), Some(plain.clone()));
                prop_assert_eq!(plain_number(&format!("{}.{cents:02}", grouped(",")), mark), Some(plain.clone()));
            }
        }
    }
}
