//! Values that are written under a version, and how a writer knows its own write again.
//!
//! When an answer is lost, the SDK sends the call again. If the first one had been done, the second finds a newer
//! version and would look like a conflict with somebody else. So every write leaves a mark of its own, and a failed
//! condition returns the item: who finds his mark has written. Comparing bodies instead would let two who decided the
//! same on the same version both believe that they wrote, and both send.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, Put, ReturnValuesOnConditionCheckFailure};
use nachklang_domain::ports::{PortError, PortResult, Saved, Version};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::body::{Item, body, ensure_fits, value};
use super::fault::fault;
use super::item::{number, number_of};
use super::retry::Backoff;
use super::transaction::put;

/// The attribute of the mark.
pub(super) const MARK: &str = "w";

/// The mark that one write leaves: 64 random bits, compared with one other at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WriteMark([u8; 8]);

impl WriteMark {
    /// A new one.
    ///
    /// # Errors
    /// A transient error when the machine has no random numbers.
    pub(super) fn new() -> PortResult<Self> {
        let random = getrandom::u64().map_err(|error| {
            PortError::transient("the machine gives no random numbers; try again in a moment").because(error)
        })?;
        Ok(Self(random.to_be_bytes()))
    }

    pub(super) fn attribute(self) -> AttributeValue {
        AttributeValue::B(Blob::new(self.0))
    }

    /// Whether an item was left by this write.
    pub(super) fn is_on(self, item: Option<&Item>) -> bool {
        item.and_then(|item| item.get(MARK)).is_some_and(|mark| *mark == self.attribute())
    }
}

/// What is stored where, for calls and for the words of errors.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// What the value is called: `an order`.
    pub noun: &'static str,
    /// The table.
    pub table: &'a str,
}

/// One write of a value under a version.
#[derive(Debug, Clone)]
pub(super) struct VersionedPut<'a> {
    place: Place<'a>,
    item: Item,
    expected: Version,
    mark: WriteMark,
}

impl<'a> VersionedPut<'a> {
    /// The write that takes a value from one version to the next.
    ///
    /// # Errors
    /// A permanent error when the value does not fit an item.
    pub(super) fn new<T: Serialize>(
        place: Place<'a>,
        key: Item,
        content: &T,
        expected: Version,
    ) -> PortResult<Self> {
        let mark = WriteMark::new()?;
        let mut item = key;
        item.insert("v".to_owned(), number(expected.0 + 1));
        item.insert("body".to_owned(), body(place.noun, content)?);
        item.insert(MARK.to_owned(), mark.attribute());
        ensure_fits(place.noun, &item)?;
        Ok(Self { place, item, expected, mark })
    }

    /// The mark that the write leaves.
    pub(super) const fn mark(&self) -> WriteMark {
        self.mark
    }

    /// The write as a part of a transaction.
    ///
    /// # Errors
    /// A permanent error when a part is missing.
    pub(super) fn put(&self) -> PortResult<Put> {
        put(self.place.table, self.item.clone(), self.condition(), self.values())
    }

    /// The write alone.
    ///
    /// # Errors
    /// What the table answers.
    pub(super) async fn write(&self, client: &Client) -> PortResult<Saved> {
        let mut backoff = Backoff::default();
        loop {
            let Err(error) = self.try_write(client).await else {
                return Ok(Saved::Done);
            };
            match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                    return Ok(if self.mark.is_on(failed.item()) { Saved::Done } else { Saved::Conflict });
                }
                // A transaction holds the item for some milliseconds; whether it will win is not known yet.
                Some(PutItemError::TransactionConflictException(_)) if backoff.pause().await => {}
                _ => return Err(fault(&format!("save {}", self.place.noun), self.place.table, &error)),
            }
        }
    }

    async fn try_write(
        &self,
        client: &Client,
    ) -> Result<(), aws_sdk_dynamodb::error::SdkError<PutItemError>> {
        let put = client
            .put_item()
            .table_name(self.place.table)
            .set_item(Some(self.item.clone()))
            .condition_expression(self.condition())
            .set_expression_attribute_values(self.values())
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        put.send().await.map(drop)
    }

    const fn condition(&self) -> &'static str {
        if self.expected.0 == 0 { "attribute_not_exists(pk)" } else { "v = :expected" }
    }

    fn values(&self) -> Option<Item> {
        (self.expected.0 > 0).then(|| Item::from([(":expected".to_owned(), number(self.expected.0))]))
    }
}

/// Reads a value with its version. A consistent read sees every write that has returned; any other costs half.
///
/// # Errors
/// What the table answers, or a permanent error when the item cannot be read.
pub(super) async fn load<T: DeserializeOwned>(
    client: &Client,
    place: Place<'_>,
    key: Item,
    consistent: bool,
) -> PortResult<Option<(T, Version)>> {
    let call = client.get_item().table_name(place.table).set_key(Some(key)).consistent_read(consistent);
    let loaded = call.send().await;
    let loaded = loaded.map_err(|error| fault(&format!("load {}", place.noun), place.table, &error))?;
    loaded.item().map(|item| read(place.noun, item)).transpose()
}

/// The value of an item, and its version.
///
/// # Errors
/// A permanent error when the item cannot be read.
pub(super) fn read<T: DeserializeOwned>(noun: &'static str, item: &Item) -> PortResult<(T, Version)> {
    Ok((value(noun, item.get("body"))?, Version(number_of(noun, item, "v")?)))
}
