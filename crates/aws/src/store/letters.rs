//! Dead letters that are about somebody.

use std::collections::BTreeSet;

use aws_sdk_sqs::types::Message;
use nachklang_domain::ports::PortResult;

use super::AwsStore;
use super::fault::fault;
use crate::config::Setting;

/// Seconds for which a letter that was looked at stays out of sight: longer than looking through all of them takes.
const HIDDEN: i32 = 120;
/// Most letters that are looked at in one go; an operator redrives or deletes long before there are so many.
const MOST: usize = 10_000;
/// SQS asks a part of its servers only; so many empty answers in a row mean that there is nothing more.
///
/// Source: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html>
const EMPTY: u32 = 2;

/// What was found among the letters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Letters {
    /// Looked at.
    pub seen: u64,
    /// Thrown away.
    pub thrown_away: u64,
}

impl AwsStore {
    /// Looks through the dead letters of the mail events and throws those away that are meant. The others come back by
    /// themselves.
    ///
    /// # Errors
    /// When the queue does not answer.
    pub async fn throw_letters_away(&self, is_meant: impl Fn(&str) -> bool) -> PortResult<Letters> {
        let queue = self.config.get(Setting::EventsDeadLetters)?;
        let (mut seen, mut letters, mut empty) = (BTreeSet::new(), Letters::default(), 0);
        while empty < EMPTY && seen.len() < MOST {
            let messages = self.letters(queue).await?;
            let known = seen.len();
            for message in &messages {
                seen.insert(message.message_id().unwrap_or_default().to_owned());
                if message.body().is_some_and(&is_meant) {
                    self.throw_away(queue, message).await?;
                    letters.thrown_away += 1;
                }
            }
            empty = if seen.len() == known { empty + 1 } else { 0 };
        }
        letters.seen = u64::try_from(seen.len()).unwrap_or(u64::MAX);
        Ok(letters)
    }

    async fn letters(&self, queue: &str) -> PortResult<Vec<Message>> {
        let receive = self.clients.sqs.receive_message().queue_url(queue).max_number_of_messages(10);
        let answer = receive.visibility_timeout(HIDDEN).wait_time_seconds(1).send().await;
        Ok(answer.map_err(|error| fault("read dead letters", queue, &error))?.messages.unwrap_or_default())
    }

    async fn throw_away(&self, queue: &str, message: &Message) -> PortResult<()> {
        let receipt = message.receipt_handle().unwrap_or_default();
        let delete = self.clients.sqs.delete_message().queue_url(queue).receipt_handle(receipt);
        delete.send().await.map_err(|error| fault("throw a dead letter away", queue, &error)).map(drop)
    }
}
