//! Leases and notes.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nachklang_domain::ports::{Leases, Notes, PortResult};

use super::Store;

#[derive(Debug, Default)]
pub(super) struct Tables {
    leases: BTreeMap<String, Timestamp>,
    notes: BTreeMap<String, String>,
}

impl Leases for Store {
    async fn take_lease(&self, name: &str, now: Timestamp, until: Timestamp) -> PortResult<bool> {
        let mut state = self.write();
        let leases = &mut state.notes.leases;
        let free = leases.get(name).is_none_or(|taken| *taken <= now);
        if free {
            leases.insert(name.to_owned(), until);
        }
        Ok(free)
    }

    async fn end_lease(&self, name: &str, until: Timestamp) -> PortResult<()> {
        let mut state = self.write();
        if state.notes.leases.get(name) == Some(&until) {
            state.notes.leases.remove(name);
        }
        Ok(())
    }
}

impl Notes for Store {
    async fn remember(&self, name: &str, text: &str) -> PortResult<()> {
        self.write().notes.notes.insert(name.to_owned(), text.to_owned());
        Ok(())
    }

    async fn recall(&self, name: &str) -> PortResult<Option<String>> {
        Ok(self.lock().notes.notes.get(name).cloned())
    }

    async fn forget(&self, name: &str) -> PortResult<()> {
        self.write().notes.notes.remove(name);
        Ok(())
    }
}
