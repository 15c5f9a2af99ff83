//! The tables of [`super::locale`].
//!
//! Source: CLDR 48 (<https://cldr.unicode.org>), currency formats and long dates, reduced to the languages that mails
//! are written in. Where a row differs from CLDR, it says why.

/// A blank that does not break a line.
pub(super) const NBSP: &str = "\u{a0}";
/// The same, narrow.
const NARROW: &str = "\u{202f}";

/// How a locale writes amounts. An empty country stands for all that have no row of their own.
pub(super) struct AmountFormat {
    pub language: &'static str,
    pub country: &'static str,
    pub decimal: &'static str,
    pub group: &'static str,
    /// How many digits must stand before the first separator: 2 in Spanish and Italian, so `1234,50` but `12.345,50`.
    pub first_group: usize,
    pub symbol: SymbolPlace,
}

#[derive(Clone, Copy)]
pub(super) enum SymbolPlace {
    /// `€12.50`; a symbol of letters is set off by a blank: `CHF 12.50`.
    Before,
    /// `€ 12.50`
    BeforeBlank,
    /// `12.50 €`
    AfterBlank,
}

use SymbolPlace::{AfterBlank, Before, BeforeBlank};

const fn amounts(
    language: &'static str,
    country: &'static str,
    separators: [&'static str; 2],
    first_group: usize,
    symbol: SymbolPlace,
) -> AmountFormat {
    let [decimal, group] = separators;
    AmountFormat { language, country, decimal, group, first_group, symbol }
}

/// Swiss amounts keep the typographic apostrophe; CLDR 48 writes the straight one, which shops do not.
pub(super) const AMOUNTS: [AmountFormat; 13] = [
    amounts("de", "", [",", "."], 1, AfterBlank),
    amounts("de", "AT", [",", "."], 1, BeforeBlank),
    amounts("de", "CH", [".", "’"], 1, BeforeBlank),
    amounts("de", "LI", [".", "’"], 1, BeforeBlank),
    amounts("en", "", [".", ","], 1, Before),
    amounts("es", "", [",", "."], 2, AfterBlank),
    amounts("fr", "", [",", NARROW], 1, AfterBlank),
    amounts("fr", "CA", [",", NBSP], 1, AfterBlank),
    amounts("fr", "CH", [".", NARROW], 1, AfterBlank),
    amounts("fr", "LU", [",", "."], 1, AfterBlank),
    amounts("it", "", [",", "."], 2, AfterBlank),
    amounts("it", "CH", [".", "’"], 2, BeforeBlank),
    amounts("nl", "", [",", "."], 1, BeforeBlank),
];

/// Symbols by language, country (empty: all others) and currency (empty language: all others). What has no row is
/// written by its three letters.
pub(super) const SYMBOLS: [(&str, &str, &str, &str); 12] = [
    ("", "", "EUR", "€"),
    ("", "", "GBP", "£"),
    ("", "", "USD", "US$"),
    ("de", "", "USD", "$"),
    ("de", "CH", "EUR", "EUR"),
    ("de", "LI", "EUR", "EUR"),
    ("en", "US", "USD", "$"),
    ("es", "", "GBP", "GBP"),
    ("fr", "", "GBP", "£GB"),
    ("fr", "CA", "GBP", "£"),
    ("fr", "", "USD", "$US"),
    ("it", "", "USD", "USD"),
];

/// How a language writes a date out: `{d}`, `{m}` and `{y}` are replaced.
pub(super) struct DateFormat {
    pub language: &'static str,
    pub pattern: &'static str,
    /// The first of a month, which French and Italian number as an ordinal.
    pub first: &'static str,
    pub months: [&'static str; 12],
}

pub(super) const DATES: [DateFormat; 6] = [
    DateFormat {
        language: "de",
        pattern: "{d}. {m} {y}",
        first: "1",
        months: [
            "Januar",
            "Februar",
            "März",
            "April",
            "Mai",
            "Juni",
            "Juli",
            "August",
            "September",
            "Oktober",
            "November",
            "Dezember",
        ],
    },
    DateFormat {
        language: "en",
        pattern: "{d} {m} {y}",
        first: "1",
        months: [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ],
    },
    DateFormat {
        language: "es",
        pattern: "{d} de {m} de {y}",
        first: "1",
        months: [
            "enero",
            "febrero",
            "marzo",
            "abril",
            "mayo",
            "junio",
            "julio",
            "agosto",
            "septiembre",
            "octubre",
            "noviembre",
            "diciembre",
        ],
    },
    DateFormat {
        language: "fr",
        pattern: "{d} {m} {y}",
        first: "1er",
        months: [
            "janvier",
            "février",
            "mars",
            "avril",
            "mai",
            "juin",
            "juillet",
            "août",
            "septembre",
            "octobre",
            "novembre",
            "décembre",
        ],
    },
    DateFormat {
        language: "it",
        pattern: "{d} {m} {y}",
        first: "1°",
        months: [
            "gennaio",
            "febbraio",
            "marzo",
            "aprile",
            "maggio",
            "giugno",
            "luglio",
            "agosto",
            "settembre",
            "ottobre",
            "novembre",
            "dicembre",
        ],
    },
    DateFormat {
        language: "nl",
        pattern: "{d} {m} {y}",
        first: "1",
        months: [
            "januari",
            "februari",
            "maart",
            "april",
            "mei",
            "juni",
            "juli",
            "augustus",
            "september",
            "oktober",
            "november",
            "december",
        ],
    },
];
