//! Leases and notes, in the table of the settings.

use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure as OnFailure;
use jiff::Timestamp;
use nachklang_domain::ports::{Leases, Notes, PortResult};

use super::AwsStore;
use super::fault::fault;
use super::item::{key, text, text_of};
use super::memory::token;
use crate::config::Setting;

/// The partitions of leases and notes.
const LEASE: &str = "lease";
const NOTE: &str = "note";
/// The reserved word `until` needs another name.
const UNTIL: [&str; 2] = ["#until", "until"];

impl Leases for AwsStore {
    /// The SDK may try a call again whose answer was lost, and then meet its own lease: the taker's token tells.
    async fn take_lease(&self, name: &str, now: Timestamp, until: Timestamp) -> PortResult<bool> {
        let (table, taker) = (self.config.get(Setting::Settings)?, token());
        let mut item = key(LEASE, name);
        item.insert("taker".to_owned(), text(&taker));
        item.insert(UNTIL[1].to_owned(), micros(until));
        let put = self.clients.dynamo.put_item().table_name(table).set_item(Some(item));
        let put = put.condition_expression("attribute_not_exists(pk) OR #until <= :now");
        let put = put.expression_attribute_names(UNTIL[0], UNTIL[1]);
        let put = put.expression_attribute_values(":now", micros(now));
        match put.return_values_on_condition_check_failure(OnFailure::AllOld).send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(refused)) => {
                    Ok(refused.item().and_then(|item| text_of(item, "taker")) == Some(&taker))
                }
                _ => Err(fault("take a lease", table, &error)),
            },
        }
    }

    async fn end_lease(&self, name: &str, until: Timestamp) -> PortResult<()> {
        let table = self.config.get(Setting::Settings)?;
        let delete = self.clients.dynamo.delete_item().table_name(table).set_key(Some(key(LEASE, name)));
        let delete = delete.condition_expression("#until = :until");
        let delete = delete.expression_attribute_names(UNTIL[0], UNTIL[1]);
        match delete.expression_attribute_values(":until", micros(until)).send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(DeleteItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(fault("end a lease", table, &error)),
            },
        }
    }
}

impl Notes for AwsStore {
    async fn remember(&self, name: &str, note: &str) -> PortResult<()> {
        let table = self.config.get(Setting::Settings)?;
        let mut item = key(NOTE, name);
        item.insert("text".to_owned(), text(note));
        let put = self.clients.dynamo.put_item().table_name(table).set_item(Some(item)).send().await;
        put.map(drop).map_err(|error| fault("keep a note", table, &error))
    }

    async fn recall(&self, name: &str) -> PortResult<Option<String>> {
        let table = self.config.get(Setting::Settings)?;
        let get = self.clients.dynamo.get_item().table_name(table).set_key(Some(key(NOTE, name)));
        let answer = get.consistent_read(true).send().await;
        let answer = answer.map_err(|error| fault("look up a note", table, &error))?;
        Ok(answer.item().and_then(|item| text_of(item, "text")).map(str::to_owned))
    }

    async fn forget(&self, name: &str) -> PortResult<()> {
        let table = self.config.get(Setting::Settings)?;
        let delete = self.clients.dynamo.delete_item().table_name(table).set_key(Some(key(NOTE, name)));
        delete.send().await.map(drop).map_err(|error| fault("forget a note", table, &error))
    }
}

fn micros(at: Timestamp) -> AttributeValue {
    AttributeValue::N(at.as_microsecond().to_string())
}
