//! A store in memory that keeps every promise of the ports, and remembers how it looked before.
//!
//! It has no clock, no thread and no hash order: the same calls give the same answers. A handle [`Store::behind`] shows
//! what a read may see that is allowed to be behind.

mod codes;
mod contacts;
mod content;
mod due;
mod ledger;
mod notes;
mod orders;
mod past;
mod products;
mod queues;
mod rest;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use queues::Handed;
pub(crate) use rest::rows_of;

use crate::planted::Planted;

/// One store; its handles share what it holds.
#[derive(Debug, Clone)]
pub struct Store {
    state: Arc<Mutex<State>>,
    /// A read that may be behind sees the store as it was after so many writes.
    seen: u64,
}

/// What the store holds.
#[derive(Debug, Default)]
struct State {
    /// How many writes there were.
    writes: u64,
    orders: orders::Table,
    contacts: contacts::Table,
    codes: codes::Table,
    due: due::Table,
    handed: Vec<Handed>,
    parts: queues::Parts,
    products: products::Tables,
    content: content::Tables,
    ledger: ledger::Tables,
    notes: notes::Tables,
    /// The promise that it breaks on purpose.
    planted: Option<Planted>,
}

impl Default for Store {
    fn default() -> Self {
        Self { state: Arc::default(), seen: u64::MAX }
    }
}

impl Store {
    /// How many writes there were; a place for [`Store::behind`].
    #[must_use]
    pub fn writes(&self) -> u64 {
        self.lock().writes
    }

    /// The same store, whose reads that may be behind see nothing that was written after so many writes.
    #[must_use]
    pub fn behind(&self, writes: u64) -> Self {
        Self { state: Arc::clone(&self.state), seen: writes }
    }

    /// Breaks a promise from now on, on purpose.
    pub fn plant(&self, fault: Planted) {
        self.lock().planted = Some(fault);
    }

    /// Whether it breaks this promise.
    #[must_use]
    pub fn breaks(&self, fault: Planted) -> bool {
        self.lock().has(fault)
    }

    /// Where a read stands that must see everything.
    fn sure(&self) -> u64 {
        let state = self.lock();
        if state.has(Planted::SureReadBehind) { state.writes.saturating_sub(12) } else { u64::MAX }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state, for a write of its own.
    fn write(&self) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        state.writes = state.writes.saturating_add(1);
        state
    }
}

impl State {
    fn has(&self, fault: Planted) -> bool {
        self.planted == Some(fault)
    }

    /// Whether a fault that shows now and then shows at this write.
    fn strikes(&self, fault: Planted) -> bool {
        self.has(fault) && Planted::strikes_at(self.writes)
    }
}
