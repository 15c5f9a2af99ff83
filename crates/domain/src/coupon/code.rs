//! A coupon code as a type.

use std::fmt;
use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};

use crate::delimited::is_spreadsheet_damage;
use crate::text::is_unsafe;

/// Longest code, in characters.
pub const MAX_CODE: usize = 64;

/// Why a text is no coupon code; never holds the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCode {
    /// Nothing there.
    #[error("the code is empty")]
    Empty,
    /// Longer than [`MAX_CODE`].
    #[error("the code is longer than {MAX_CODE} characters")]
    TooLong,
    /// Control characters, line breaks, characters that reorder text.
    #[error("the code holds control characters")]
    Control,
    /// `1,23E+15` instead of a number.
    #[error("a spreadsheet has turned the code into a number such as 1E+10, its digits are lost")]
    SpreadsheetDamage,
}

impl InvalidCode {
    /// What to do about it.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::Empty => "remove the row or write a code",
            Self::TooLong => "use at most 64 characters; check the file for a missing line break",
            Self::Control => "use letters, digits, blanks and signs only",
            Self::SpreadsheetDamage => "export the codes again with the column formatted as text",
        }
    }
}

/// A code that a shop redeems; `Debug` and `Display` show its first letters only.
///
/// Letter case is kept as given, because some shops tell it apart, but two codes that differ in it alone are the
/// same: nobody may get a code that a neighbour can redeem by typing it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CouponCode {
    given: String,
    folded: String,
}

impl CouponCode {
    /// Parses a code as files hold it: outer blanks, quotes around it and invisible characters are dropped.
    ///
    /// # Errors
    /// [`InvalidCode`] says which rule it breaks, never the code.
    pub fn parse(text: &str) -> Result<Self, InvalidCode> {
        let visible: String = text.chars().filter(|c| !is_invisible(*c)).collect();
        let given = bare(&visible);
        if given.is_empty() {
            return Err(InvalidCode::Empty);
        }
        if given.chars().any(is_unsafe) {
            return Err(InvalidCode::Control);
        }
        if given.chars().nth(MAX_CODE).is_some() {
            return Err(InvalidCode::TooLong);
        }
        if is_spreadsheet_damage(given) {
            return Err(InvalidCode::SpreadsheetDamage);
        }
        Ok(Self { given: given.to_owned(), folded: fold(given) })
    }

    /// The code as the shop gave it, for the mail and the store and nowhere else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.given
    }

    /// The form under which two codes are compared; as secret as the code itself.
    #[must_use]
    pub fn folded(&self) -> &str {
        &self.folded
    }
}

/// Upper case first, so that `ß` and `SS` fold to the same; close to the full case folding of Unicode, section 3.13.
fn fold(text: &str) -> String {
    text.to_uppercase().to_lowercase()
}

const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' | '\u{ad}')
}

/// Without outer blanks and quotes, however often they are nested: a code that is read back must stay the same. A loop,
/// for a field of 64 KB may be all quotes.
fn bare(text: &str) -> &str {
    const PAIRS: [(char, char); 4] = [('"', '"'), ('\'', '\''), ('“', '”'), ('„', '“')];
    let mut text = text.trim();
    while let Some(inner) =
        PAIRS.iter().find_map(|(open, close)| text.strip_prefix(*open)?.strip_suffix(*close))
    {
        text = inner.trim();
    }
    text
}

impl PartialEq for CouponCode {
    fn eq(&self, other: &Self) -> bool {
        self.folded == other.folded
    }
}

impl Eq for CouponCode {}

impl Hash for CouponCode {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.folded.hash(state);
    }
}

impl fmt::Display for CouponCode {
    /// At most four characters and never more than half of the code.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = (self.given.chars().count() / 2).min(4);
        self.given.chars().take(shown).try_for_each(|c| write!(f, "{c}"))?;
        f.write_str("…")
    }
}

impl fmt::Debug for CouponCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CouponCode({self})")
    }
}

impl TryFrom<String> for CouponCode {
    type Error = InvalidCode;
    fn try_from(text: String) -> Result<Self, InvalidCode> {
        Self::parse(&text)
    }
}

impl From<CouponCode> for String {
    fn from(code: CouponCode) -> Self {
        code.given
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_code_is_kept_as_given_and_compared_without_letter_case() {
        let code = CouponCode::parse(" \u{feff}'Danke 0123b'\u{200b} ").unwrap();
        assert_eq!(code.expose(), "Danke 0123b");
        assert_eq!(code, CouponCode::parse("DANKE 0123B").unwrap());
        assert_ne!(code, CouponCode::parse("DANKE0123B").unwrap());
        assert_eq!(CouponCode::parse("gruß").unwrap(), CouponCode::parse("GRUSS").unwrap());
    }

    #[test]
    fn leading_zeros_belong_to_the_code() {
        assert_eq!(CouponCode::parse("00123").unwrap().expose(), "00123");
    }

    #[test]
    fn what_no_buyer_could_type_is_refused() {
        for (wrong, why) in [
            ("", InvalidCode::Empty),
            (" \u{feff}\u{200b} ", InvalidCode::Empty),
            ("\"\"", InvalidCode::Empty),
            ("A\nB", InvalidCode::Control),
            ("A\u{0}B", InvalidCode::Control),
            ("A\u{202e}B", InvalidCode::Control),
            ("1E+10", InvalidCode::SpreadsheetDamage),
            ("1,23E+15", InvalidCode::SpreadsheetDamage),
            ("4.5e+3", InvalidCode::SpreadsheetDamage),
            (&"x".repeat(65), InvalidCode::TooLong),
        ] {
            assert_eq!(CouponCode::parse(wrong).unwrap_err(), why, "{wrong:?}");
        }
        for good in ["1E10", "E+10", "SAVE+10", "1.2.E+1", &"ü".repeat(64)] {
            assert!(CouponCode::parse(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn debug_and_display_never_show_the_whole_code() {
        let code = CouponCode::parse("DANKE-7Q4X").unwrap();
        assert_eq!(format!("{code} {code:?}"), "DANK… CouponCode(DANK…)");
        assert_eq!(CouponCode::parse("AB").unwrap().to_string(), "A…");
    }

    proptest! {
        #[test]
        fn what_was_taken_is_taken_again_unchanged(text in "\\PC{0,70}|[\"' „“a]{0,9}") {
            if let Ok(code) = CouponCode::parse(&text) {
                let again = CouponCode::parse(code.expose()).unwrap();
                prop_assert_eq!(again.expose(), code.expose());
                prop_assert_eq!(&again, &code);
                prop_assert!(!code.to_string().contains(code.expose()));
            }
        }

        #[test]
        fn letter_case_never_makes_another_code(text in "[A-Za-zÄÖÜäöüß0-9 -]{1,30}") {
            if let Ok(code) = CouponCode::parse(&text) {
                prop_assert_eq!(&code, &CouponCode::parse(&text.to_uppercase()).unwrap());
                prop_assert_eq!(code, CouponCode::parse(&text.to_lowercase()).unwrap());
            }
        }
    }
}
