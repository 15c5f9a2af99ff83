//! Dead letters that are about somebody.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_sqs::types::{Message, QueueAttributeName};
use nachklang_domain::ports::PortResult;

use super::AwsStore;
use super::fault::fault;
use crate::config::Setting;

/// Seconds for which a letter that was looked at stays out of sight: longer than looking through all of them takes.
const HIDDEN: i32 = 120;
/// Most letters that are looked at in one go; an operator redrives or deletes long before there are so many.
const MOST: usize = 10_000;
/// SQS asks a part of its servers only; so many answers in a row without a new letter mean that there is nothing more.
///
/// Source: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html>
const EMPTY: u32 = 2;
const READING: &str = "read dead letters";

/// What was found among the letters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Letters {
    /// Thrown away.
    pub thrown_away: u64,
    /// Whether all were looked at: there are not too many, and nobody else was looking through them, from whom they hide.
    pub all_seen: bool,
}

impl AwsStore {
    /// Looks through the dead letters of the mail events and throws those away that are meant. The others show themselves
    /// again at once.
    ///
    /// # Errors
    /// When the queue does not answer; what was not thrown away shows itself again within two minutes.
    pub async fn throw_letters_away(&self, is_meant: impl Fn(&str) -> bool) -> PortResult<Letters> {
        let queue = self.config.get(Setting::EventsDeadLetters)?;
        let (mut others, mut thrown_away, mut empty) = (BTreeMap::new(), 0, 0);
        while empty < EMPTY && others.len() < MOST {
            let before = (others.len(), thrown_away);
            for message in self.letters(queue).await? {
                if message.body().is_some_and(&is_meant) {
                    self.throw_away(queue, &message).await?;
                    thrown_away += 1;
                } else {
                    let receipt = message.receipt_handle.unwrap_or_default();
                    others.insert(message.message_id.unwrap_or_default(), (receipt, Duration::ZERO));
                }
            }
            empty = if (others.len(), thrown_away) == before { empty + 1 } else { 0 };
        }
        let all_seen = others.len() < MOST && self.hidden_letters(queue).await? <= others.len();
        self.show_again(queue, &others.into_values().collect::<Vec<_>>()).await?;
        Ok(Letters { thrown_away, all_seen })
    }

    async fn letters(&self, queue: &str) -> PortResult<Vec<Message>> {
        let receive = self.clients.sqs.receive_message().queue_url(queue).max_number_of_messages(10);
        let answer = receive.visibility_timeout(HIDDEN).wait_time_seconds(1).send().await;
        Ok(answer.map_err(|error| fault(READING, queue, &error))?.messages.unwrap_or_default())
    }

    /// About how many letters are out of sight, those that this look hid among them.
    async fn hidden_letters(&self, queue: &str) -> PortResult<usize> {
        let hidden = QueueAttributeName::ApproximateNumberOfMessagesNotVisible;
        let ask = self.clients.sqs.get_queue_attributes().queue_url(queue).attribute_names(hidden.clone());
        let told = ask.send().await.map_err(|error| fault(READING, queue, &error))?;
        let count = told.attributes().and_then(|told| told.get(&hidden)?.parse().ok());
        Ok(count.unwrap_or(0))
    }

    async fn throw_away(&self, queue: &str, message: &Message) -> PortResult<()> {
        let receipt = message.receipt_handle().unwrap_or_default();
        let delete = self.clients.sqs.delete_message().queue_url(queue).receipt_handle(receipt);
        delete.send().await.map_err(|error| fault("throw a dead letter away", queue, &error)).map(drop)
    }
}
