//! Transactions, and why one was cancelled: one reason for each of its items, by position.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    CancellationReason, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
};
use nachklang_domain::ports::{PortError, PortResult};

use super::body::Item;
use super::fault::fault;

/// So many items a transaction may have.
///
/// Source: <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
pub(super) const MAX_ITEMS: usize = 100;

/// What one item has to do with the end of its transaction.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Reason {
    /// Nothing.
    None,
    /// Its condition failed; with the item as it is stored, if it is and was asked for.
    ConditionFailed(Option<Item>),
    /// Another request is on it, or its partition has too much to do: nothing is known about its condition.
    Busy,
    /// It can never be written so; with the code that says why.
    Refused(String),
}

impl Reason {
    fn of(reason: &CancellationReason) -> Self {
        match reason.code() {
            None | Some("None") => Self::None,
            Some("ConditionalCheckFailed") => Self::ConditionFailed(reason.item.clone()),
            Some("TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded") => Self::Busy,
            // ItemCollectionSizeLimitExceeded, ValidationError, and what nobody has met yet.
            Some(code) => Self::Refused(code.to_owned()),
        }
    }
}

/// The code of an item that can never be written so, if there is one.
pub(super) fn refused(reasons: &[Reason]) -> Option<&str> {
    reasons.iter().find_map(|reason| match reason {
        Reason::Refused(code) => Some(code.as_str()),
        _ => None,
    })
}

/// A put under a condition; if that fails, the reason holds the item that is stored.
///
/// # Errors
/// A permanent error when a part is missing.
pub(super) fn put(table: &str, item: Item, condition: &str, values: Option<Item>) -> PortResult<Put> {
    let put = Put::builder()
        .table_name(table)
        .set_item(Some(item))
        .condition_expression(condition)
        .set_expression_attribute_values(values)
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    put.build()
        .map_err(|error| PortError::permanent("a write is incomplete; this is a defect").because(error))
}

/// A transaction, ready to be sent as often as it takes.
#[derive(Debug, Clone)]
pub(super) struct Transaction<'a> {
    /// Completes the sentence "cannot …".
    pub doing: &'static str,
    /// The table that an error names.
    pub table: &'a str,
    /// Its items, each of another key.
    pub items: Vec<TransactWriteItem>,
}

impl Transaction<'_> {
    /// Writes all or nothing; `None` when it was written, else the reasons.
    ///
    /// The SDK gives each call a token of its own and keeps it when it sends the call again after a lost answer, so
    /// DynamoDB does not do it twice. A token made of the content would do harm: a cancelled transaction that is
    /// tried again in all honesty would share it.
    ///
    /// # Errors
    /// What the service answers.
    pub(super) async fn write(&self, client: &Client) -> PortResult<Option<Vec<Reason>>> {
        let call = client.transact_write_items().set_transact_items(Some(self.items.clone()));
        let Err(error) = call.send().await else {
            return Ok(None);
        };
        match error.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                Ok(Some(cancelled.cancellation_reasons().iter().map(Reason::of).collect()))
            }
            _ => Err(fault(self.doing, self.table, &error)),
        }
    }

    /// That an item can never be written so.
    pub(super) fn refused(&self, code: &str) -> PortError {
        let Self { doing, table, .. } = self;
        PortError::permanent(format!(
            "cannot {doing} ({table}): an item is refused; see its size and keys [{code}]"
        ))
    }

    /// That others were on the items each time.
    pub(super) fn contended(&self) -> PortError {
        let Self { doing, table, .. } = self;
        PortError::transient(format!(
            "cannot {doing} ({table}): others write the same items; try again in a moment"
        ))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A reason as DynamoDB tells it.
    pub(in crate::store) fn told(code: &str, item: Option<Item>) -> CancellationReason {
        CancellationReason::builder().code(code).set_item(item).build()
    }

    #[test]
    fn every_reason_is_read() {
        let item = Item::from([("v".to_owned(), crate::store::item::number(3))]);
        for (code, expected) in [
            ("None", Reason::None),
            ("ConditionalCheckFailed", Reason::ConditionFailed(Some(item.clone()))),
            ("TransactionConflict", Reason::Busy),
            ("ThrottlingError", Reason::Busy),
            ("ProvisionedThroughputExceeded", Reason::Busy),
            (
                "ItemCollectionSizeLimitExceeded",
                Reason::Refused("ItemCollectionSizeLimitExceeded".to_owned()),
            ),
            ("ValidationError", Reason::Refused("ValidationError".to_owned())),
            ("DuplicateItem", Reason::Refused("DuplicateItem".to_owned())),
        ] {
            assert_eq!(Reason::of(&told(code, Some(item.clone()))), expected, "{code}");
        }
        assert_eq!(Reason::of(&CancellationReason::builder().build()), Reason::None);
    }
}
