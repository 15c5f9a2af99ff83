//! Published content: bytes in the bucket under their hash, pointers to the active versions among the settings.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use nachklang_domain::id::content_hash;
use nachklang_domain::ports::{Content, NewContent, PortError, PortResult};

use super::AwsStore;
use super::body::{Item, unreadable};
use super::fault::fault;
use super::item::{key, text, text_of};
use super::retry::Backoff;
use super::transaction::{MAX_ITEMS, Transaction, refused};
use crate::config::Setting;

/// Largest published content, in bytes: a mail in many languages is a tenth of it.
const MAX_CONTENT: u64 = 16 << 20;
/// How long a version counts as the active one without asking again.
const BELIEVED: Duration = Duration::from_secs(10);
const POINTER: &str = "a pointer to published content";
const LISTING: &str = "list active versions";

impl Content for AwsStore {
    /// The bytes come first, so that no pointer ever leads to nothing. Under its hash, content may be written again.
    async fn publish(&self, kind: &str, name: &str, content: &[u8]) -> PortResult<String> {
        let version = content_hash(content);
        self.put_object(&object(&version), content.to_vec(), "application/octet-stream").await?;
        let table = self.config.get(Setting::Settings)?;
        let put = self.clients.dynamo.put_item().table_name(table);
        let call = put.set_item(Some(pointer(kind, name, &version))).send().await;
        call.map_err(|error| fault("make a version the active one", table, &error))?;
        Ok(version)
    }

    /// One transaction for each hundred pointers, in order.
    async fn publish_all(&self, contents: &[NewContent]) -> PortResult<Vec<String>> {
        let mut versions = Vec::with_capacity(contents.len());
        for content in contents {
            let version = content_hash(&content.bytes);
            self.put_object(&object(&version), content.bytes.clone(), "application/octet-stream").await?;
            versions.push(version);
        }
        let table = self.config.get(Setting::Settings)?;
        let puts = contents.iter().zip(&versions).map(|(content, version)| put(table, content, version));
        let puts: Vec<TransactWriteItem> = puts.collect::<PortResult<_>>()?;
        for some in puts.chunks(MAX_ITEMS) {
            self.point(Transaction { doing: "make versions the active ones", table, items: some.to_vec() })
                .await?;
        }
        Ok(versions)
    }

    async fn active(&self, kind: &str, name: &str) -> PortResult<Option<String>> {
        let table = self.config.get(Setting::Settings)?;
        let get = self.clients.dynamo.get_item().table_name(table).set_key(Some(key(partition(kind), name)));
        let answer = get.consistent_read(true).send().await;
        let answer = answer.map_err(|error| fault("look up the active version", table, &error))?;
        answer.item().map(version_of).transpose()
    }

    async fn glance_active(&self, kind: &str, name: &str) -> PortResult<Option<String>> {
        let (place, asked) = (format!("{kind}#{name}"), Instant::now());
        if let Some(version) = self.memory.active.get(&place, BELIEVED) {
            return Ok(Some(version));
        }
        let version = self.active(kind, name).await?;
        if let Some(version) = &version {
            self.memory.active.put(&place, asked, version.clone());
        }
        Ok(version)
    }

    async fn all_active(&self, kind: &str) -> PortResult<Vec<(String, String)>> {
        let table = self.config.get(Setting::Settings)?;
        let query = self.clients.dynamo.query().table_name(table).consistent_read(true);
        let query = query.key_condition_expression("pk = :pk");
        let query = query.expression_attribute_values(":pk", text(partition(kind)));
        let mut pages = query.into_paginator().send();
        let mut active = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| fault(LISTING, table, &error))?;
            for item in page.items() {
                active.push((name_of(item)?, version_of(item)?));
            }
        }
        Ok(active)
    }

    async fn content(&self, version: &str) -> PortResult<Option<Vec<u8>>> {
        if let Some(bytes) = self.memory.content.get(version) {
            return Ok(Some(bytes.to_vec()));
        }
        let bytes = self.get_object(&object(version), MAX_CONTENT).await?;
        if let Some(bytes) = &bytes {
            self.memory.content.put(version, Arc::from(bytes.as_slice()), bytes.len());
        }
        Ok(bytes)
    }
}

impl AwsStore {
    /// Writes pointers without a condition: nothing but another writer can be in the way, for a moment.
    async fn point(&self, pointers: Transaction<'_>) -> PortResult<()> {
        let mut backoff = Backoff::default();
        while let Some(reasons) = pointers.write(&self.clients.dynamo).await? {
            if let Some(code) = refused(&reasons) {
                return Err(pointers.refused(code));
            }
            if !backoff.pause().await {
                return Err(pointers.contended());
            }
        }
        Ok(())
    }
}

fn pointer(kind: &str, name: &str, version: &str) -> Item {
    let mut item = key(partition(kind), name);
    item.insert("version".to_owned(), text(version));
    item
}

fn put(table: &str, content: &NewContent, version: &str) -> PortResult<TransactWriteItem> {
    let item = pointer(content.kind, &content.name, version);
    let put = Put::builder().table_name(table).set_item(Some(item)).build();
    let put = put.map_err(|_| PortError::permanent("a pointer to published content lacks its table"))?;
    Ok(TransactWriteItem::builder().put(put).build())
}

fn partition(kind: &str) -> String {
    format!("content#{kind}")
}

fn object(version: &str) -> String {
    format!("published/{version}")
}

fn name_of(item: &Item) -> PortResult<String> {
    text_of(item, "sk").map(str::to_owned).ok_or_else(|| unreadable(POINTER))
}

fn version_of(item: &Item) -> PortResult<String> {
    text_of(item, "version").map(str::to_owned).ok_or_else(|| unreadable(POINTER))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::scripted::{Answer, Wire, cancelled};
    use super::*;

    /// Two pointers, whose transaction is cancelled for these reasons so many times.
    async fn pointed(code: &'static str, times: usize) -> (PortResult<()>, usize) {
        let wire = Wire::new(move |before, _| {
            if before < times {
                cancelled(&[("None", Value::Null), (code, Value::Null)])
            } else {
                Answer::Done(json!({}))
            }
        });
        let items = ["shop", "flow"].map(|kind| {
            let put = Put::builder().table_name("settings").set_item(Some(pointer(kind, "all", "1"))).build();
            TransactWriteItem::builder().put(put.unwrap()).build()
        });
        let transaction =
            Transaction { doing: "make versions the active ones", table: "settings", items: items.into() };
        let done = wire.store().point(transaction).await;
        (done, wire.calls().len())
    }

    #[tokio::test]
    async fn whoever_publishes_beside_another_tries_again() {
        for code in ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"] {
            let (done, calls) = pointed(code, 2).await;
            assert_eq!((done.is_ok(), calls), (true, 3), "{code}");
        }
    }

    #[tokio::test]
    async fn one_who_is_in_the_way_for_long_is_a_passing_fault() {
        let (done, calls) = pointed("TransactionConflict", usize::MAX).await;
        assert_eq!((done.unwrap_err().is_transient(), calls), (true, 7));
    }

    #[tokio::test]
    async fn what_can_never_be_written_is_told_at_once() {
        let (done, calls) = pointed("ValidationError", usize::MAX).await;
        let error = done.unwrap_err();
        assert!(!error.is_transient() && error.to_string().contains("ValidationError"), "{error}");
        assert_eq!(calls, 1);
    }
}
