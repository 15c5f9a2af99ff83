//! Until when an invocation may work.

use std::time::Duration;

use jiff::Timestamp;
use lambda_runtime::Context;

/// Time that one message may need: nothing is begun with less.
const RESERVE: Duration = Duration::from_secs(10);
/// No more than this part of the time there is, so that a short timeout still gets something done.
const RESERVED_PART: u32 = 4;
/// Time to answer Lambda what was done.
const TO_ANSWER: Duration = Duration::from_millis(500);

/// Until when an invocation may work. Lambda ends it at that moment, whatever it is doing.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    ends: Timestamp,
    reserve: Duration,
    clock: fn() -> Timestamp,
}

impl Deadline {
    /// The deadline of an invocation. One that is missing has passed: there is never "no deadline".
    #[must_use]
    pub fn of(context: &Context) -> Self {
        Self::at(ends(context.deadline), Timestamp::now)
    }

    pub(super) fn at(ends: Timestamp, clock: fn() -> Timestamp) -> Self {
        let left = until(ends, clock());
        Self { ends, reserve: RESERVE.min(left / RESERVED_PART), clock }
    }

    /// Another reserve, for work whose pieces take longer or shorter.
    #[must_use]
    pub const fn reserving(self, reserve: Duration) -> Self {
        Self { reserve, ..self }
    }

    /// The time that is left; zero once it has passed.
    #[must_use]
    pub fn left(&self) -> Duration {
        until(self.ends, (self.clock)())
    }

    /// Whether too little time is left to begin anything.
    #[must_use]
    pub fn is_near(&self) -> bool {
        self.left() <= self.reserve
    }

    /// The time that is left for work which has begun; what takes longer is given up, so that the rest of a batch
    /// can still be answered for.
    pub(super) fn left_for_work(&self) -> Duration {
        self.left().saturating_sub(TO_ANSWER)
    }
}

fn ends(milliseconds: u64) -> Timestamp {
    let since_1970 = i64::try_from(milliseconds).unwrap_or(0);
    Timestamp::from_millisecond(since_1970).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn until(ends: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(ends.duration_since(now)).unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon() -> Timestamp {
        "2026-11-05T12:00:00Z".parse().unwrap()
    }

    fn in_seconds(seconds: i64) -> Deadline {
        Deadline::at(noon() + jiff::SignedDuration::from_secs(seconds), noon)
    }

    #[test]
    fn a_deadline_that_is_missing_or_has_come_leaves_no_time() {
        let mut context = Context::default();
        for milliseconds in [0, u64::MAX] {
            context.deadline = milliseconds;
            let deadline = Deadline::of(&context);
            assert_eq!(deadline.left(), Duration::ZERO);
            assert!(deadline.is_near());
        }
        for deadline in [in_seconds(0), in_seconds(-5)] {
            assert_eq!(deadline.left(), Duration::ZERO);
            assert!(deadline.is_near() && deadline.reserving(Duration::ZERO).is_near());
        }
    }

    #[test]
    fn the_context_tells_the_deadline_in_milliseconds_since_1970() {
        let mut context = Context::default();
        context.deadline = u64::try_from(noon().as_millisecond()).unwrap();
        assert_eq!(Deadline::of(&context).ends, noon());
    }

    #[test]
    fn a_reserve_is_kept_and_never_more_than_a_quarter_of_a_short_time() {
        assert!(!in_seconds(60).is_near());
        assert!(in_seconds(60).reserving(Duration::from_secs(60)).is_near());
        assert!(!in_seconds(3).is_near());
        assert_eq!(in_seconds(3).reserve, Duration::from_millis(750));
        assert_eq!(in_seconds(60).reserve, RESERVE);
    }

    #[test]
    fn work_is_left_time_to_be_answered_for() {
        assert_eq!(in_seconds(3).left_for_work(), Duration::from_millis(2500));
        assert_eq!(in_seconds(0).left_for_work(), Duration::ZERO);
    }
}
