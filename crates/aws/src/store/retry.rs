//! Pauses between tries of what the SDK does not try again by itself: conflicts of transactions, and the rest of a batch.

use std::time::Duration;

/// The first pause is at most this long: a transaction of another holds an item for some milliseconds.
const FIRST: Duration = Duration::from_millis(25);
/// No pause is longer.
const LONGEST: Duration = Duration::from_millis(800);
/// So many pauses; together a second and a half at most, far below the time that a message has.
const PAUSES: u32 = 6;

/// Growing pauses, a random part of each ("full jitter"), so that those who met once do not meet again.
///
/// Source: <https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/>
#[derive(Debug, Default)]
pub(super) struct Backoff {
    pauses: u32,
}

impl Backoff {
    /// Waits; answers whether another try is allowed.
    pub(super) async fn pause(&mut self) -> bool {
        let Some(longest) = self.next() else {
            return false;
        };
        let share = getrandom::u32().unwrap_or(u32::MAX);
        tokio::time::sleep(part(longest, share)).await;
        true
    }

    /// The longest that the next pause may be, as long as there is one.
    fn next(&mut self) -> Option<Duration> {
        let longest = FIRST.saturating_mul(2_u32.saturating_pow(self.pauses)).min(LONGEST);
        self.pauses += 1;
        (self.pauses <= PAUSES).then_some(longest)
    }
}

/// `share` of all 32-bit numbers of a duration.
pub(crate) fn part(whole: Duration, share: u32) -> Duration {
    let micros = (whole.as_micros() * u128::from(share)) >> 32;
    Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_bound_and_end() {
        let mut backoff = Backoff::default();
        let pauses: Vec<u128> =
            std::iter::from_fn(|| backoff.next()).map(|pause| pause.as_millis()).collect();
        assert_eq!(pauses, [25, 50, 100, 200, 400, 800]);
        assert_eq!(backoff.next(), None);
    }

    #[test]
    fn a_pause_is_anything_from_nothing_to_the_whole() {
        let whole = Duration::from_millis(800);
        assert_eq!(part(whole, 0), Duration::ZERO);
        assert_eq!(part(whole, 1 << 31), Duration::from_millis(400));
        assert!(part(whole, u32::MAX) < whole && part(whole, u32::MAX) > Duration::from_millis(799));
    }
}
