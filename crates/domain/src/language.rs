//! Languages and countries of contacts.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A language of two or three letters, as in the name of a text file: `de`, `en`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Language([u8; 3]);

/// A country of two letters (ISO 3166-1): `DE`, `CH`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Country([u8; 2]);

/// Why a text names no language or country.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no {1}")]
pub struct InvalidTag(String, &'static str);

impl Language {
    /// Reads the language out of a tag such as `de`, `de-CH`, `fr_FR` or `zh-TW` (RFC 5646).
    ///
    /// # Errors
    /// [`InvalidTag`] when it does not begin with two or three letters.
    pub fn parse(tag: &str) -> Result<Self, InvalidTag> {
        let primary = tag.trim().split(['-', '_']).next().unwrap_or_default();
        let letters = primary.bytes().all(|b| b.is_ascii_alphabetic());
        match (primary.as_bytes(), letters) {
            (&[a, b], true) => Ok(Self([a, b, b' '].map(|c| c.to_ascii_lowercase()))),
            (&[a, b, c], true) => Ok(Self([a, b, c].map(|c| c.to_ascii_lowercase()))),
            _ => Err(InvalidTag(crate::text::clean_line(tag, 20), "language: use two letters such as de")),
        }
    }

    /// The letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default().trim_end()
    }
}

impl Country {
    /// Reads a two-letter code in either case.
    ///
    /// # Errors
    /// [`InvalidTag`] for anything else.
    pub fn parse(code: &str) -> Result<Self, InvalidTag> {
        match *code.trim().as_bytes() {
            [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => {
                Ok(Self([a.to_ascii_uppercase(), b.to_ascii_uppercase()]))
            }
            _ => Err(InvalidTag(crate::text::clean_line(code, 20), "country: use two letters such as DE")),
        }
    }

    /// The letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

macro_rules! tag_text {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl TryFrom<String> for $name {
            type Error = InvalidTag;
            fn try_from(text: String) -> Result<Self, InvalidTag> {
                Self::parse(&text)
            }
        }
        impl std::str::FromStr for $name {
            type Err = InvalidTag;
            fn from_str(text: &str) -> Result<Self, InvalidTag> {
                Self::parse(text)
            }
        }
        impl From<$name> for String {
            fn from(tag: $name) -> String {
                tag.as_str().to_owned()
            }
        }
    };
}
tag_text!(Language);
tag_text!(Country);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_gives_its_language() {
        for (tag, language) in
            [("de", "de"), ("de-CH", "de"), ("fr_FR", "fr"), ("ZH-tw", "zh"), ("gsw", "gsw")]
        {
            assert_eq!(Language::parse(tag).unwrap().as_str(), language);
        }
        for wrong in ["", "d", "1x", "deutsch", "ä"] {
            assert!(Language::parse(wrong).is_err(), "{wrong}");
        }
    }
}
