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

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use jiff::{SignedDuration, Timestamp};

    use super::*;

    thread_local! {
        static SECONDS: Cell<i64> = const { Cell::new(0) };
    }

    fn clock() -> Timestamp {
        let noon: Timestamp = "2026-11-05T12:00:00Z".parse().unwrap();
        noon + SignedDuration::from_secs(SECONDS.get())
    }

    /// A deadline so many seconds ahead, with a reserve of ten.
    fn deadline(seconds: i64) -> Deadline {
        SECONDS.set(0);
        let ends = clock() + SignedDuration::from_secs(seconds);
        Deadline::at(ends, clock).reserving(Duration::from_secs(10))
    }

    fn message(id: &str, body: &str) -> SqsMessage {
        let mut message = SqsMessage::default();
        message.message_id = Some(id.to_owned());
        message.body = Some(body.to_owned());
        message
    }

    fn messages(bodies: &[&str]) -> Vec<SqsMessage> {
        bodies.iter().enumerate().map(|(at, body)| message(&format!("m{at}"), body)).collect()
    }

    fn failed(response: &SqsBatchResponse) -> Vec<&str> {
        response.batch_item_failures.iter().map(|failure| failure.item_identifier.as_str()).collect()
    }

    async fn handle(body: &str, _: &SqsMessage) -> Outcome {
        match body {
            "good" => Outcome::Done,
            "panic" => panic!("with mira@example.com"),
            "slow" => {
                SECONDS.set(SECONDS.get() + 30);
                Outcome::Done
            }
            "never" => std::future::pending().await,
            _ => Outcome::Failed("it cannot be read".to_owned()),
        }
    }

    #[tokio::test]
    async fn a_bad_message_fails_alone_whether_it_says_so_or_panics() {
        let batch = messages(&["good", "bad", "good", "panic", "good", ""]);
        let response = run_batch(batch, &deadline(60), handle).await;
        assert_eq!(failed(&response), ["m1", "m3", "m5"]);
    }

    #[tokio::test]
    async fn what_is_not_begun_in_time_is_given_back() {
        // Two slow ones of 30 s each leave the reserve alone.
        let batch = messages(&["slow", "slow", "good", "good"]);
        let response = run_batch(batch, &deadline(70), handle).await;
        assert_eq!(failed(&response), ["m2", "m3"]);
    }

    #[tokio::test]
    async fn without_time_nothing_is_begun_and_nothing_lost() {
        for seconds in [0, -5, 10] {
            let begun = AtomicUsize::new(0);
            let response = run_batch(messages(&["good", "good"]), &deadline(seconds), async |_, _| {
                begun.fetch_add(1, Ordering::Relaxed);
                Outcome::Done
            })
            .await;
            assert_eq!((failed(&response), begun.into_inner()), (vec!["m0", "m1"], 0), "{seconds} s");
        }
    }

    #[tokio::test]
    async fn a_message_that_never_ends_is_given_up_and_the_rest_is_answered_for() {
        // The clock stands; what is left for work is a millisecond.
        let short = Deadline::at(clock() + SignedDuration::from_millis(501), clock).reserving(Duration::ZERO);
        let response = run_batch_at_once(2, messages(&["never", "good"]), &short, handle).await;
        assert_eq!(failed(&response), ["m0"]);
    }

    #[tokio::test]
    async fn a_second_copy_of_a_message_is_not_done_again() {
        let seen = Mutex::new(Vec::new());
        let batch =
            vec![message("a", "good"), message("b", "bad"), message("a", "good"), message("b", "bad")];
        let response = run_batch(batch, &deadline(60), async |body: &str, message: &SqsMessage| {
            seen.lock().unwrap().push(message.message_id.clone().unwrap());
            handle(body, message).await
        })
        .await;
        assert_eq!(
            (failed(&response), seen.into_inner().unwrap()),
            (vec!["b"], vec!["a".to_owned(), "b".to_owned()])
        );
    }

    #[tokio::test]
    async fn a_message_without_an_id_that_fails_gives_the_whole_batch_back() {
        let mut nameless = message("", "bad");
        nameless.message_id = None;
        let response = run_batch(vec![nameless, message("a", "good")], &deadline(60), handle).await;
        assert_eq!(failed(&response), [""]);
    }

    #[tokio::test]
    async fn an_empty_batch_is_done() {
        assert!(failed(&run_batch(Vec::new(), &deadline(60), handle).await).is_empty());
    }

    #[tokio::test]
    async fn no_more_are_worked_on_at_once_than_allowed_and_all_are() {
        for (allowed, at_once) in [(0, 1), (1, 1), (3, 3), (100, 12)] {
            let (open, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
            let batch = messages(&["good"; 12]);
            let response = run_batch_at_once(allowed, batch, &deadline(60), async |_, _| {
                most.fetch_max(open.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                open.fetch_sub(1, Ordering::Relaxed);
                Outcome::Done
            })
            .await;
            assert_eq!((failed(&response).len(), most.into_inner()), (0, at_once));
        }
    }
}
