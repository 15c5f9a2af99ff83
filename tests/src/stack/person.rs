//! Everything that the stack holds, as text: to look for somebody in it.

use std::collections::BTreeMap;
use std::io::Read;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_sqs::types::Message;
use flate2::read::{DeflateDecoder, GzDecoder};
use nachklang_aws::config::Function;
use serde_json::{Value, json};

use super::Stack;

const TABLES: [&str; 6] = [
    "ContactsTableName",
    "OrdersTableName",
    "DueTableName",
    "CouponsTableName",
    "ProductsTableName",
    "SettingsTableName",
];
const QUEUES: [&str; 11] = [
    "PlanningQueue",
    "PlanningDeadLetters",
    "AssignmentQueue",
    "AssignmentDeadLetters",
    "DeliveryQueue",
    "DeliveryDeadLetters",
    "EventsQueue",
    "EventsDeadLetters",
    "UploadsQueue",
    "UploadsDeadLetters",
    "RunDeadLetters",
];

/// How long a message that was looked at is hidden: long enough to see the others.
const HIDDEN: Duration = Duration::from_secs(4);

/// Something that is stored: where, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The table and key, the object and version, the queue, or the function whose log it is.
    pub place: String,
    /// What it says.
    pub text: String,
}

impl Found {
    fn new(place: impl Into<String>, text: impl Into<String>) -> Self {
        Self { place: place.into(), text: text.into() }
    }

    /// Whether it holds a text, in any letter case.
    #[must_use]
    pub fn holds(&self, wanted: &str) -> bool {
        [&self.place, &self.text].iter().any(|text| text.to_lowercase().contains(&wanted.to_lowercase()))
    }
}

impl Stack {
    /// Calls `person-data` as the operator does.
    ///
    /// # Errors
    /// When it fails.
    pub async fn person_data(&self, action: &str, email: &str) -> anyhow::Result<Value> {
        let request = json!({ "action": action, "address": email }).to_string();
        self.invoke(self.output("PersonDataFunctionName")?, &request).await
    }

    /// Every item of every table, every version of every object, every message of every queue.
    ///
    /// # Errors
    /// When one cannot be read.
    pub async fn everything_stored(&self) -> anyhow::Result<Vec<Found>> {
        let mut found = Vec::new();
        for table in TABLES {
            found.extend(self.items(table).await?);
        }
        found.extend(self.objects("").await?);
        found.extend(self.messages_whole().await?);
        Ok(found)
    }

    /// Every line of every function's log.
    ///
    /// # Errors
    /// When the logs cannot be read.
    pub async fn everything_said(&self) -> anyhow::Result<Vec<Found>> {
        let mut found = Vec::new();
        for function in Function::ALL {
            let lines = self.log(function).await?;
            found.extend(lines.into_iter().map(|line| Found::new(function.name(), line)));
        }
        Ok(found)
    }

    /// Every version of the objects below a folder.
    ///
    /// # Errors
    /// When the bucket does not answer.
    pub async fn objects(&self, prefix: &str) -> anyhow::Result<Vec<Found>> {
        let mut found = Vec::new();
        for version in self.store.list_versions(prefix).await? {
            let bytes = self.store.get_version(&version).await?.unwrap_or_default();
            let bytes = if version.key.ends_with(".gz") { unpacked(GzDecoder::new(&*bytes))? } else { bytes };
            found.push(Found::new(&version.key, String::from_utf8_lossy(&bytes)));
        }
        Ok(found)
    }

    async fn items(&self, table: &str) -> anyhow::Result<Vec<Found>> {
        let scan = self.clients.dynamo.scan().table_name(self.output(table)?).consistent_read(true);
        let mut pages = scan.into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            for item in page?.items() {
                let texts: Vec<String> =
                    item.iter().map(|(name, value)| format!("{name}={}", text(value))).collect();
                found.push(Found::new(table, texts.join(" ")));
            }
        }
        Ok(found)
    }

    /// The messages with all that hangs on them; they stay where they are.
    async fn messages_whole(&self) -> anyhow::Result<Vec<Found>> {
        let mut found = Vec::new();
        for queue in QUEUES {
            let messages = self.hidden_for_a_moment(queue).await?;
            found.extend(messages.iter().map(|message| Found::new(queue, format!("{message:?}"))));
        }
        // Whoever looks next shall see them again.
        tokio::time::sleep(HIDDEN).await;
        Ok(found)
    }

    /// All messages of a queue, hidden meanwhile: else each call might show the same ten. One that somebody else has just
    /// looked at shows itself again soon.
    async fn hidden_for_a_moment(&self, queue: &str) -> anyhow::Result<Vec<Message>> {
        let (url, mut all) = (self.resource(queue)?, BTreeMap::new());
        self.wait_for(&format!("all messages of {queue}"), async || {
            let receive = self.clients.sqs.receive_message().queue_url(url).max_number_of_messages(10);
            let receive =
                receive.visibility_timeout(i32::try_from(HIDDEN.as_secs())?).message_attribute_names("All");
            let received = receive.message_system_attribute_names("All".into()).send().await?;
            let messages = received.messages.unwrap_or_default().into_iter();
            all.extend(messages.map(|message| (message.message_id.clone(), message)));
            Ok((u64::try_from(all.len())? >= self.messages(queue).await?).then_some(()))
        })
        .await?;
        Ok(all.into_values().collect())
    }
}

/// An attribute as text; what is packed is unpacked, at any depth.
fn text(value: &AttributeValue) -> String {
    match value {
        AttributeValue::B(blob) => {
            let unpacked = unpacked(DeflateDecoder::new(blob.as_ref()));
            String::from_utf8_lossy(unpacked.as_deref().unwrap_or(blob.as_ref())).into_owned()
        }
        AttributeValue::L(values) => values.iter().map(text).collect::<Vec<_>>().join(" "),
        AttributeValue::M(values) => {
            values.iter().map(|(name, value)| format!("{name}={}", text(value))).collect::<Vec<_>>().join(" ")
        }
        other => format!("{other:?}"),
    }
}

fn unpacked(mut packed: impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    packed.read_to_end(&mut bytes)?;
    Ok(bytes)
}
