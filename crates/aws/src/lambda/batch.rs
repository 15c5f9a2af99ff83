//! Works through the messages of a batch: each one alone, so that a bad one holds up nobody.
//!
//! What failed and what was not begun is reported back by its id; SQS deletes the rest. When it comes again is told to the
//! queue. A message that panics fails alone. A second copy of a message within a batch is not done again.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html> (partial batch responses: an
//! empty id gives the whole batch back).

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsMessage};
use futures::FutureExt as _;
use futures::stream::{self, StreamExt as _};
use nachklang_domain::ports::{PortError, PortResult};

use super::again::{Cause, OwnQueue, is_last_try, pause};
use super::deadline::Deadline;
use super::log::chain;

/// Telling the queue when a message comes again, or that it does not, takes no longer, and no more than half of the time
/// that is left: a batch that is not answered for comes back whole, with what was done.
const TELLING: Duration = Duration::from_secs(3);

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is done with and is deleted.
    Done,
    /// It comes again after a pause; after its last try it goes to the dead-letter queue, the reason beside it. That holds
    /// nothing of the body.
    Failed(String),
    /// No further try can cure it: it goes to the dead-letter queue at once, the reason beside it.
    Parked(String),
}

/// What became of a message, seen from the batch.
enum Settled {
    Done,
    Parked,
    Again(Cause),
}

/// Works through a batch, one message after the other.
///
/// `handle` gets the body and the message. It is not begun any more once the deadline is near.
pub async fn run_batch(
    queue: &impl OwnQueue,
    messages: Vec<SqsMessage>,
    deadline: &Deadline,
    handle: impl AsyncFn(&str, &SqsMessage) -> Outcome,
) -> SqsBatchResponse {
    run_batch_at_once(1, queue, messages, deadline, handle).await
}

/// Works through a batch, at most `at_once` messages at the same time (at least one).
pub async fn run_batch_at_once(
    at_once: usize,
    queue: &impl OwnQueue,
    messages: Vec<SqsMessage>,
    deadline: &Deadline,
    handle: impl AsyncFn(&str, &SqsMessage) -> Outcome,
) -> SqsBatchResponse {
    let begun = Instant::now();
    let (received, messages) = (messages.len(), without_copies(messages));
    let handle = &handle;
    let settled = stream::iter(&messages)
        .map(async |message| (message, settle(queue, message, deadline, handle).await))
        .buffer_unordered(at_once.max(1));
    let tally =
        settled.fold(Tally::default(), async |tally, (message, settled)| tally.add(message, &settled));
    let tally = tally.await;
    tally.come_again(queue, deadline).await;
    tally.log(received, begun);
    tally.response
}

/// Waits for what all messages of a batch need. If it cannot be had the whole batch has failed: it comes again as a single
/// message would, instead of when the queue's own time is over.
///
/// # Errors
/// What was in the way; the function ends with it.
pub async fn needed<T>(
    queue: &impl OwnQueue,
    messages: &[SqsMessage],
    deadline: &Deadline,
    need: impl Future<Output = PortResult<T>>,
) -> PortResult<T> {
    let begun = Instant::now();
    let error = match need.await {
        Ok(had) => return Ok(had),
        Err(error) => error,
    };
    let tally = messages
        .iter()
        .fold(Tally::default(), |tally, message| tally.add(message, &Settled::Again(Cause::Failed)));
    tally.come_again(queue, deadline).await;
    tally.log(messages.len(), begun);
    Err(error)
}

/// The messages, each once. One without an id is like no other.
fn without_copies(mut messages: Vec<SqsMessage>) -> Vec<SqsMessage> {
    let mut seen = BTreeSet::new();
    messages.retain(|message| message.message_id.as_ref().is_none_or(|id| seen.insert(id.clone())));
    messages
}

async fn settle(
    queue: &impl OwnQueue,
    message: &SqsMessage,
    deadline: &Deadline,
    handle: &impl AsyncFn(&str, &SqsMessage) -> Outcome,
) -> Settled {
    if deadline.is_near() {
        return Settled::Again(Cause::Untouched);
    }
    let body = message.body.as_deref().unwrap_or_default();
    let work = AssertUnwindSafe(handle(body, message)).catch_unwind();
    let outcome = match tokio::time::timeout(deadline.left_for_work(), work).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_panic)) => Outcome::Failed("it panicked: the log says where".to_owned()),
        Err(_elapsed) => Outcome::Failed("it took longer than the time that was left".to_owned()),
    };
    match outcome {
        Outcome::Done => Settled::Done,
        Outcome::Failed(reason) if !is_last_try(message) => comes_again(message, &reason),
        Outcome::Failed(reason) | Outcome::Parked(reason) => park(queue, message, &reason, deadline).await,
    }
}

fn comes_again(message: &SqsMessage, reason: &str) -> Settled {
    tracing::warn!(message_id = message.message_id, reason, "a message failed");
    Settled::Again(Cause::Failed)
}

/// Lays a message with the dead letters. What cannot be laid there comes again, or is laid there by SQS without a reason.
async fn park(queue: &impl OwnQueue, message: &SqsMessage, reason: &str, deadline: &Deadline) -> Settled {
    let parking = queue.park(message.body.as_deref().unwrap_or_default(), reason);
    let parked = tokio::time::timeout(telling(deadline), parking).await;
    let late = |_| Err(PortError::transient("the queue did not answer in time"));
    if let Err(error) = parked.unwrap_or_else(late) {
        return comes_again(message, &format!("{reason}; it cannot be parked: {error}"));
    }
    tracing::error!(message_id = message.message_id, reason, "a message was parked");
    Settled::Parked
}

/// How long telling the queue something may take.
fn telling(deadline: &Deadline) -> Duration {
    TELLING.min(deadline.left() / 2)
}

/// What became of a batch.
#[derive(Default)]
struct Tally<'a> {
    done: u64,
    parked: u64,
    failed: u64,
    untouched: u64,
    again: Vec<(&'a SqsMessage, Cause)>,
    response: SqsBatchResponse,
}

impl<'a> Tally<'a> {
    fn add(mut self, message: &'a SqsMessage, settled: &Settled) -> Self {
        match settled {
            Settled::Done => self.done += 1,
            Settled::Parked => self.parked += 1,
            Settled::Again(cause) => {
                match cause {
                    Cause::Failed => self.failed += 1,
                    Cause::Untouched => self.untouched += 1,
                }
                self.again.push((message, *cause));
                self.response.add_failure(message.message_id.clone().unwrap_or_default());
            }
        }
        self
    }

    /// Tells the queue when they come again. Where that fails, they come when the queue's own time is over.
    async fn come_again(&self, queue: &impl OwnQueue, deadline: &Deadline) {
        let pauses = match self.pauses(queue) {
            Ok(pauses) if pauses.is_empty() => return,
            pauses => pauses,
        };
        let told = async { queue.come_again(&pauses?).await };
        let told = tokio::time::timeout(telling(deadline), told).await;
        let late = |_| Err(PortError::transient("the queue did not answer in time"));
        if let Err(error) = told.unwrap_or_else(late) {
            tracing::warn!(
                error = chain(&error),
                "what failed comes again when the queue's own time is over"
            );
        }
    }

    fn pauses(&self, queue: &impl OwnQueue) -> PortResult<Vec<(String, Duration)>> {
        let first = queue.first_pause()?;
        let pause = |(message, cause): &(&SqsMessage, Cause)| {
            let share = getrandom::u32().unwrap_or(u32::MAX);
            Some((message.receipt_handle.clone()?, pause(message, *cause, first, share)))
        };
        Ok(self.again.iter().filter_map(pause).collect())
    }

    fn log(&self, received: usize, begun: Instant) {
        let Self { done, parked, failed, untouched, .. } = *self;
        let ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let function = std::env::var("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default();
        tracing::info!(function, received, done, parked, failed, untouched, ms, "batch done");
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};
    use nachklang_domain::ports::PortError;
    use std::cell::Cell;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::lambda::heard;

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

    /// What the queue was told.
    #[derive(Debug, Default)]
    struct Told {
        again: Mutex<Vec<(String, Duration)>>,
        parked: Mutex<Vec<(String, String)>>,
        cannot_park: bool,
        /// It takes what it is told and never answers.
        is_silent: bool,
    }

    impl OwnQueue for Told {
        fn first_pause(&self) -> PortResult<Duration> {
            Ok(Duration::from_secs(60))
        }

        async fn come_again(&self, receipts: &[(String, Duration)]) -> PortResult<()> {
            self.again.lock().unwrap().extend_from_slice(receipts);
            if self.is_silent {
                std::future::pending::<()>().await;
            }
            Err(PortError::transient("the queue does not answer"))
        }

        async fn park(&self, body: &str, reason: &str) -> PortResult<()> {
            self.parked.lock().unwrap().push((body.to_owned(), reason.to_owned()));
            if self.is_silent {
                std::future::pending::<()>().await;
            }
            if self.cannot_park { Err(PortError::transient("the queue does not answer")) } else { Ok(()) }
        }
    }

    fn message(id: &str, body: &str) -> SqsMessage {
        let mut message = SqsMessage::default();
        message.message_id = Some(id.to_owned());
        message.receipt_handle = Some(format!("receipt of {id}"));
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
            "hopeless" => Outcome::Parked("the body is no task".to_owned()),
            _ => Outcome::Failed("it cannot be read".to_owned()),
        }
    }

    #[tokio::test]
    async fn a_bad_message_fails_alone_whether_it_says_so_or_panics() {
        let batch = messages(&["good", "bad", "good", "panic", "good", ""]);
        let response = run_batch(&Told::default(), batch, &deadline(60), handle).await;
        assert_eq!(failed(&response), ["m1", "m3", "m5"]);
    }

    #[tokio::test]
    async fn what_is_not_begun_in_time_is_given_back() {
        // Two slow ones of 30 s each leave the reserve alone.
        let batch = messages(&["slow", "slow", "good", "good"]);
        let response = run_batch(&Told::default(), batch, &deadline(70), handle).await;
        assert_eq!(failed(&response), ["m2", "m3"]);
    }

    /// That the queue does not answer changes nothing: then its own time holds.
    #[tokio::test]
    async fn the_queue_is_told_when_each_message_comes_again() {
        let told = Told::default();
        let response =
            run_batch(&told, messages(&["bad", "slow", "slow", "good"]), &deadline(70), handle).await;
        assert_eq!(failed(&response), ["m0", "m3"]);
        let told = told.again.into_inner().unwrap();
        let [(first, failed), (second, untouched)] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!((first.as_str(), second.as_str()), ("receipt of m0", "receipt of m3"));
        assert!((30..=60).contains(&failed.as_secs()) && (3..=6).contains(&untouched.as_secs()), "{told:?}");
    }

    #[tokio::test]
    async fn what_no_try_can_cure_is_parked_at_once_with_its_reason() {
        let told = Told::default();
        let response = run_batch(&told, messages(&["hopeless", "good"]), &deadline(60), handle).await;
        assert!(failed(&response).is_empty());
        let parked = told.parked.into_inner().unwrap();
        assert_eq!(parked, [("hopeless".to_owned(), "the body is no task".to_owned())]);
    }

    #[tokio::test]
    async fn what_fails_for_the_last_time_is_parked_with_its_reason() {
        let (told, mut batch) = (Told::default(), messages(&["bad", "panic", "bad"]));
        for (message, receives) in batch.iter_mut().zip(["5", "5", "4"]) {
            message.attributes.insert("ApproximateReceiveCount".to_owned(), receives.to_owned());
        }
        let response = run_batch(&told, batch, &deadline(60), handle).await;
        assert_eq!(failed(&response), ["m2"]);
        let parked = told.parked.into_inner().unwrap();
        let reasons: Vec<&str> = parked.iter().map(|(_, reason)| reason.as_str()).collect();
        assert_eq!(reasons, ["it cannot be read", "it panicked: the log says where"]);
    }

    #[tokio::test]
    async fn what_cannot_be_parked_comes_again_and_is_not_lost() {
        let told = Told { cannot_park: true, ..Told::default() };
        let response = run_batch(&told, messages(&["hopeless", "good"]), &deadline(60), handle).await;
        assert_eq!(failed(&response), ["m0"]);
    }

    /// A deadline by a clock that stands, with so little time left.
    fn milliseconds(left: i64) -> Deadline {
        Deadline::at(clock() + SignedDuration::from_millis(left), clock).reserving(Duration::ZERO)
    }

    #[tokio::test]
    async fn a_queue_that_never_answers_keeps_no_batch_from_being_answered_for() {
        let told = Told { is_silent: true, ..Told::default() };
        let (batch, short) = (messages(&["good", "bad", "hopeless"]), milliseconds(520));
        let answer = run_batch(&told, batch, &short, handle);
        let response = tokio::time::timeout(Duration::from_secs(30), answer).await.unwrap();
        assert_eq!(failed(&response), ["m1", "m2"]);
        assert_eq!(told.again.into_inner().unwrap().len(), 2, "it was told");
    }

    #[tokio::test]
    async fn what_all_messages_need_and_cannot_have_brings_each_of_them_back_after_its_pause() {
        let (told, batch) = (Told::default(), messages(&["good", "good"]));
        let need = async { Err::<(), _>(PortError::transient("the table does not answer")) };
        let error = needed(&told, &batch, &deadline(60), need).await.unwrap_err();
        assert_eq!(error.to_string(), "the table does not answer");
        let told = told.again.into_inner().unwrap();
        assert_eq!(told.len(), 2);
        assert!(told.iter().all(|(_, pause)| (30..=60).contains(&pause.as_secs())), "{told:?}");
    }

    #[tokio::test]
    async fn what_all_messages_need_and_have_tells_the_queue_nothing() {
        let told = Told::default();
        let had = needed(&told, &messages(&["good"]), &deadline(60), async { Ok(7) }).await;
        assert_eq!(had.unwrap(), 7);
        assert!(told.again.into_inner().unwrap().is_empty());
    }

    fn counts(line: &serde_json::Value) -> [u64; 5] {
        ["received", "done", "parked", "failed", "untouched"].map(|field| line[field].as_u64().unwrap())
    }

    #[tokio::test]
    async fn a_batch_is_summed_up_in_one_line() {
        heard::listen();
        let mut batch = messages(&["good", "bad", "hopeless", "panic", "slow", "slow", "good"]);
        batch.push(message("m0", "good"));
        run_batch(&Told::default(), batch, &deadline(70), handle).await;
        let lines = heard::lines("batch done");
        let [line] = lines.as_slice() else { panic!("{lines:?}") };
        assert_eq!(counts(line), [8, 3, 1, 2, 1], "the second copy is received and not done again");
        assert!(line["ms"].is_u64() && line["level"] == "INFO", "{line}");
    }

    #[tokio::test]
    async fn a_batch_without_what_it_needs_is_summed_up_too() {
        heard::listen();
        let need = async { Err::<(), _>(PortError::transient("the table does not answer")) };
        needed(&Told::default(), &messages(&["good", "good"]), &deadline(60), need).await.unwrap_err();
        let lines = heard::lines("batch done");
        assert_eq!(lines.iter().map(counts).collect::<Vec<_>>(), [[2, 0, 0, 2, 0]]);
    }

    #[tokio::test]
    async fn a_batch_that_is_done_tells_the_queue_nothing() {
        let told = Told::default();
        run_batch(&told, messages(&["good", "good"]), &deadline(60), handle).await;
        assert!(told.again.into_inner().unwrap().is_empty());
    }

    #[tokio::test]
    async fn without_time_nothing_is_begun_and_nothing_lost() {
        for seconds in [0, -5, 10] {
            let begun = AtomicUsize::new(0);
            let response =
                run_batch(&Told::default(), messages(&["good", "good"]), &deadline(seconds), async |_, _| {
                    begun.fetch_add(1, Ordering::Relaxed);
                    Outcome::Done
                })
                .await;
            assert_eq!((failed(&response), begun.into_inner()), (vec!["m0", "m1"], 0), "{seconds} s");
        }
    }

    #[tokio::test]
    async fn a_message_that_never_ends_is_given_up_and_the_rest_is_answered_for() {
        // What is left for work is a millisecond.
        let short = milliseconds(501);
        let response =
            run_batch_at_once(2, &Told::default(), messages(&["never", "good"]), &short, handle).await;
        assert_eq!(failed(&response), ["m0"]);
    }

    #[tokio::test]
    async fn a_second_copy_of_a_message_is_not_done_again() {
        let seen = Mutex::new(Vec::new());
        let batch =
            vec![message("a", "good"), message("b", "bad"), message("a", "good"), message("b", "bad")];
        let response =
            run_batch(&Told::default(), batch, &deadline(60), async |body: &str, message: &SqsMessage| {
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
        let response =
            run_batch(&Told::default(), vec![nameless, message("a", "good")], &deadline(60), handle).await;
        assert_eq!(failed(&response), [""]);
    }

    #[tokio::test]
    async fn an_empty_batch_is_done() {
        assert!(failed(&run_batch(&Told::default(), Vec::new(), &deadline(60), handle).await).is_empty());
    }

    #[tokio::test]
    async fn no_more_are_worked_on_at_once_than_allowed_and_all_are() {
        for (allowed, at_once) in [(0, 1), (1, 1), (3, 3), (100, 12)] {
            let (open, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
            let batch = messages(&["good"; 12]);
            let response =
                run_batch_at_once(allowed, &Told::default(), batch, &deadline(60), async |_, _| {
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
