//! Whose turn it is at the one connection.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::fault::Fault;

/// How long a call waits for a batch to end. Longer than any batch should last.
const PATIENCE: Duration = Duration::from_secs(30);

/// The turn-taking of the calls on one handle: one at a time, in the order in which they came.
///
/// A batch takes the turn of the handle that it began on, so that nobody else writes into what it may take back.
/// Its own handle has a turn of its own, within the outer one.
#[derive(Debug)]
pub(super) struct Turn {
    gate: Arc<Semaphore>,
    within: Option<Arc<Turn>>,
}

impl Turn {
    /// The turn of a handle outside of all batches.
    pub(super) fn outermost() -> Arc<Self> {
        Arc::new(Self { gate: Arc::new(Semaphore::new(1)), within: None })
    }

    /// The turn of a batch's handle.
    pub(super) fn within(outer: &Arc<Self>) -> Arc<Self> {
        Arc::new(Self { gate: Arc::new(Semaphore::new(1)), within: Some(Arc::clone(outer)) })
    }

    /// Waits for the turn.
    pub(super) async fn take(&self) -> Result<OwnedSemaphorePermit, Fault> {
        let gate = Arc::clone(&self.gate);
        match tokio::time::timeout(PATIENCE, gate.acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_closed)) => Err(Fault::Refused("the batch has ended; begin another one")),
            Err(_elapsed) => Err(Fault::Held),
        }
    }

    /// Lets nobody in any more.
    pub(super) fn end(&self) {
        self.gate.close();
    }

    /// Whether it, or a batch around it, has ended.
    pub(super) fn is_over(&self) -> bool {
        self.gate.is_closed() || self.within.as_ref().is_some_and(|outer| outer.is_over())
    }

    /// Whether it is the turn of a batch's handle.
    pub(super) const fn is_batch(&self) -> bool {
        self.within.is_some()
    }
}
