//! A JSON value together with its place in the body, so that every complaint names the field.
//!
//! Values stay text until they are asked for: amounts and ids keep every digit.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::money::{Currency, Money};
use crate::text::clean_line;

use super::error::Unreadable;
use super::{MAX_PIECES, Note};

/// A value and its place; `null` counts as missing.
#[derive(Debug, Clone)]
pub(super) struct Value<'a> {
    raw: Option<&'a RawValue>,
    field: String,
}

/// The fields of an object.
#[derive(Debug)]
pub(super) struct Object<'a> {
    fields: HashMap<String, &'a RawValue>,
    field: String,
}

impl<'a> Value<'a> {
    /// The whole body.
    pub(super) fn body(raw: &'a RawValue) -> Self {
        Self::new("", "body", Some(raw))
    }

    /// A field of a place; `place` is empty for the top.
    pub(super) fn new(place: &str, name: &str, raw: Option<&'a RawValue>) -> Self {
        let dot = if place.is_empty() { "" } else { "." };
        Self { raw: raw.filter(|raw| raw.get() != "null"), field: format!("{place}{dot}{name}") }
    }

    /// Its place.
    pub(super) fn field(&self) -> &str {
        &self.field
    }

    /// A complaint about it.
    pub(super) fn unreadable(&self, problem: &str, remedy: &str) -> Unreadable {
        Unreadable { field: self.field.clone(), problem: problem.to_owned(), remedy: remedy.to_owned() }
    }

    /// A value that must be there.
    pub(super) fn required<T>(&self, value: Option<T>) -> Result<T, Unreadable> {
        value.ok_or_else(|| self.unreadable("is missing", "send it"))
    }

    /// Text without blanks around it; empty text counts as missing.
    pub(super) fn text(&self) -> Result<Option<String>, Unreadable> {
        let text: Option<String> = self.read("is no text", "send it in quotes")?;
        Ok(text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()))
    }

    /// One clean line of at most so many characters; empty text counts as missing.
    pub(super) fn line(&self, max_chars: usize) -> Result<Option<String>, Unreadable> {
        let cleaned = self.text()?.map(|text| clean_line(&text, max_chars));
        Ok(cleaned.filter(|text| !text.is_empty()))
    }

    /// A whole number from 0, written as a number or as its digits in quotes; beyond 2^53 too.
    pub(super) fn whole(&self) -> Result<Option<u64>, Unreadable> {
        let wrong = || self.unreadable("is no whole number from 0", "send digits alone");
        match self.raw.map(RawValue::get) {
            None => Ok(None),
            Some(token) if token.starts_with('"') => {
                let text = self.text()?.unwrap_or_default();
                let digits = text.bytes().all(|b| b.is_ascii_digit());
                digits.then(|| text.parse().ok()).flatten().map(Some).ok_or_else(wrong)
            }
            Some(token) => token.parse().map(Some).map_err(|_| wrong()),
        }
    }

    /// A number of pieces, up to [`MAX_PIECES`].
    pub(super) fn pieces(&self) -> Result<Option<u32>, Unreadable> {
        let within = |pieces: u64| u32::try_from(pieces).ok().filter(|pieces| *pieces <= MAX_PIECES);
        let remedy = format!("send at most {MAX_PIECES} pieces a line");
        self.whole()?
            .map(|pieces| within(pieces).ok_or_else(|| self.unreadable("is too large", &remedy)))
            .transpose()
    }

    /// Yes or no.
    pub(super) fn flag(&self) -> Result<Option<bool>, Unreadable> {
        self.read("is neither true nor false", "send true or false")
    }

    /// One of the words of an enum.
    pub(super) fn word<T: Deserialize<'a>>(
        &self,
        problem: &str,
        remedy: &str,
    ) -> Result<Option<T>, Unreadable> {
        self.read(problem, remedy)
    }

    /// A moment (RFC 3339, with an offset).
    pub(super) fn time(&self) -> Result<Option<Timestamp>, Unreadable> {
        let wrong = || self.unreadable("is no moment", "write it like 2026-11-02T09:12:00Z");
        self.text()?.map(|text| text.parse().map_err(|_| wrong())).transpose()
    }

    /// An amount, written as a decimal in quotes or as a bare number, digit by digit as it stands there.
    pub(super) fn amount(&self, currency: Currency) -> Result<Option<Money>, Unreadable> {
        let remedy = format!("write it like 12.50, with at most {} decimals", currency.decimals());
        let wrong = || self.unreadable("is no amount of the order's currency", &remedy);
        let token = match self.raw.map(RawValue::get) {
            Some(token) if token.starts_with('"') => self.text()?,
            other => other.map(str::to_owned),
        };
        token.map(|token| Money::parse_decimal(&token, currency).map_err(|_| wrong())).transpose()
    }

    /// An object.
    pub(super) fn object(&self) -> Result<Option<Object<'a>>, Unreadable> {
        let fields: Option<HashMap<String, &'a RawValue>> = self.read("is no object", "send {…}")?;
        let field = if self.field == "body" { "" } else { &self.field };
        Ok(fields.map(|fields| Object { fields, field: field.to_owned() }))
    }

    /// The values of a list; missing counts as empty.
    pub(super) fn list(&self) -> Result<Vec<Self>, Unreadable> {
        let items: Option<Vec<&'a RawValue>> = self.read("is no list", "send […]")?;
        let place = |(at, raw)| Self::new("", &format!("{}[{at}]", self.field), Some(raw));
        Ok(items.unwrap_or_default().into_iter().enumerate().map(place).collect())
    }

    /// A struct whose fields are all raw, so that a key it does not know is the only thing that can be wrong.
    pub(super) fn shape<T: Deserialize<'a>>(&self) -> Result<Option<T>, Unreadable> {
        let Some(raw) = self.raw else { return Ok(None) };
        if !raw.get().starts_with('{') {
            return Err(self.unreadable("is no object", "send {…}"));
        }
        serde_json::from_str(raw.get()).map(Some).map_err(|e| {
            let message = e.to_string();
            let problem = message.rsplit_once(" at line ").map_or(message.as_str(), |(text, _)| text);
            let problem = format!("has an {}", clean_line(&without_foreign_words(problem), 400));
            self.unreadable(&problem, "leave it out or spell it as documented")
        })
    }

    /// A value that the order can do without: what cannot be read is noted and left out.
    pub(super) fn if_readable<T, E>(
        &self,
        notes: &mut Vec<Note>,
        problem: &'static str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let read = match self.text() {
            Ok(None) => return None,
            Ok(Some(text)) => parse(&text).ok(),
            Err(_) => None,
        };
        if read.is_none() {
            notes.push(Note { field: self.field.clone(), problem });
        }
        read
    }

    fn read<T: Deserialize<'a>>(&self, problem: &str, remedy: &str) -> Result<Option<T>, Unreadable> {
        self.raw
            .map(|raw| serde_json::from_str(raw.get()).map_err(|_| self.unreadable(problem, remedy)))
            .transpose()
    }
}

/// A key that nobody knows is shown only if it is a plain word: whoever keys by persons would find them in the log.
fn without_foreign_words(problem: &str) -> String {
    let told = problem.strip_prefix("unknown field `").and_then(|rest| rest.rsplit_once("`, expected "));
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    match told {
        Some((key, expected)) if key.len() > 40 || !key.chars().all(plain) => {
            format!("unknown field that is no plain word, expected {expected}")
        }
        _ => problem.to_owned(),
    }
}

impl<'a> Object<'a> {
    /// The field of a name; missing fields are values too, so that complaints can name them.
    pub(super) fn get(&self, name: &str) -> Value<'a> {
        Value::new(&self.field, name, self.fields.get(name).copied())
    }

    /// Whether a key is there at all, even with `null`.
    pub(super) fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }
}
