//! A circuit breaker: once the account is known not to send, nobody asks SES for a while.

use std::time::Duration;

use tokio::time::Instant;

/// How long nothing is tried after the account was found stopped.
pub(super) const OPEN_FOR: Duration = Duration::from_secs(5 * 60);

/// Whether mails may pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Passage {
    /// They may.
    Free,
    /// They may again; so many were kept back meanwhile.
    FreeAgain {
        /// Mails that were kept back.
        kept_back: u64,
    },
    /// They may not, and why.
    Barred(String),
}

/// A circuit breaker.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    until: Instant,
    why: String,
    kept_back: u64,
}

impl Breaker {
    /// Asks to let one mail pass; counts it if it may not.
    pub(super) fn ask(&mut self, now: Instant) -> Passage {
        match &mut self.open {
            None => Passage::Free,
            Some(open) if now < open.until => {
                open.kept_back += 1;
                Passage::Barred(open.why.clone())
            }
            Some(open) => {
                let kept_back = open.kept_back;
                self.open = None;
                Passage::FreeAgain { kept_back }
            }
        }
    }

    /// Bars the way for [`OPEN_FOR`]. One that is barred already stays so for the longer time.
    pub(super) fn trip(&mut self, now: Instant, why: String) {
        let kept_back = self.open.as_ref().map_or(0, |open| open.kept_back);
        self.open = Some(Open { until: now + OPEN_FOR, why, kept_back });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn after_a_stop_nothing_passes_for_five_minutes_and_all_are_counted() {
        let (mut breaker, now) = (Breaker::default(), Instant::now());
        assert_eq!(breaker.ask(now), Passage::Free);
        breaker.trip(now, "paused".to_owned());
        assert_eq!(breaker.ask(now), Passage::Barred("paused".to_owned()));
        let last = now + OPEN_FOR - Duration::from_millis(1);
        assert_eq!(breaker.ask(last), Passage::Barred("paused".to_owned()));
        assert_eq!(breaker.ask(now + OPEN_FOR), Passage::FreeAgain { kept_back: 2 });
        assert_eq!(breaker.ask(now + OPEN_FOR), Passage::Free);
    }

    #[test]
    fn a_second_stop_begins_the_wait_anew_and_keeps_the_count() {
        let (mut breaker, now) = (Breaker::default(), Instant::now());
        breaker.trip(now, "paused".to_owned());
        breaker.ask(now);
        let later = now + Duration::from_secs(60);
        breaker.trip(later, "suspended".to_owned());
        assert_eq!(breaker.ask(now + OPEN_FOR), Passage::Barred("suspended".to_owned()));
        assert_eq!(breaker.ask(later + OPEN_FOR), Passage::FreeAgain { kept_back: 2 });
    }

    proptest! {
        #[test]
        fn nothing_passes_within_five_minutes_of_any_stop(
            steps in proptest::collection::vec((0_u64..200, any::<bool>()), 1..60),
        ) {
            let (mut breaker, mut now) = (Breaker::default(), Instant::now());
            let mut stopped: Option<Instant> = None;
            for (seconds, stops) in steps {
                now += Duration::from_secs(seconds);
                if stops {
                    breaker.trip(now, "paused".to_owned());
                    stopped = Some(now);
                }
                let barred = stopped.is_some_and(|at| now < at + OPEN_FOR);
                prop_assert_eq!(matches!(breaker.ask(now), Passage::Barred(_)), barred);
            }
        }
    }
}
