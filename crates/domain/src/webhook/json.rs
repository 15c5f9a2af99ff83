//! A JSON value together with its place in the body, so that every complaint names the field.
//!
//! Values stay text until they are asked for: amounts and ids keep every digit.

use std::borrow::Cow;
use std::fmt;
use std::rc::Rc;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::money::{Currency, Money};
use crate::text::clean_line;

use super::document::{Document, Node};
use super::error::Unreadable;
use super::{MAX_PIECES, Note};

/// A value and its place; `null` counts as missing.
#[derive(Debug, Clone)]
pub(super) struct Value<'a> {
    node: Option<Node<'a>>,
    place: Place,
}

/// An object and its place.
#[derive(Debug)]
pub(super) struct Object<'a> {
    node: Node<'a>,
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

/// A text or the name of a field; it is copied only when it holds an escape.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

impl<'a> Value<'a> {
    /// The whole body.
    pub(super) fn body(document: &'a Document<'a>) -> Self {
        Self { node: document.body(), place: Place { within: None, step: Step::Body } }
    }

    /// A field of this one, if the message says that it is there.
    pub(super) fn part(&self, name: &'static str, told: Option<&RawValue>) -> Self {
        let field = told.and(self.node).and_then(|node| node.field(name));
        Self::at(self.inside(), Step::Field(name), field)
    }

    fn at(within: Within, step: Step, node: Option<Node<'a>>) -> Self {
        Self { node: node.filter(|node| node.text() != "null"), place: Place { within, step } }
    }

    /// As it stands in the body.
    fn raw(&self) -> Option<&'a str> {
        self.node.map(|node| node.text())
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
        if let Some(plain) = self.raw().and_then(plain_words) {
            return Ok(Some(Cow::Borrowed(plain)));
        }
        let text: Option<Text<'a>> = self.read("is no text", "send it in quotes")?;
        Ok(text.map(|Text(text)| text))
    }

    /// Reads text without blanks around it; empty text counts as missing.
    pub(super) fn text_as<T>(&self, read: impl FnOnce(&str) -> T) -> Result<Option<T>, Unreadable> {
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
        match self.raw() {
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
        let read = match self.raw() {
            Some(token) if token.starts_with('"') => self.text_as(amount)?,
            other => other.map(amount),
        };
        read.map(|amount| amount.map_err(|_| wrong())).transpose()
    }

    /// An object.
    pub(super) fn object(&self) -> Result<Option<Object<'a>>, Unreadable> {
        Ok(self.holding('{', "is no object", "send {…}")?.map(|node| Object { node, place: self.inside() }))
    }

    /// The values of a list; missing counts as empty.
    pub(super) fn list(&self) -> Result<Vec<Self>, Unreadable> {
        let Some(list) = self.holding('[', "is no list", "send […]")? else { return Ok(Vec::new()) };
        let within = self.inside();
        let item = |(at, node)| Self::at(within.clone(), Step::Item(at), Some(node));
        Ok(list.nodes().enumerate().map(item).collect())
    }

    /// A value that begins with this sign, which tells what it holds.
    fn holding(&self, sign: char, problem: &str, remedy: &str) -> Result<Option<Node<'a>>, Unreadable> {
        match self.node {
            Some(node) if !node.text().starts_with(sign) => Err(self.unreadable(problem, remedy)),
            node => Ok(node),
        }
    }

    /// A struct whose fields are all raw, so that a key it does not know is the only thing that can be wrong.
    pub(super) fn shape<T: Deserialize<'a>>(&self) -> Result<Option<T>, Unreadable> {
        let Some(node) = self.holding('{', "is no object", "send {…}")? else { return Ok(None) };
        serde_json::from_str(node.text()).map(Some).map_err(|e| {
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
        self.raw()
            .map(|raw| serde_json::from_str(raw).map_err(|_| self.unreadable(problem, remedy)))
            .transpose()
    }
}

/// A key that nobody knows is never shown: whoever keys by names or codes would find them in the log. Its place is told,
/// and what may stand there.
fn without_foreign_words(problem: &str) -> String {
    let told = problem.strip_prefix("unknown field `").and_then(|rest| rest.rsplit_once("`, expected "));
    told.map_or_else(|| problem.to_owned(), |(_, expected)| format!("unknown field, expected {expected}"))
}

impl<'a> Object<'a> {
    /// The field of a name; missing fields are values too, so that complaints can name them.
    pub(super) fn get(&self, name: &'static str) -> Value<'a> {
        Value::at(self.place.clone(), Step::Field(name), self.node.field(name))
    }

    /// Whether a key is there at all, even with `null`.
    pub(super) fn has(&self, name: &str) -> bool {
        self.node.field(name).is_some()
    }
}

/// The words of a text that holds no escape.
fn plain_words(raw: &str) -> Option<&str> {
    let words = raw.strip_prefix('"')?.strip_suffix('"')?;
    (!words.as_bytes().contains(&b'\\')).then_some(words)
}
