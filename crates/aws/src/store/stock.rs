//! The stock of coupon codes.

mod count;
mod drained;
mod import;
mod page;
mod search;
mod void;

use jiff::Timestamp;
use jiff::civil::Date;
use nachklang_domain::coupon::file::CouponRow;
use nachklang_domain::coupon::{CouponCode, PoolCounts, StockCode};
use nachklang_domain::id::PoolId;
use nachklang_domain::ports::{AddedCode, CouponStock, PortError, PortResult};

pub(super) use drained::Drained;

use self::count::Counting;
use self::drained::Wish;
use self::import::Import;
use self::page::Pages;
use self::search::Search;
use self::void::Voiding;
use super::AwsStore;
use super::body::{Item, unreadable};
use super::item::text_of;
use crate::config::Setting;

const NOUN: &str = "a coupon code";

impl CouponStock for AwsStore {
    async fn add_codes(&self, pool: &PoolId, rows: &[CouponRow]) -> PortResult<Vec<AddedCode>> {
        let import = Import::new(&self.clients.dynamo, self.coupons()?, pool)?;
        let answers = import.add(rows).await;
        // Even after an error: a part of the rows may have been added.
        self.drained.forget(pool);
        answers
    }

    async fn free_codes(
        &self,
        pool: &PoolId,
        day: Date,
        not_before: Date,
        seed: u64,
        limit: usize,
    ) -> PortResult<Vec<StockCode>> {
        let wish = Wish { pool: pool.clone(), day, last_day: not_before.max(day) };
        if limit == 0 || self.drained.knows(&wish, Timestamp::now()) {
            return Ok(Vec::new());
        }
        let begun = self.drained.begin(pool);
        let found = Search { pages: self.pages()?, wish: &wish, limit }.from(seed).await?;
        if found.codes.is_empty() {
            self.drained.note(wish, found.looked_at, begun, Timestamp::now());
        }
        Ok(found.codes)
    }

    async fn pool_counts(&self, pool: &PoolId, day: Date) -> PortResult<PoolCounts> {
        Counting { pages: self.pages()?, pool }.by_state(day).await
    }

    async fn free_ending_before(&self, pool: &PoolId, day: Date) -> PortResult<u64> {
        Counting { pages: self.pages()?, pool }.free_ending_before(day).await
    }

    async fn claimed_since(&self, pool: &PoolId, day: Date) -> PortResult<u64> {
        Counting { pages: self.pages()?, pool }.claimed_since(day).await
    }

    async fn void_codes(&self, pool: &PoolId, codes: &[CouponCode]) -> PortResult<u64> {
        Voiding { client: &self.clients.dynamo, table: self.coupons()?, pool }.void(codes).await
    }
}

impl AwsStore {
    fn coupons(&self) -> PortResult<&str> {
        self.config.get(Setting::Coupons)
    }

    fn pages(&self) -> PortResult<Pages<'_>> {
        Ok(Pages { client: &self.clients.dynamo, table: self.coupons()? })
    }
}

/// The last day on which the shop takes a code.
///
/// # Errors
/// A permanent error when no day stands there.
fn expires(item: &Item) -> PortResult<Option<Date>> {
    text_of(item, "expires").map(|day| day.parse().map_err(|_| code_unreadable())).transpose()
}

fn code_unreadable() -> PortError {
    unreadable(NOUN)
}

#[cfg(test)]
mod tests;
