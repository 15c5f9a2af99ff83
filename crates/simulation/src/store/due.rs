//! The due list.

use std::collections::BTreeMap;
use std::ops::Bound;

use jiff::ToSpan;
use jiff::civil::Date;
use nachklang_domain::id::ShopId;
use nachklang_domain::ports::{DUE_SHARDS, DueEntry, DueList, DuePage, PortResult};

use super::Store;
use crate::planted::Planted;

/// Few enough that a run reads on within a shard, now and then.
const PAGE: usize = 3;

/// The places of the entries of a day and shard, each with the write that put it there first.
pub(super) type Table = BTreeMap<(ShopId, Date, u32), BTreeMap<String, u64>>;

impl DueList for Store {
    async fn put_due(&self, entries: &[DueEntry]) -> PortResult<()> {
        let mut state = self.write();
        let (lost, write) = (usize::from(state.strikes(Planted::DueEntryLost)), state.writes);
        for entry in entries.iter().skip(lost) {
            let key = (entry.task.shop.clone(), entry.day, entry.task.shard());
            state.due.entry(key).or_default().entry(entry.place()).or_insert(write);
        }
        Ok(())
    }

    async fn due_page(
        &self,
        shop: &ShopId,
        day: Date,
        shard: u32,
        from: Option<&str>,
    ) -> PortResult<DuePage> {
        let state = self.lock();
        let Some(places) = state.due.get(&(shop.clone(), day, shard)) else {
            return Ok(DuePage::default());
        };
        let after = from.map_or(Bound::Unbounded, Bound::Excluded);
        let seen =
            places.range::<str, _>((after, Bound::Unbounded)).filter(|(_, write)| **write <= self.seen);
        let page: Vec<&String> = seen.map(|(place, _)| place).take(PAGE).collect();
        let next = page.last().filter(|_| page.len() == PAGE).map(|place| (*place).clone());
        let entries = page.iter().filter_map(|place| DueEntry::at_place(shop, day, place)).collect();
        Ok(DuePage { entries, next })
    }

    async fn due_counts(&self, shop: &ShopId, first: Date, days: u16) -> PortResult<Vec<u64>> {
        let state = self.lock();
        let count = |day: Date| -> u64 {
            let shards = (0..DUE_SHARDS).filter_map(|shard| state.due.get(&(shop.clone(), day, shard)));
            let seen = shards.flat_map(BTreeMap::values).filter(|write| **write <= self.seen).count();
            u64::try_from(seen).unwrap_or(u64::MAX)
        };
        let day = |ahead: u16| first.checked_add(i32::from(ahead).days());
        Ok((0..days).map(|ahead| day(ahead).map_or(0, count)).collect())
    }
}
