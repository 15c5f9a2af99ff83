//! A bucket of tokens, one a mail, that fills at the rate at which this process may send.

use std::time::Duration;

use tokio::time::Instant;

/// How fast a bucket fills and how much it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pace {
    /// The time in which one token flows in.
    pub(super) interval: Duration,
    /// How many tokens it holds, at least one.
    pub(super) capacity: u32,
}

impl Pace {
    /// One mail a second: what every account may send, even in the sandbox.
    pub(super) const SLOWEST: Self = Self { interval: Duration::from_secs(1), capacity: 1 };

    /// The time in which a full bucket less one token flows in.
    fn slack(self) -> Duration {
        self.interval.saturating_mul(self.capacity.saturating_sub(1))
    }
}

/// A bucket of tokens. It begins with one, for other processes may begin at the same moment.
///
/// Kept as the moment at which the next token is there (the generic cell rate algorithm): in any time it gives out at
/// most its capacity and what flows in meanwhile.
#[derive(Debug)]
pub(super) struct Bucket {
    pace: Pace,
    next: Option<Instant>,
}

impl Bucket {
    pub(super) const fn new(pace: Pace) -> Self {
        Self { pace, next: None }
    }

    /// Another pace; what was given out before counts.
    pub(super) const fn set_pace(&mut self, pace: Pace) {
        self.pace = pace;
    }

    /// Takes a token that is there within `patience`; answers how long it must be waited for. Without an answer none
    /// was taken.
    pub(super) fn take(&mut self, now: Instant, patience: Duration) -> Option<Duration> {
        let full_since = now.checked_sub(self.pace.slack()).unwrap_or(now);
        let due = self.next.unwrap_or(now).max(full_since);
        let wait = due.saturating_duration_since(now);
        if wait > patience {
            return None;
        }
        self.next = Some(due + self.pace.interval);
        Some(wait)
    }

    /// Gives out nothing for a while, and then slowly at first.
    pub(super) fn pause(&mut self, now: Instant, pause: Duration) {
        let until = now + pause;
        self.next = Some(self.next.map_or(until, |next| next.max(until)));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEN_A_SECOND: Pace = Pace { interval: Duration::from_millis(100), capacity: 3 };

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn a_new_bucket_holds_one_token_and_then_keeps_the_pace() {
        let (mut bucket, now) = (Bucket::new(TEN_A_SECOND), Instant::now());
        let waits: Vec<_> = (0..3).map(|_| bucket.take(now, ms(2_000)).unwrap()).collect();
        assert_eq!(waits, [ms(0), ms(100), ms(200)]);
    }

    #[test]
    fn a_rested_bucket_gives_out_what_it_holds_at_once() {
        let (mut bucket, now) = (Bucket::new(TEN_A_SECOND), Instant::now());
        bucket.take(now, ms(0)).unwrap();
        let later = now + ms(60_000);
        let waits: Vec<_> = (0..4).map(|_| bucket.take(later, ms(2_000)).unwrap()).collect();
        assert_eq!(waits, [ms(0), ms(0), ms(0), ms(100)]);
    }

    #[test]
    fn who_will_not_wait_that_long_takes_nothing() {
        let (mut bucket, now) = (Bucket::new(Pace::SLOWEST), Instant::now());
        assert_eq!(bucket.take(now, ms(0)), Some(ms(0)));
        assert_eq!(bucket.take(now, ms(999)), None);
        assert_eq!(bucket.take(now, ms(1_000)), Some(ms(1_000)), "the refusal took no token");
    }

    #[test]
    fn a_pause_holds_everybody_up() {
        let (mut bucket, now) = (Bucket::new(TEN_A_SECOND), Instant::now());
        bucket.pause(now, ms(1_000));
        assert_eq!(bucket.take(now, ms(999)), None);
        assert_eq!(bucket.take(now + ms(1_000), ms(0)), Some(ms(0)));
        assert_eq!(bucket.take(now + ms(1_000), ms(0)), None, "nothing gathers during a pause");
    }

    #[test]
    fn a_faster_pace_counts_from_now_on() {
        let (mut bucket, now) = (Bucket::new(Pace::SLOWEST), Instant::now());
        bucket.take(now, ms(0)).unwrap();
        bucket.set_pace(TEN_A_SECOND);
        assert_eq!(bucket.take(now, ms(2_000)), Some(ms(1_000)));
        assert_eq!(bucket.take(now, ms(2_000)), Some(ms(1_100)));
    }

    proptest! {
        #[test]
        fn never_more_than_the_rate_and_what_the_bucket_holds(
            interval in 1_u64..500,
            capacity in 1_u32..20,
            asked in proptest::collection::vec((0_u64..400, 0_u64..2_000), 1..200),
        ) {
            let pace = Pace { interval: ms(interval), capacity };
            let (mut bucket, mut now) = (Bucket::new(pace), Instant::now());
            let mut given = Vec::new();
            for (gap, patience) in asked {
                now += ms(gap);
                if let Some(wait) = bucket.take(now, ms(patience)) {
                    prop_assert!(wait <= ms(patience));
                    given.push(now + wait);
                }
            }
            for (first, from) in given.iter().enumerate() {
                for (last, to) in given.iter().enumerate().skip(first) {
                    let tokens = u32::try_from(last - first + 1).unwrap();
                    let flowed = pace.interval * tokens.saturating_sub(capacity);
                    prop_assert!(*to - *from >= flowed, "{tokens} tokens in {:?}", *to - *from);
                }
            }
        }

        #[test]
        fn whoever_waits_long_enough_gets_a_token(waiters in 1_u32..50, interval in 1_u64..500) {
            let pace = Pace { interval: ms(interval), capacity: 1 };
            let (mut bucket, now) = (Bucket::new(pace), Instant::now());
            for waiter in 0..waiters {
                prop_assert_eq!(bucket.take(now, pace.interval * waiters), Some(pace.interval * waiter));
            }
        }
    }
}
