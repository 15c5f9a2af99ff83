//! When a message comes again. Left alone it comes once the queue's own time is over, which is six times what a function may
//! take: far too late for what fails for a second, and the same for what fails for an hour.
//!
//! Source: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html>

use std::future::Future;
use std::time::Duration;

use aws_lambda_events::sqs::SqsMessage;
use nachklang_domain::ports::PortResult;

use crate::store::part;

/// A pause is this many times as long as the one before. After four of them the fifth failure is the last: with a first
/// pause of a minute they last 85 minutes, and at least half of it, so an outage of half an hour loses nothing.
const GROWTH: u32 = 4;
/// A message is received so often, then it lies with the dead letters: `maxReceiveCount` of the queues.
pub const TRIES: u32 = 5;
/// No pause is longer.
const LONGEST: Duration = Duration::from_secs(60 * 60);
/// What was not begun for lack of time comes this many times sooner than what failed once.
const SOONER: u32 = 10;
/// But only so often: each receive counts, and one after the other within seconds it would end with the dead letters.
const SOON: u32 = 2;

/// The queue that a function's messages come from.
pub trait OwnQueue {
    /// The first pause of a message that failed.
    ///
    /// # Errors
    /// When the function was not told it.
    fn first_pause(&self) -> PortResult<Duration>;

    /// Lets messages, by their receipts, come again after a pause each.
    ///
    /// # Errors
    /// When the queue does not answer; then its own time holds.
    fn come_again(&self, receipts: &[(String, Duration)]) -> impl Future<Output = PortResult<()>>;

    /// Lays a message that is not tried again with the dead letters, beside it the reason as the attribute `reason`.
    ///
    /// # Errors
    /// When the queue of the dead letters does not take it.
    fn park(&self, body: &str, reason: &str) -> impl Future<Output = PortResult<()>>;
}

/// Why a message comes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// It failed.
    Failed,
    /// It was not begun.
    Untouched,
}

/// The pause of a message: a random part between half and the whole of what its receives ask for, so that those who
/// failed together do not come together.
pub(super) fn pause(message: &SqsMessage, cause: Cause, first: Duration, share: u32) -> Duration {
    let receives = receives(message);
    let longest = match cause {
        Cause::Untouched if receives <= SOON => first / SOONER,
        Cause::Untouched | Cause::Failed => {
            first.saturating_mul(GROWTH.saturating_pow(receives.saturating_sub(1)))
        }
    };
    let half = longest.min(LONGEST) / 2;
    half + part(half, share)
}

/// Whether SQS gives the message up should it fail once more.
#[must_use]
pub fn is_last_try(message: &SqsMessage) -> bool {
    receives(message) >= TRIES
}

/// How often it was received, this time among them.
fn receives(message: &SqsMessage) -> u32 {
    let receives = message.attributes.get("ApproximateReceiveCount");
    receives.and_then(|receives| receives.parse().ok()).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn received(times: &str) -> SqsMessage {
        let mut message = SqsMessage::default();
        message.attributes.insert("ApproximateReceiveCount".to_owned(), times.to_owned());
        message
    }

    fn longest(times: &str, cause: Cause) -> u128 {
        pause(&received(times), cause, MINUTE, u32::MAX).as_millis().div_ceil(1_000)
    }

    #[test]
    fn pauses_grow_to_an_hour() {
        let pauses = ["1", "2", "3", "4", "5", "400"].map(|times| longest(times, Cause::Failed));
        assert_eq!(pauses, [60, 240, 960, 3_600, 3_600, 3_600]);
        assert_eq!(longest("none", Cause::Failed), 60, "who does not tell came once");
    }

    #[test]
    fn the_fifth_try_is_the_last() {
        let last = ["none", "1", "4", "5", "6"].map(|times| is_last_try(&received(times)));
        assert_eq!(last, [false, false, false, true, true]);
    }

    #[test]
    fn an_outage_of_half_an_hour_is_outlasted_by_the_shortest_pauses() {
        let shortest = ["1", "2", "3", "4"].map(|times| pause(&received(times), Cause::Failed, MINUTE, 0));
        assert!(shortest.iter().sum::<Duration>() > 30 * MINUTE);
    }

    #[test]
    fn a_pause_is_between_half_and_the_whole() {
        for share in [0, 1, u32::MAX / 2, u32::MAX] {
            let pause = pause(&received("1"), Cause::Failed, MINUTE, share);
            assert!((MINUTE / 2..=MINUTE).contains(&pause), "{pause:?}");
        }
    }

    #[test]
    fn what_was_not_begun_comes_within_seconds_twice_and_then_as_what_failed() {
        let pauses = ["1", "2", "3", "4"].map(|times| longest(times, Cause::Untouched));
        assert_eq!(pauses, [6, 6, 960, 3_600]);
    }
}
