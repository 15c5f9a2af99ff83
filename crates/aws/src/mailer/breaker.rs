//! A circuit breaker: once the account is known not to send, nobody asks SES for a while.

use std::time::Duration;

use nachklang_domain::ports::SendError;
use tokio::time::Instant;

/// How long nothing is tried after this process was found unable to send.
pub(super) const OPEN_FOR: Duration = Duration::from_secs(5 * 60);
/// How long after the whole account was. That is stored for all processes meanwhile, and whoever lifts it there is not
/// to wait for each of them.
const HALTED_FOR: Duration = Duration::from_secs(10);

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
    Barred(SendError),
}

/// A circuit breaker.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    until: Instant,
    why: SendError,
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

    /// Bars the way for [`OPEN_FOR`], or for a moment if what bars it is stored. Tripping it again begins the time anew.
    pub(super) fn trip(&mut self, now: Instant, why: SendError) {
        let kept_back = self.open.as_ref().map_or(0, |open| open.kept_back);
        let open_for = if matches!(why, SendError::Halted(..)) { HALTED_FOR } else { OPEN_FOR };
        self.open = Some(Open { until: now + open_for, why, kept_back });
    }
}

#[cfg(test)]
mod tests {
    use nachklang_domain::ports::Halt;
    use proptest::prelude::*;

    use super::*;

    fn paused() -> SendError {
        SendError::AccountStopped("paused".to_owned())
    }

    fn refused() -> SendError {
        SendError::AccountStopped("refused".to_owned())
    }

    #[test]
    fn after_a_stop_nothing_passes_for_five_minutes_and_all_are_counted() {
        let (mut breaker, now) = (Breaker::default(), Instant::now());
        assert_eq!(breaker.ask(now), Passage::Free);
        breaker.trip(now, paused());
        assert_eq!(breaker.ask(now), Passage::Barred(paused()));
        let last = now + OPEN_FOR - Duration::from_millis(1);
        assert_eq!(breaker.ask(last), Passage::Barred(paused()));
        assert_eq!(breaker.ask(now + OPEN_FOR), Passage::FreeAgain { kept_back: 2 });
        assert_eq!(breaker.ask(now + OPEN_FOR), Passage::Free);
    }

    #[test]
    fn a_halt_of_the_account_bars_the_way_until_it_is_stored_for_all() {
        let (mut breaker, now) = (Breaker::default(), Instant::now());
        let quota = SendError::Halted(Halt::Quota, "quota".to_owned());
        breaker.trip(now, quota.clone());
        assert_eq!(breaker.ask(now + Duration::from_secs(9)), Passage::Barred(quota));
        assert_eq!(breaker.ask(now + HALTED_FOR), Passage::FreeAgain { kept_back: 1 });
    }

    #[test]
    fn a_second_stop_begins_the_wait_anew_and_keeps_the_count() {
        let (mut breaker, now) = (Breaker::default(), Instant::now());
        breaker.trip(now, paused());
        breaker.ask(now);
        let later = now + Duration::from_secs(60);
        breaker.trip(later, refused());
        assert_eq!(breaker.ask(now + OPEN_FOR), Passage::Barred(refused()));
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
                    breaker.trip(now, paused());
                    stopped = Some(now);
                }
                let barred = stopped.is_some_and(|at| now < at + OPEN_FOR);
                prop_assert_eq!(matches!(breaker.ask(now), Passage::Barred(_)), barred);
            }
        }
    }
}
