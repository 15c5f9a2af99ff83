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
