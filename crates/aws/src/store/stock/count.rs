//! Counts over a whole pool: every code is read, so they belong into the daily run and no hot path.

use std::future::Future;

use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::civil::Date;
use nachklang_domain::coupon::PoolCounts;
use nachklang_domain::id::PoolId;
use nachklang_domain::ports::PortResult;

use super::super::body::Item;
use super::super::codes::{SHARDS, state};
use super::super::item::text_of;
use super::page::{Ask, Page, Pages};
use super::{code_unreadable, expires};

/// So many partitions are read at once. A page takes some megabytes of memory once it is parsed.
const AT_ONCE: usize = 4;

const ENDING: &str = "#state IN (:free, :released) AND #expires < :day";
const CLAIMED: &str = "#on >= :day";

/// The counting of one pool.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counting<'a> {
    pub pages: Pages<'a>,
    pub pool: &'a PoolId,
}

impl Counting<'_> {
    /// How many codes are in which state.
    ///
    /// # Errors
    /// What the table answers, or a permanent error when a code cannot be read.
    pub(super) async fn by_state(&self, day: Date) -> PortResult<PoolCounts> {
        let ask =
            Ask { doing: "count the codes of a pool", attributes: &["state", "expires"], ..Ask::default() };
        let counts = self.each_shard(async |shard| {
            let mut counts = PoolCounts::default();
            self.each_page(shard, &ask, |page| {
                page.items.iter().try_for_each(|item| add(&mut counts, item, day))
            })
            .await?;
            Ok(counts)
        });
        counts.await.map(|counts| counts.into_iter().fold(PoolCounts::default(), sum))
    }

    /// How many free codes end before a day.
    ///
    /// # Errors
    /// What the table answers.
    pub(super) async fn free_ending_before(&self, day: Date) -> PortResult<u64> {
        self.number(Ask {
            doing: "count the codes that end",
            filter: Some(ENDING),
            names: &["state", "expires"],
            values: vec![
                ("free", state::FREE.to_owned()),
                ("released", state::RELEASED.to_owned()),
                ("day", day.to_string()),
            ],
            ..Ask::default()
        })
        .await
    }

    /// How many codes were claimed from a day on.
    ///
    /// # Errors
    /// What the table answers.
    pub(super) async fn claimed_since(&self, day: Date) -> PortResult<u64> {
        self.number(Ask {
            doing: "count the claimed codes",
            filter: Some(CLAIMED),
            names: &["on"],
            values: vec![("day", day.to_string())],
            ..Ask::default()
        })
        .await
    }

    async fn number(&self, ask: Ask) -> PortResult<u64> {
        let numbers = self.each_shard(async |shard| {
            let mut number = 0;
            self.each_page(shard, &ask, |page| {
                number += page.count;
                Ok(())
            })
            .await?;
            Ok(number)
        });
        Ok(numbers.await?.into_iter().sum())
    }

    async fn each_shard<T, F: Future<Output = PortResult<T>>>(
        &self,
        count: impl Fn(u32) -> F,
    ) -> PortResult<Vec<T>> {
        stream::iter((0..SHARDS).map(count)).buffer_unordered(AT_ONCE).try_collect().await
    }

    async fn each_page(
        &self,
        shard: u32,
        ask: &Ask,
        mut take: impl FnMut(&Page) -> PortResult<()>,
    ) -> PortResult<()> {
        let mut start = None;
        loop {
            let page = self.pages.page((self.pool, shard), ask, start, None).await?;
            take(&page)?;
            start = page.next;
            if start.is_none() {
                return Ok(());
            }
        }
    }
}

fn add(counts: &mut PoolCounts, item: &Item, day: Date) -> PortResult<()> {
    let ended = expires(item)?.is_some_and(|last| last < day);
    let count = match text_of(item, "state") {
        Some(state::FREE | state::RELEASED) if ended => &mut counts.expired,
        Some(state::FREE) => &mut counts.free,
        Some(state::RELEASED) => &mut counts.released,
        Some(state::CLAIMED) => &mut counts.claimed,
        Some(state::QUARANTINED) => &mut counts.quarantined,
        Some(state::VOID) => &mut counts.void,
        _ => return Err(code_unreadable()),
    };
    *count += 1;
    Ok(())
}

const fn sum(left: PoolCounts, right: PoolCounts) -> PoolCounts {
    PoolCounts {
        free: left.free + right.free,
        released: left.released + right.released,
        claimed: left.claimed + right.claimed,
        quarantined: left.quarantined + right.quarantined,
        expired: left.expired + right.expired,
        void: left.void + right.void,
    }
}
