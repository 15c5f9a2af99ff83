//! The queues between the stations.

use std::time::Duration;

use aws_sdk_sqs::error::BuildError;
use aws_sdk_sqs::types::{
    BatchResultErrorEntry, ChangeMessageVisibilityBatchRequestEntry, MessageAttributeValue,
    SendMessageBatchRequestEntry,
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use nachklang_domain::ports::{MailTask, PortError, PortResult, Queues};
use serde::Serialize;

use super::AwsStore;
use super::fault::fault;
use super::retry::Backoff;
use crate::config::Setting;
use crate::lambda::OwnQueue;

/// Most messages a call. They are some kilobytes together, and a call takes a megabyte.
///
/// Source: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html>
const MESSAGES: usize = 10;
/// So many calls are under way at once.
const IN_FLIGHT: usize = 4;
/// The longest that a message can be held back.
///
/// Source: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>
const LONGEST_DELAY: Duration = Duration::from_secs(900);

const SENDING: &str = "queue tasks";
/// Why a message lies with the dead letters. One whose function ended five times without an answer has none.
const REASON: &str = "reason";

/// Where a mail can wait for its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Station {
    /// Before the coupon assignment.
    Assignment,
    /// Before the delivery.
    Delivery,
}

impl Station {
    const fn queue(self) -> Setting {
        match self {
            Self::Assignment => Setting::AssignmentQueue,
            Self::Delivery => Setting::DeliveryQueue,
        }
    }
}

impl Queues for AwsStore {
    async fn to_assignment(&self, tasks: &[MailTask]) -> PortResult<()> {
        self.enqueue(Station::Assignment.queue(), tasks).await
    }

    async fn to_delivery(&self, tasks: &[MailTask]) -> PortResult<()> {
        self.enqueue(Station::Delivery.queue(), tasks).await
    }
}

impl OwnQueue for AwsStore {
    fn first_pause(&self) -> PortResult<Duration> {
        self.config.first_pause()
    }

    async fn come_again(&self, receipts: &[(String, Duration)]) -> PortResult<()> {
        self.show_again(self.config.get(Setting::OwnQueue)?, receipts).await
    }

    async fn park(&self, body: &str, reason: &str) -> PortResult<()> {
        let queue = self.config.get(Setting::OwnDeadLetters)?;
        let text = MessageAttributeValue::builder().data_type("String").string_value(reason);
        let call = self.clients.sqs.send_message().queue_url(queue).message_body(body);
        let call = call.message_attributes(REASON, text.build().map_err(unmade)?).send().await;
        call.map_err(|error| fault("park a message", queue, &error)).map(drop)
    }
}

impl AwsStore {
    /// Puts a message into the function's own queue anew, to be seen after a delay of at most fifteen minutes; a longer one
    /// is cut. So what goes on in another invocation burns no receive.
    ///
    /// # Errors
    /// When the queue does not take it.
    pub async fn anew(&self, body: &str, delay: Duration) -> PortResult<()> {
        self.send_later("queue a message anew", Setting::OwnQueue, body.to_owned(), delay).await
    }

    /// Hands a task to a station that sees it after a delay of at most fifteen minutes; a longer one is cut.
    ///
    /// # Errors
    /// When the queue does not take it.
    pub async fn later(&self, station: Station, task: &MailTask, delay: Duration) -> PortResult<()> {
        self.send_later("queue a mail for later", station.queue(), json(task)?, delay).await
    }

    async fn send_later(
        &self,
        doing: &'static str,
        queue: Setting,
        body: String,
        delay: Duration,
    ) -> PortResult<()> {
        let queue = self.config.get(queue)?;
        let seconds = i32::try_from(delay.min(LONGEST_DELAY).as_secs()).unwrap_or(i32::MAX);
        let message = self.clients.sqs.send_message().queue_url(queue).message_body(body);
        let call = message.delay_seconds(seconds).send().await;
        call.map_err(|error| fault(doing, queue, &error)).map(drop)
    }

    /// Lets messages of a queue, by their receipts, show themselves again after a pause each.
    pub(super) async fn show_again(&self, queue: &str, receipts: &[(String, Duration)]) -> PortResult<()> {
        let mut refused = 0;
        for some in receipts.chunks(MESSAGES) {
            let call = self.clients.sqs.change_message_visibility_batch().queue_url(queue);
            let call = call.set_entries(Some(pauses(some)?)).send().await;
            let answer = call.map_err(|error| fault("let messages come again", queue, &error))?;
            refused += answer.failed().len();
        }
        if refused > 0 {
            return Err(PortError::transient(format!("{queue} refuses the pause of {refused} messages")));
        }
        Ok(())
    }

    /// Queues tasks, each at least once, in any order.
    pub(super) async fn enqueue<T: Serialize>(&self, queue: Setting, tasks: &[T]) -> PortResult<()> {
        let queue = self.config.get(queue)?;
        let bodies = tasks.iter().map(json).collect::<PortResult<Vec<String>>>()?;
        let calls: Vec<_> = bodies.chunks(MESSAGES).map(entries).collect::<PortResult<_>>()?;
        let calls = calls.into_iter().map(|messages| self.send_messages(queue, messages));
        stream::iter(calls).buffer_unordered(IN_FLIGHT).try_collect().await
    }

    async fn send_messages(
        &self,
        queue: &str,
        mut messages: Vec<SendMessageBatchRequestEntry>,
    ) -> PortResult<()> {
        let mut backoff = Backoff::default();
        loop {
            let send = self.clients.sqs.send_message_batch().queue_url(queue);
            let call = send.set_entries(Some(messages.clone())).send().await;
            let answer = call.map_err(|error| fault(SENDING, queue, &error))?;
            let failed = answer.failed();
            if let Some(refused) = failed.iter().find(|failed| failed.sender_fault()) {
                return Err(refusal(queue, refused));
            }
            messages.retain(|message| failed.iter().any(|failed| failed.id() == message.id()));
            if messages.is_empty() {
                return Ok(());
            }
            if !backoff.pause().await {
                let problem = "it leaves messages over; try again in a moment";
                return Err(PortError::transient(format!("cannot {SENDING} ({queue}): {problem}")));
            }
        }
    }
}

fn pauses(receipts: &[(String, Duration)]) -> PortResult<Vec<ChangeMessageVisibilityBatchRequestEntry>> {
    let entry = |(number, (receipt, pause)): (usize, &(String, Duration))| {
        let seconds = i32::try_from(pause.as_secs()).unwrap_or(i32::MAX);
        let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(number.to_string());
        entry.receipt_handle(receipt).visibility_timeout(seconds).build()
    };
    let entries: Result<Vec<_>, _> = receipts.iter().enumerate().map(entry).collect();
    entries.map_err(unmade)
}

/// Of the answer only the code is told: its message may quote the body.
fn refusal(queue: &str, refused: &BatchResultErrorEntry) -> PortError {
    let remedy = "the message is refused: compare the queue with the template of the stack";
    PortError::permanent(format!("cannot {SENDING} ({queue}): {remedy} [{}]", refused.code()))
}

fn json<T: Serialize>(task: &T) -> PortResult<String> {
    serde_json::to_string(task)
        .map_err(|_| PortError::permanent("a task cannot be written as JSON; this is a defect"))
}

/// The messages of one call, numbered so that the answer can tell which of them failed.
fn entries(bodies: &[String]) -> PortResult<Vec<SendMessageBatchRequestEntry>> {
    let entry = |(number, body): (usize, &String)| {
        SendMessageBatchRequestEntry::builder().id(number.to_string()).message_body(body).build()
    };
    let entries: Result<Vec<_>, _> = bodies.iter().enumerate().map(entry).collect();
    entries.map_err(unmade)
}

fn unmade(error: BuildError) -> PortError {
    PortError::permanent("a request to SQS could not be made; this is a defect").because(error)
}
