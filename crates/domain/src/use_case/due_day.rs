//! The due list of one day, read over all its shards in the order in which the mails first were due.
//!
//! Mails that wait for codes must get them in that order, whichever shard holds them.

use std::collections::VecDeque;

use futures::future::try_join_all;
use jiff::civil::Date;

use super::UseCaseError;
use crate::id::ShopId;
use crate::ports::{DUE_SHARDS, DueEntry, DueList};

/// A day's entries; holds one page a shard.
#[derive(Debug)]
pub(crate) struct DueDay<'a, W> {
    world: &'a W,
    shop: &'a ShopId,
    day: Date,
    shards: Vec<Shard>,
}

/// What has been read of a shard and not yet been handed out.
#[derive(Debug)]
struct Shard {
    number: u32,
    read: VecDeque<DueEntry>,
    next: NextPage,
}

#[derive(Debug)]
enum NextPage {
    First,
    From(String),
    None,
}

impl<'a, W: DueList> DueDay<'a, W> {
    pub(crate) fn new(world: &'a W, shop: &'a ShopId, day: Date) -> Self {
        let shard = |number| Shard { number, read: VecDeque::new(), next: NextPage::First };
        Self { world, shop, day, shards: (0..DUE_SHARDS).map(shard).collect() }
    }

    /// Up to `limit` entries, those that first were due of all not yet handed out; none at the end of the day.
    pub(crate) async fn take(&mut self, limit: usize) -> Result<Vec<DueEntry>, UseCaseError> {
        let mut taken = Vec::with_capacity(limit);
        while taken.len() < limit {
            let Some(entry) = self.next().await? else { break };
            taken.push(entry);
        }
        Ok(taken)
    }

    async fn next(&mut self) -> Result<Option<DueEntry>, UseCaseError> {
        if self.shards.iter().any(Shard::is_used_up) {
            self.read_on().await?;
        }
        let earliest = self
            .shards
            .iter_mut()
            .filter(|shard| !shard.read.is_empty())
            .min_by_key(|shard| shard.read.front().map(|entry| entry.first_due));
        Ok(earliest.and_then(|shard| shard.read.pop_front()))
    }

    /// Reads on in all shards that are used up, side by side.
    async fn read_on(&mut self) -> Result<(), UseCaseError> {
        let Self { world, shop, day, shards } = self;
        let reads = shards.iter_mut().map(|shard| shard.read_on(*world, shop, *day));
        try_join_all(reads).await.map(drop)
    }
}

impl Shard {
    fn is_used_up(&self) -> bool {
        self.read.is_empty() && !matches!(self.next, NextPage::None)
    }

    async fn read_on<W: DueList>(&mut self, world: &W, shop: &ShopId, day: Date) -> Result<(), UseCaseError> {
        while self.is_used_up() {
            let from = match &self.next {
                NextPage::From(place) => Some(place.as_str()),
                NextPage::First | NextPage::None => None,
            };
            let page = world.due_page(shop, day, self.number, from).await?;
            self.read.extend(page.entries);
            self.next = page.next.map_or(NextPage::None, NextPage::From);
        }
        Ok(())
    }
}
