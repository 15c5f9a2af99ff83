//! Attributes of items, and their keys.

use aws_sdk_dynamodb::types::AttributeValue;
use nachklang_domain::ports::PortResult;

use super::body::{Item, unreadable};

/// A text attribute.
pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// A number attribute.
pub(super) fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// The key of an item.
pub(super) fn key(pk: impl Into<String>, sk: impl Into<String>) -> Item {
    Item::from([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk))])
}

/// The text of an attribute, if there is one.
pub(super) fn text_of<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// The whole number of an attribute.
///
/// # Errors
/// A permanent error when there is none; `noun` says what the item is.
pub(super) fn number_of(noun: &str, item: &Item, name: &str) -> PortResult<u64> {
    let text = item.get(name).and_then(|value| value.as_n().ok());
    text.and_then(|text| text.parse().ok()).ok_or_else(|| unreadable(noun))
}
