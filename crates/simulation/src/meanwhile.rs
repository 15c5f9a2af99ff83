//! What somebody else does between two calls of the code that is watched.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

use nachklang_domain::ports::PortResult;

use crate::counting::Trouble;

/// What somebody else does just before a later call.
#[derive(Debug, Default)]
pub struct Meanwhile {
    later: Mutex<Option<Later>>,
}

struct Later {
    call: &'static str,
    calls_before: u32,
    deed: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl fmt::Debug for Later {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "after {} calls of {}", self.calls_before, self.call)
    }
}

impl Meanwhile {
    /// Lets somebody else do something just before a call whose name begins so: after `calls_before` others of them.
    pub fn before(
        &self,
        call: &'static str,
        calls_before: u32,
        deed: impl Future<Output = ()> + Send + 'static,
    ) {
        let later = Later { call, calls_before, deed: Box::pin(deed) };
        *self.later.lock().unwrap_or_else(PoisonError::into_inner) = Some(later);
    }

    /// Whether what was to happen has happened.
    pub fn has_happened(&self) -> bool {
        self.later.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    fn due(&self, call: &str) -> Option<Later> {
        let mut later = self.later.lock().unwrap_or_else(PoisonError::into_inner);
        match later.as_mut().filter(|later| call.starts_with(later.call))? {
            Later { calls_before: 0, .. } => later.take(),
            waiting => {
                waiting.calls_before -= 1;
                None
            }
        }
    }
}

impl Trouble for Meanwhile {
    async fn before(&self, call: &str) -> PortResult<()> {
        if let Some(due) = self.due(call) {
            due.deed.await;
        }
        Ok(())
    }

    fn after(&self, _call: &str) -> PortResult<()> {
        Ok(())
    }
}
