//! Runs, switches, marks and moments.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use nachklang_domain::id::ShopId;
use nachklang_domain::ports::{Halt, Ledger, PortResult, RunStart, Sending};

use super::Store;
use super::past::Past;
use crate::planted::Planted;

#[derive(Debug, Default)]
pub(super) struct Tables {
    completed: BTreeMap<ShopId, Past<Date>>,
    /// The day that runs, and until when nobody else may begin.
    running: BTreeMap<ShopId, (Date, Timestamp)>,
    sending: Sending,
    marks: BTreeSet<String>,
    moments: BTreeMap<String, Timestamp>,
}

impl Ledger for Store {
    async fn begin_run(
        &self,
        shop: &ShopId,
        day: Date,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> PortResult<RunStart> {
        let mut state = self.write();
        let endless = state.has(Planted::EndlessLease);
        let ledger = &mut state.ledger;
        let last_completed = ledger.completed.get(shop).and_then(Past::now).copied();
        if last_completed.is_some_and(|completed| day <= completed) {
            return Ok(RunStart::AlreadyDone);
        }
        if ledger.running.get(shop).is_some_and(|(_, until)| endless || now < *until) {
            return Ok(RunStart::Busy);
        }
        ledger.running.insert(shop.clone(), (day, lease_until));
        Ok(RunStart::Started { last_completed })
    }

    async fn last_completed(&self, shop: &ShopId) -> PortResult<Option<Date>> {
        let state = self.lock();
        Ok(state.ledger.completed.get(shop).and_then(|past| past.seen(self.seen)).copied())
    }

    async fn finish_run(&self, shop: &ShopId, day: Date) -> PortResult<()> {
        let mut state = self.write();
        let write = state.writes;
        let past = state.ledger.completed.entry(shop.clone()).or_default();
        let last = past.now().copied().map_or(day, |known| known.max(day));
        past.set(write, last);
        // The lease ends with its own day only: another run may have taken over.
        if state.ledger.running.get(shop).is_some_and(|(running, _)| *running == day) {
            state.ledger.running.remove(shop);
        }
        Ok(())
    }

    async fn sending(&self) -> PortResult<Sending> {
        Ok(self.lock().ledger.sending)
    }

    async fn halt(&self, why: Halt, until: Timestamp) -> PortResult<()> {
        let mut state = self.write();
        if state.ledger.sending != Sending::Off {
            state.ledger.sending = Sending::Halted { why, until };
        }
        Ok(())
    }

    async fn set_stopped(&self, stopped: bool) -> PortResult<()> {
        self.write().ledger.sending = if stopped { Sending::Off } else { Sending::On };
        Ok(())
    }

    async fn set_mark(&self, name: &str, on: bool) -> PortResult<bool> {
        let mut state = self.write();
        let marks = &mut state.ledger.marks;
        Ok(if on { !marks.insert(name.to_owned()) } else { marks.remove(name) })
    }

    async fn mark(&self, name: &str) -> PortResult<bool> {
        Ok(self.lock().ledger.marks.contains(name))
    }

    async fn set_moment(&self, name: &str, at: Timestamp) -> PortResult<()> {
        self.write().ledger.moments.insert(name.to_owned(), at);
        Ok(())
    }

    async fn moment(&self, name: &str) -> PortResult<Option<Timestamp>> {
        Ok(self.lock().ledger.moments.get(name).copied())
    }
}
