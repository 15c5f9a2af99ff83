//! A row as it is stored: what it says now, what it said before, and when.

use aws_sdk_dynamodb::types::AttributeValue;
use nachklang_domain::ports::PortResult;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::store::body::{Item, body, ensure_fits, value};

const NOUN: &str = "a row of a product feed or of lists";

/// What a row says in the last two generations that it was written for.
///
/// Both are one attribute: they are nearly the same, so that deflated together they cost little more than one.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Row {
    /// The generation from which on `now` holds.
    pub(super) generation: u64,
    /// The generation from which on `before` holds.
    pub(super) since: u64,
    /// Nothing where the sheet has no such row any more.
    pub(super) now: Option<Box<RawValue>>,
    /// Nothing where the sheet had no such row.
    pub(super) before: Option<Box<RawValue>>,
}

/// What somebody who reads in a generation sees of a row.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Seen<'a> {
    /// This, or nothing.
    Row(Option<&'a str>),
    /// The row was written again since; the pointer has moved on.
    Gone,
}

impl Row {
    /// What is seen in a generation.
    pub(super) fn seen_in(&self, generation: u64) -> Seen<'_> {
        if self.generation <= generation {
            Seen::Row(self.now.as_deref().map(RawValue::get))
        } else if self.since <= generation {
            Seen::Row(self.before.as_deref().map(RawValue::get))
        } else {
            Seen::Gone
        }
    }

    /// The item under a key.
    pub(super) fn item(&self, mut key: Item) -> PortResult<Item> {
        key.insert("body".to_owned(), body(NOUN, self)?);
        ensure_fits(NOUN, &key)?;
        Ok(key)
    }

    /// Reads the attribute that [`Self::item`] wrote.
    pub(super) fn of(attribute: Option<&AttributeValue>) -> PortResult<Self> {
        value(NOUN, attribute)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::item::key;

    fn row(now: Option<&str>, before: Option<&str>) -> Row {
        let raw = |json: Option<&str>| json.map(|json| RawValue::from_string(json.to_owned()).unwrap());
        Row { generation: 5, since: 4, now: raw(now), before: raw(before) }
    }

    #[test]
    fn each_generation_sees_its_own_state() {
        let changed = row(Some("2"), Some("1"));
        assert_eq!(changed.seen_in(5), Seen::Row(Some("2")));
        assert_eq!(changed.seen_in(6), Seen::Row(Some("2")));
        assert_eq!(changed.seen_in(4), Seen::Row(Some("1")));
        assert_eq!(changed.seen_in(3), Seen::Gone);
        assert_eq!(row(Some("1"), None).seen_in(4), Seen::Row(None));
        assert_eq!(row(None, Some("1")).seen_in(5), Seen::Row(None));
    }

    #[test]
    fn a_row_is_read_as_it_was_written() {
        let long = format!("{{\"title\":\"{}\"}}", "ring ".repeat(400));
        for (now, before) in
            [(Some("{\"id\":\"1\"}"), None), (None, Some("[1,2]")), (Some(&*long), Some(&*long))]
        {
            let item = row(now, before).item(key("de#de#1", "row")).unwrap();
            let read = Row::of(item.get("body")).unwrap();
            assert_eq!((read.seen_in(5), read.seen_in(4)), (Seen::Row(now), Seen::Row(before)));
        }
    }
}
