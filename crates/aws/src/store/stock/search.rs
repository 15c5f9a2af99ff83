//! The search for free codes: a walk around the pool from a place that a random number picks.
//!
//! See `docs/adr/0004-no-index-over-free-codes.md` for what it costs.

use nachklang_domain::coupon::{CouponCode, StockCode, shuffle};
use nachklang_domain::id::bucket;
use nachklang_domain::ports::PortResult;

use super::super::body::Item;
use super::super::codes::{SHARDS, place, state};
use super::super::item::text_of;
use super::drained::Wish;
use super::page::{Ask, Pages};
use super::{code_unreadable, expires};

/// Items of the first page: as many free codes as half a read unit pays for, four kilobytes.
const FIRST_PAGE: i32 = 32;
/// Items of the largest page: about what one answer holds, a megabyte. Each page is twice as long as the one before,
/// so that a nearly empty pool takes few calls.
const LARGEST_PAGE: i32 = 4_096;

const FILTER: &str = "(#state = :free OR (#state = :released AND #from <= :day)) \
    AND (attribute_not_exists(#expires) OR #expires >= :last)";

/// What is looked for.
pub(super) struct Search<'a> {
    pub pages: Pages<'a>,
    pub wish: &'a Wish,
    /// So many codes are enough.
    pub limit: usize,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The codes.
    pub codes: Vec<StockCode>,
    /// How many codes, free or not, were looked at.
    pub looked_at: u64,
}

/// A part of the walk.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Leg {
    shard: u32,
    part: Part,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// From a place to the end.
    From(String),
    /// Everything.
    Whole,
    /// From the beginning to a place.
    Before(String),
}

/// Around the pool, each place once.
fn walk(seed: u64) -> Vec<Leg> {
    let seed = seed.to_string();
    let first = bucket(&["shard", &seed], SHARDS);
    let start = place(bucket(&["place", &seed], u32::MAX));
    let others = (1..SHARDS).map(|step| Leg { shard: (first + step) % SHARDS, part: Part::Whole });
    let begin = Leg { shard: first, part: Part::From(start.clone()) };
    let end = Leg { shard: first, part: Part::Before(start) };
    std::iter::once(begin).chain(others).chain([end]).collect()
}

impl Search<'_> {
    /// Walks until enough is found, or all was looked at.
    ///
    /// # Errors
    /// What the table answers, or a permanent error when a code cannot be read.
    pub(super) async fn from(&self, seed: u64) -> PortResult<Found> {
        let (mut found, mut page_size) = (Found::default(), FIRST_PAGE);
        for leg in walk(seed) {
            self.go(&leg, &mut page_size, &mut found).await?;
            if found.codes.len() >= self.limit {
                break;
            }
        }
        shuffle(&mut found.codes, seed);
        found.codes.truncate(self.limit);
        Ok(found)
    }

    async fn go(&self, leg: &Leg, page_size: &mut i32, found: &mut Found) -> PortResult<()> {
        let (ask, mut start) = (self.ask(&leg.part), None);
        loop {
            let page = self.pages.page((&self.wish.pool, leg.shard), &ask, start, Some(*page_size)).await?;
            *page_size = page_size.saturating_mul(2).min(LARGEST_PAGE);
            found.looked_at += page.read;
            for item in &page.items {
                found.codes.push(self.stock_code(item)?);
            }
            start = page.next;
            if start.is_none() || found.codes.len() >= self.limit {
                return Ok(());
            }
        }
    }

    fn ask(&self, part: &Part) -> Ask {
        let (range, place) = match part {
            Part::From(place) => (Some("sk >= :place"), Some(place)),
            Part::Whole => (None, None),
            Part::Before(place) => (Some("sk < :place"), Some(place)),
        };
        let mut values = vec![
            ("free", state::FREE.to_owned()),
            ("released", state::RELEASED.to_owned()),
            ("day", self.wish.day.to_string()),
            ("last", self.wish.last_day.to_string()),
        ];
        values.extend(place.map(|place| ("place", place.clone())));
        Ask {
            doing: "look for free codes",
            range,
            filter: Some(FILTER),
            attributes: &["code", "expires"],
            names: &["state", "from"],
            values,
        }
    }

    fn stock_code(&self, item: &Item) -> PortResult<StockCode> {
        let code = text_of(item, "code").and_then(|given| CouponCode::parse(given).ok());
        let code = code.ok_or_else(code_unreadable)?;
        Ok(StockCode { pool: self.wish.pool.clone(), code, expires: expires(item)? })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_walk_sees_every_place_once(seed: u64) {
            let walk = walk(seed);
            let (Some(begin), Some(end)) = (walk.first(), walk.last()) else { panic!("a walk has legs") };
            prop_assert_eq!(begin.shard, end.shard);
            let (Part::From(from), Part::Before(before)) = (&begin.part, &end.part) else {
                panic!("a walk ends where it began");
            };
            prop_assert_eq!(from, before);
            let whole = walk.iter().filter(|leg| leg.part == Part::Whole);
            let shards: BTreeSet<u32> = whole.map(|leg| leg.shard).chain([begin.shard]).collect();
            prop_assert_eq!(shards, (0..SHARDS).collect::<BTreeSet<_>>());
            prop_assert_eq!(walk.len(), usize::try_from(SHARDS).unwrap() + 1);
        }
    }

    #[test]
    fn neighbouring_seeds_begin_far_apart() {
        let begins: BTreeSet<(u32, String)> = (0..100)
            .map(|seed| match walk(seed).remove(0) {
                Leg { shard, part: Part::From(place) } => (shard, place),
                other => panic!("{other:?}"),
            })
            .collect();
        let shards: BTreeSet<u32> = begins.iter().map(|(shard, _)| *shard).collect();
        assert_eq!((begins.len(), shards.len()), (100, 16));
    }
}
