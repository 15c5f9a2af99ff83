//! The stock of coupon codes.

use std::future::Future;

use jiff::civil::Date;

use super::error::PortResult;
use crate::coupon::file::CouponRow;
use crate::coupon::{CouponCode, PoolCounts, StockCode};
use crate::id::PoolId;

/// What became of a code that was imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddedCode {
    /// It is new.
    Added,
    /// It was in this pool before, in whatever state.
    KnownHere,
    /// It is in another pool.
    KnownIn(PoolId),
}

/// The stock of coupon codes.
pub trait CouponStock {
    /// Adds codes as free ones. A code that any pool ever held MUST NOT be added or changed; case is folded.
    /// One answer a row, in order.
    fn add_codes(
        &self,
        pool: &PoolId,
        rows: &[CouponRow],
    ) -> impl Future<Output = PortResult<Vec<AddedCode>>> + Send;

    /// Up to `limit` codes that look free on `day` and whose own end is not before `not_before`, from a place that
    /// `seed` picks and in an order that it picks ([`crate::coupon::shuffle`]), so that claimers seldom meet. A hint: the
    /// commit decides.
    fn free_codes(
        &self,
        pool: &PoolId,
        day: Date,
        not_before: Date,
        seed: u64,
        limit: usize,
    ) -> impl Future<Output = PortResult<Vec<StockCode>>> + Send;

    /// The counts of a pool. MAY be behind the last writes; at rest they MUST add up to what was imported.
    fn pool_counts(&self, pool: &PoolId, day: Date) -> impl Future<Output = PortResult<PoolCounts>> + Send;

    /// How many free codes end before a day.
    fn free_ending_before(&self, pool: &PoolId, day: Date) -> impl Future<Output = PortResult<u64>> + Send;

    /// How many codes of a pool were claimed from a day on.
    fn claimed_since(&self, pool: &PoolId, day: Date) -> impl Future<Output = PortResult<u64>> + Send;

    /// Takes free codes out of use; answers how many were free.
    fn void_codes(&self, pool: &PoolId, codes: &[CouponCode])
    -> impl Future<Output = PortResult<u64>> + Send;
}
