//! The due list of one day, read over all its shards in the order in which the mails first were due.
//!
//! Mails that wait for codes must get them in that order, whichever shard holds them.

use std::collections::VecDeque;

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

    /// The entry that first was due of those not yet handed out; `None` at the end of the day.
    pub(crate) async fn next(&mut self) -> Result<Option<DueEntry>, UseCaseError> {
        for at in 0..self.shards.len() {
            self.fill(at).await?;
        }
        let earliest = self
            .shards
            .iter_mut()
            .filter(|shard| !shard.read.is_empty())
            .min_by_key(|shard| shard.read.front().map(|entry| entry.first_due));
        Ok(earliest.and_then(|shard| shard.read.pop_front()))
    }

    /// Reads on in a shard that is used up.
    async fn fill(&mut self, at: usize) -> Result<(), UseCaseError> {
        while let Some(shard) = self.shards.get_mut(at).filter(|shard| shard.read.is_empty()) {
            let from = match &shard.next {
                NextPage::First => None,
                NextPage::From(place) => Some(place.as_str()),
                NextPage::None => return Ok(()),
            };
            let page = self.world.due_page(self.shop, self.day, shard.number, from).await?;
            shard.read.extend(page.entries);
            shard.next = page.next.map_or(NextPage::None, NextPage::From);
        }
        Ok(())
    }
}
