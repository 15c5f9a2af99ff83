//! A value from afar that is kept for a while.

use std::sync::Arc;
use std::time::{Duration, Instant};

use nachklang_domain::ports::{PortError, PortResult};
use tokio::sync::Mutex;

/// How long a value is kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    /// So long it is used without a look.
    pub fresh: Duration,
    /// So long it is still used while no new one can be had.
    pub stale: Duration,
    /// So long nobody looks again after a look that failed or brought too little.
    pub pause: Duration,
}

/// A value from afar, kept for a while. Many may ask at once; one of them looks.
pub(crate) struct Kept<T> {
    times: Times,
    state: Mutex<State<T>>,
}

struct State<T> {
    value: Option<(Instant, Arc<T>)>,
    failure: Option<(Instant, PortError)>,
}

impl<T> Kept<T> {
    pub(crate) fn new(times: Times) -> Self {
        Self { times, state: Mutex::new(State { value: None, failure: None }) }
    }

    /// The value; `look` gets a new one when it is time, and is handed the old one.
    ///
    /// A look that fails is logged. `suffices` tells whether a kept value is enough for what is asked; if not, a new
    /// one is looked for, but never before the pause is over.
    ///
    /// # Errors
    /// What the look said, when there is no value that may still be used.
    pub(crate) async fn get(
        &self,
        now: Instant,
        suffices: impl Fn(&T) -> bool,
        look: impl AsyncFnOnce(Option<Arc<T>>) -> PortResult<Arc<T>>,
    ) -> PortResult<Arc<T>> {
        let mut state = self.state.lock().await;
        if let Some(value) = state.usable(now, self.times, suffices) {
            return Ok(value);
        }
        if let Some(error) = state.failed_lately(now, self.times) {
            return state.stale(now, self.times).ok_or(error);
        }
        match look(state.known()).await {
            Ok(value) => {
                *state = State { value: Some((now, Arc::clone(&value))), failure: None };
                Ok(value)
            }
            Err(error) => {
                tracing::error!(error = crate::lambda::chain(&error), "a setting from afar cannot be read");
                state.failure = Some((now, same(&error)));
                state.stale(now, self.times).ok_or(error)
            }
        }
    }
}

impl<T> State<T> {
    fn known(&self) -> Option<Arc<T>> {
        self.value.as_ref().map(|(_, value)| Arc::clone(value))
    }

    fn younger_than(&self, now: Instant, age: Duration) -> Option<&Arc<T>> {
        let (since, value) = self.value.as_ref()?;
        (now.saturating_duration_since(*since) < age).then_some(value)
    }

    /// The value, if it is fresh and either enough or too young to be looked for again.
    fn usable(&self, now: Instant, times: Times, suffices: impl Fn(&T) -> bool) -> Option<Arc<T>> {
        let fresh = self.younger_than(now, times.fresh)?;
        let enough = suffices(fresh) || self.younger_than(now, times.pause).is_some();
        enough.then(|| Arc::clone(fresh))
    }

    fn failed_lately(&self, now: Instant, times: Times) -> Option<PortError> {
        let (since, error) = self.failure.as_ref()?;
        (now.saturating_duration_since(*since) < times.pause).then(|| same(error))
    }

    fn stale(&self, now: Instant, times: Times) -> Option<Arc<T>> {
        self.younger_than(now, times.stale).map(Arc::clone)
    }
}

/// The error once more, without its cause, which was logged.
fn same(error: &PortError) -> PortError {
    let make = if error.is_transient() { PortError::transient } else { PortError::permanent };
    make(error.to_string())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    const TIMES: Times = Times {
        fresh: Duration::from_secs(300),
        stale: Duration::from_secs(3600),
        pause: Duration::from_secs(30),
    };

    /// A value afar that counts the looks; what it tells next can be set.
    struct Afar {
        kept: Kept<u32>,
        looks: AtomicU32,
        begun: Instant,
    }

    type Told = Result<u32, bool>;

    impl Afar {
        fn new() -> Self {
            Self { kept: Kept::new(TIMES), looks: AtomicU32::new(0), begun: Instant::now() }
        }

        /// What is had after some seconds, at least `least`; `Err` tells whether the error is transient.
        async fn ask(&self, seconds: u64, least: u32, told: Told) -> Told {
            let now = self.begun + Duration::from_secs(seconds);
            let look = async |_| {
                self.looks.fetch_add(1, Ordering::Relaxed);
                told.map(Arc::new).map_err(|transient| {
                    if transient { PortError::transient("busy") } else { PortError::permanent("forbidden") }
                })
            };
            let had = self.kept.get(now, |value| *value >= least, look).await;
            had.map(|value| *value).map_err(|error| error.is_transient())
        }

        fn looks(&self) -> u32 {
            self.looks.load(Ordering::Relaxed)
        }
    }

    #[tokio::test]
    async fn a_value_is_looked_for_once_while_it_is_fresh() {
        let afar = Afar::new();
        assert_eq!(afar.ask(0, 0, Ok(1)).await, Ok(1));
        assert_eq!(afar.ask(299, 0, Ok(2)).await, Ok(1));
        assert_eq!(afar.looks(), 1);
        assert_eq!(afar.ask(300, 0, Ok(2)).await, Ok(2));
        assert_eq!(afar.ask(599, 0, Ok(3)).await, Ok(2));
        assert_eq!(afar.looks(), 2);
    }

    #[tokio::test]
    async fn while_no_new_value_can_be_had_the_old_one_serves_for_an_hour() {
        let afar = Afar::new();
        assert_eq!(afar.ask(0, 0, Ok(1)).await, Ok(1));
        for transient in [true, false] {
            let from = if transient { 300 } else { 400 };
            assert_eq!(afar.ask(from, 0, Err(transient)).await, Ok(1));
        }
        assert_eq!(afar.ask(3599, 0, Err(true)).await, Ok(1));
        assert_eq!(afar.ask(3600, 0, Err(true)).await, Err(true));
        assert_eq!(afar.ask(3700, 0, Ok(2)).await, Ok(2));
    }

    #[tokio::test]
    async fn after_a_failure_nobody_looks_again_before_the_pause_is_over() {
        let afar = Afar::new();
        for (seconds, looks) in [(0, 1), (1, 1), (29, 1), (30, 2), (59, 2), (60, 3)] {
            assert_eq!(afar.ask(seconds, 0, Err(false)).await, Err(false));
            assert_eq!(afar.looks(), looks, "after {seconds} s");
        }
        assert_eq!(afar.ask(90, 0, Ok(1)).await, Ok(1));
    }

    #[tokio::test]
    async fn a_value_that_is_not_enough_is_looked_for_again_but_not_at_every_request() {
        let afar = Afar::new();
        assert_eq!(afar.ask(0, 2, Ok(1)).await, Ok(1));
        for seconds in 1..30 {
            assert_eq!(afar.ask(seconds, 2, Ok(2)).await, Ok(1));
        }
        assert_eq!(afar.looks(), 1);
        assert_eq!(afar.ask(30, 2, Ok(2)).await, Ok(2));
        assert_eq!(afar.looks(), 2);
    }

    #[tokio::test]
    async fn of_many_who_ask_at_once_one_looks() {
        let afar = Afar::new();
        let ask = async |told| {
            afar.kept
                .get(
                    afar.begun,
                    |_| true,
                    async |_| {
                        afar.looks.fetch_add(1, Ordering::Relaxed);
                        tokio::task::yield_now().await;
                        Ok(Arc::new(told))
                    },
                )
                .await
        };
        let (first, second, third) = tokio::join!(ask(1), ask(2), ask(3));
        assert_eq!([first, second, third].map(|had| *had.unwrap()), [1, 1, 1]);
        assert_eq!(afar.looks(), 1);
    }
}
