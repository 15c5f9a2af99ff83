//! A JSON value together with its place in the body, so that every complaint names the field.
//!
//! Values stay text until they are asked for: amounts and ids keep every digit.

use std::borrow::Cow;
use std::fmt;
use std::rc::Rc;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::money::{Currency, Money};
use crate::text::clean_line;

use super::error::Unreadable;
use super::{MAX_PIECES, Note};

/// Room for so many fields is made at once.
const USUAL_FIELDS: usize = 32;

/// A value and its place; `null` counts as missing.
#[derive(Debug, Clone)]
pub(super) struct Value<'a> {
    raw: Option<&'a RawValue>,
    place: Place,
}

/// The fields of an object, sorted by name.
#[derive(Debug)]
pub(super) struct Object<'a> {
    fields: Vec<(Name<'a>, &'a RawValue)>,
    place: Within,
}

/// Where a value stands; it is written out only when there is something to complain about.
#[derive(Debug, Clone)]
pub(super) struct Place {
    within: Within,
    step: Step,
}

/// The place around a place; `None` is the body.
type Within = Option<Rc<Place>>;

#[derive(Debug, Clone, Copy)]
enum Step {
    Body,
    Field(&'static str),
    Item(usize),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(within) = &self.within {
            within.fmt(f)?;
        }
        let dot = if self.within.is_some() { "." } else { "" };
        match self.step {
            Step::Body => f.write_str("body"),
            Step::Field(name) => write!(f, "{dot}{name}"),
            Step::Item(at) => write!(f, "[{at}]"),
        }
    }
}

/// The name of a field; it is copied only when it holds an escape.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(super) struct Name<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

/// A text; it is copied only when it holds an escape.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'a> Value<'a> {
    /// The whole body.
    pub(super) const fn body(raw: &'a RawValue) -> Self {
        Self { raw: Some(raw), place: Place { within: None, step: Step::Body } }
    }

    /// A field of the body.
    pub(super) fn top(name: &'static str, raw: Option<&'a RawValue>) -> Self {
        Self::at(None, Step::Field(name), raw)
    }

    /// A field of this one.
    pub(super) fn part(&self, name: &'static str, raw: Option<&'a RawValue>) -> Self {
        Self::at(self.inside(), Step::Field(name), raw)
    }

    fn at(within: Within, step: Step, raw: Option<&'a RawValue>) -> Self {
        Self { raw: raw.filter(|raw| raw.get() != "null"), place: Place { within, step } }
    }

    fn inside(&self) -> Within {
        (!matches!(self.place.step, Step::Body)).then(|| Rc::new(self.place.clone()))
    }

    /// A complaint about it.
    pub(super) fn unreadable(&self, problem: &str, remedy: &str) -> Unreadable {
        Unreadable { field: self.place.to_string(), problem: problem.to_owned(), remedy: remedy.to_owned() }
    }

    /// A value that must be there.
    pub(super) fn required<T>(&self, value: Option<T>) -> Result<T, Unreadable> {
        value.ok_or_else(|| self.unreadable("is missing", "send it"))
    }

    /// Text without blanks around it; empty text counts as missing.
    pub(super) fn text(&self) -> Result<Option<String>, Unreadable> {
        Ok(self.words()?.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()))
    }

    /// Text as it stands there.
    fn words(&self) -> Result<Option<Cow<'a, str>>, Unreadable> {
        let text: Option<Text<'a>> = self.read("is no text", "send it in quotes")?;
        Ok(text.map(|Text(text)| text))
    }

    /// Reads text without blanks around it; empty text counts as missing.
    fn text_as<T>(&self, read: impl FnOnce(&str) -> T) -> Result<Option<T>, Unreadable> {
        let text = self.words()?;
        let text = text.as_deref().map(str::trim).filter(|text| !text.is_empty());
        Ok(text.map(read))
    }

    /// One clean line of at most so many characters; empty text counts as missing.
    pub(super) fn line(&self, max_chars: usize) -> Result<Option<String>, Unreadable> {
        let cleaned = self.text_as(|text| clean_line(text, max_chars))?;
        Ok(cleaned.filter(|text| !text.is_empty()))
    }

    /// A whole number from 0, written as a number or as its digits in quotes; beyond 2^53 too.
    pub(super) fn whole(&self) -> Result<Option<u64>, Unreadable> {
        let wrong = || self.unreadable("is no whole number from 0", "send digits alone");
        match self.raw.map(RawValue::get) {
            None => Ok(None),
            Some(token) if token.starts_with('"') => {
                let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
                let number = self.text_as(|text| digits(text).then(|| text.parse().ok()).flatten())?;
                number.flatten().map(Some).ok_or_else(wrong)
            }
            Some(token) => token.parse().map(Some).map_err(|_| wrong()),
        }
    }

    /// A number of pieces, up to [`MAX_PIECES`].
    pub(super) fn pieces(&self) -> Result<Option<u32>, Unreadable> {
        let within = |pieces: u64| u32::try_from(pieces).ok().filter(|pieces| *pieces <= MAX_PIECES);
        let wrong = || self.unreadable("is too large", &format!("send at most {MAX_PIECES} pieces a line"));
        self.whole()?.map(|pieces| within(pieces).ok_or_else(wrong)).transpose()
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
        self.text_as(str::parse)?.map(|time| time.map_err(|_| wrong())).transpose()
    }

    /// An amount, written as a decimal in quotes or as a bare number, digit by digit as it stands there.
    pub(super) fn amount(&self, currency: Currency) -> Result<Option<Money>, Unreadable> {
        let wrong = || {
            let remedy = format!("write it like 12.50, with at most {} decimals", currency.decimals());
            self.unreadable("is no amount of the order's currency", &remedy)
        };
        let amount = |token: &str| Money::parse_decimal(token, currency);
        let read = match self.raw.map(RawValue::get) {
            Some(token) if token.starts_with('"') => self.text_as(amount)?,
            other => other.map(amount),
        };
        read.map(|amount| amount.map_err(|_| wrong())).transpose()
    }

    /// An object.
    pub(super) fn object(&self) -> Result<Option<Object<'a>>, Unreadable> {
        let fields: Option<Fields<'a>> = self.read("is no object", "send {…}")?;
        Ok(fields.map(|Fields(fields)| Object { fields, place: self.inside() }))
    }

    /// The values of a list; missing counts as empty.
    pub(super) fn list(&self) -> Result<Vec<Self>, Unreadable> {
        let items: Option<Vec<&'a RawValue>> = self.read("is no list", "send […]")?;
        let within = self.inside();
        let item = |(at, raw)| Self::at(within.clone(), Step::Item(at), Some(raw));
        Ok(items.unwrap_or_default().into_iter().enumerate().map(item).collect())
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
            let problem = format!("has an {}", clean_line(problem, 400));
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
        let read = match self.text_as(parse) {
            Ok(None) => return None,
            Ok(Some(read)) => read.ok(),
            Err(_) => None,
        };
        if read.is_none() {
            notes.push(Note { field: self.place.to_string(), problem });
        }
        read
    }

    fn read<T: Deserialize<'a>>(&self, problem: &str, remedy: &str) -> Result<Option<T>, Unreadable> {
        self.raw
            .map(|raw| serde_json::from_str(raw.get()).map_err(|_| self.unreadable(problem, remedy)))
            .transpose()
    }
}

impl<'a> Object<'a> {
    /// The field of a name; missing fields are values too, so that complaints can name them.
    pub(super) fn get(&self, name: &'static str) -> Value<'a> {
        Value::at(self.place.clone(), Step::Field(name), self.find(name))
    }

    /// Whether a key is there at all, even with `null`.
    pub(super) fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    fn find(&self, name: &str) -> Option<&'a RawValue> {
        let at = self.fields.binary_search_by(|(field, _)| field.0.as_ref().cmp(name)).ok()?;
        self.fields.get(at).map(|(_, raw)| *raw)
    }
}

/// What an object holds, sorted by name.
struct Fields<'a>(Vec<(Name<'a>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Gather)
    }
}

struct Gather;

impl<'de> Visitor<'de> for Gather {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Fields<'de>, A::Error> {
        let mut fields = Vec::with_capacity(USUAL_FIELDS);
        while let Some(field) = object.next_entry()? {
            fields.push(field);
        }
        fields.sort_unstable_by(|(a, _): &(Name<'_>, _), (b, _)| a.cmp(b));
        Ok(Fields(fields))
    }
}
