//! Works through the messages of a batch: each one alone, so that a bad one holds up nobody.
//!
//! What failed and what was not begun is reported back by its id; SQS deletes the rest. A message that panics fails
//! alone. A second copy of a message within a batch is not done again.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html> (partial batch responses: an
//! empty id gives the whole batch back).

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::time::Instant;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsMessage};
use futures::FutureExt as _;
use futures::stream::{self, StreamExt as _};

use super::deadline::Deadline;

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is done with and is deleted.
    Done,
    /// It comes again, and after its last try goes to the dead-letter queue. The reason is logged and holds nothing
    /// of the body.
    Failed(String),
}

/// What became of a message, seen from the batch.
enum Settled {
    Done,
    Failed,
    Untouched,
}

/// Works through a batch, one message after the other.
///
/// `handle` gets the body and the message. It is not begun any more once the deadline is near.
pub async fn run_batch(
    messages: Vec<SqsMessage>,
    deadline: &Deadline,
    handle: impl AsyncFn(&str, &SqsMessage) -> Outcome,
) -> SqsBatchResponse {
    run_batch_at_once(1, messages, deadline, handle).await
}

/// Works through a batch, at most `at_once` messages at the same time (at least one).
pub async fn run_batch_at_once(
    at_once: usize,
    messages: Vec<SqsMessage>,
    deadline: &Deadline,
    handle: impl AsyncFn(&str, &SqsMessage) -> Outcome,
) -> SqsBatchResponse {
    let begun = Instant::now();
    let (received, messages) = (messages.len(), without_copies(messages));
    let handle = &handle;
    let settled = stream::iter(&messages)
        .map(async |message| (message, settle(message, deadline, handle).await))
        .buffer_unordered(at_once.max(1));
    let tally =
        settled.fold(Tally::default(), async |tally, (message, settled)| tally.add(message, &settled));
    let tally = tally.await;
    tally.log(received, begun);
    tally.response
}

/// The messages, each once. One without an id is like no other.
fn without_copies(mut messages: Vec<SqsMessage>) -> Vec<SqsMessage> {
    let mut seen = BTreeSet::new();
    messages.retain(|message| message.message_id.as_ref().is_none_or(|id| seen.insert(id.clone())));
    messages
}

async fn settle(
    message: &SqsMessage,
    deadline: &Deadline,
    handle: &impl AsyncFn(&str, &SqsMessage) -> Outcome,
) -> Settled {
    if deadline.is_near() {
        return Settled::Untouched;
    }
    let body = message.body.as_deref().unwrap_or_default();
    let work = AssertUnwindSafe(async { handle(body, message).await }).catch_unwind();
    let reason = match tokio::time::timeout(deadline.left_for_work(), work).await {
        Ok(Ok(Outcome::Done)) => return Settled::Done,
        Ok(Ok(Outcome::Failed(reason))) => reason,
        Ok(Err(_panic)) => "it panicked: the log says where".to_owned(),
        Err(_elapsed) => "it took longer than the time that was left".to_owned(),
    };
    tracing::warn!(message_id = message.message_id, reason, "a message failed");
    Settled::Failed
}

/// What became of a batch.
#[derive(Default)]
struct Tally {
    done: u64,
    failed: u64,
    untouched: u64,
    response: SqsBatchResponse,
}

impl Tally {
    fn add(mut self, message: &SqsMessage, settled: &Settled) -> Self {
        match settled {
            Settled::Done => {
                self.done += 1;
                return self;
            }
            Settled::Failed => self.failed += 1,
            Settled::Untouched => self.untouched += 1,
        }
        self.response.add_failure(message.message_id.clone().unwrap_or_default());
        self
    }

    fn log(&self, received: usize, begun: Instant) {
        let Self { done, failed, untouched, .. } = *self;
        let ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let function = std::env::var("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default();
        tracing::info!(function, received, done, failed, untouched, ms, "batch done");
    }
}
