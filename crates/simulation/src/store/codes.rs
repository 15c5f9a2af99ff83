//! Codes: who holds which, and which are free.

use std::collections::BTreeMap;

use jiff::civil::Date;
use nachklang_domain::contact::Contact;
use nachklang_domain::coupon::file::CouponRow;
use nachklang_domain::coupon::{CodeAction, CodeChange, CouponCode, Holder, PoolCounts, StockCode};
use nachklang_domain::id::{PoolId, bucket};
use nachklang_domain::ports::{AddedCode, CouponStock, PortResult};

use super::Store;
use super::past::Past;
use crate::planted::Planted;

/// Slots go from 0 to one below the largest 32-bit number.
const SLOTS: u32 = u32::MAX;

/// By the folded code, over all pools.
pub(super) type Table = BTreeMap<String, Past<Row>>;

/// One code.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) pool: PoolId,
    pub(super) code: CouponCode,
    pub(super) expires: Option<Date>,
    pub(super) standing: Standing,
    /// Kept when it is given back: it was claimed on that day all the same.
    claimed_on: Option<Date>,
}

/// How a code stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    Free,
    Released { free_from: Date },
    Claimed(Holder),
    Quarantined(Holder),
    Void,
}

impl Row {
    /// Never given out or given back, whether or not it may be claimed yet.
    pub(super) const fn is_loose(&self) -> bool {
        matches!(self.standing, Standing::Free | Standing::Released { .. })
    }

    /// Whether it may be claimed on a day.
    fn is_free(&self, day: Date) -> bool {
        match self.standing {
            Standing::Free => true,
            Standing::Released { free_from } => free_from <= day,
            _ => false,
        }
    }

    pub(super) fn ends_before(&self, day: Date) -> bool {
        self.expires.is_some_and(|last| last < day)
    }

    pub(super) const fn holder(&self) -> Option<&Holder> {
        match &self.standing {
            Standing::Claimed(holder) | Standing::Quarantined(holder) => Some(holder),
            _ => None,
        }
    }

    fn slot(&self) -> u32 {
        bucket(&["slot", self.code.folded()], SLOTS)
    }
}

/// The code after a change; `None` when it is not in the state that the change needs, unless it is changed whatever it is.
pub(super) fn changed(row: &Row, contact: &Contact, change: &CodeChange, whatever: bool) -> Option<Row> {
    if row.pool != change.pool {
        return None;
    }
    let (holder, mut next) = (change.holder.clone(), row.clone());
    if change.action == CodeAction::Claim {
        let held = contact.coupons.iter().filter(|held| held.code == change.code);
        let day = held.map(|held| held.granted_on).max().filter(|day| whatever || row.is_free(*day))?;
        next.claimed_on = Some(day);
    } else if !whatever && row.holder() != Some(&holder) {
        return None;
    }
    next.standing = match change.action {
        CodeAction::Claim | CodeAction::Keep => Standing::Claimed(holder),
        CodeAction::Quarantine => Standing::Quarantined(holder),
        CodeAction::Release { free_from } => Standing::Released { free_from },
    };
    Some(next)
}

impl Store {
    /// Something about the codes of a pool, as they are now.
    fn count_codes(&self, pool: &PoolId, counts: impl Fn(&Row) -> bool) -> u64 {
        let state = self.lock();
        let rows = state.codes.values().filter_map(Past::now);
        let counted = rows.filter(|row| row.pool == *pool && counts(row)).count();
        u64::try_from(counted).unwrap_or(u64::MAX)
    }
}

impl CouponStock for Store {
    async fn add_codes(&self, pool: &PoolId, rows: &[CouponRow]) -> PortResult<Vec<AddedCode>> {
        let mut state = self.write();
        let write = state.writes;
        let again = state.has(Planted::AddedAgain);
        Ok(rows.iter().map(|row| add(&mut state.codes, write, pool, row, again)).collect())
    }

    async fn free_codes(
        &self,
        pool: &PoolId,
        day: Date,
        not_before: Date,
        seed: u64,
        limit: usize,
    ) -> PortResult<Vec<StockCode>> {
        let state = self.lock();
        let last_day = not_before.max(day);
        let rows = state.codes.values().filter_map(|past| past.seen(self.seen));
        let mut free: Vec<&Row> =
            rows.filter(|row| row.pool == *pool && row.is_free(day) && !row.ends_before(last_day)).collect();
        let start = u32::try_from(seed % u64::from(SLOTS)).unwrap_or(0);
        free.sort_by_key(|row| (row.slot() < start, row.slot(), row.code.folded()));
        Ok(free.into_iter().take(limit).map(offer).collect())
    }

    async fn pool_counts(&self, pool: &PoolId, day: Date) -> PortResult<PoolCounts> {
        let ended = |row: &Row| row.is_loose() && row.ends_before(day);
        Ok(PoolCounts {
            free: self.count_codes(pool, |row| row.standing == Standing::Free && !ended(row)),
            released: self
                .count_codes(pool, |row| matches!(row.standing, Standing::Released { .. }) && !ended(row)),
            claimed: self.count_codes(pool, |row| matches!(row.standing, Standing::Claimed(_))),
            quarantined: self.count_codes(pool, |row| matches!(row.standing, Standing::Quarantined(_))),
            expired: self.count_codes(pool, ended),
            void: self.count_codes(pool, |row| row.standing == Standing::Void),
        })
    }

    async fn free_ending_before(&self, pool: &PoolId, day: Date) -> PortResult<u64> {
        Ok(self.count_codes(pool, |row| row.is_loose() && row.ends_before(day)))
    }

    async fn claimed_since(&self, pool: &PoolId, day: Date) -> PortResult<u64> {
        Ok(self.count_codes(pool, |row| row.claimed_on.is_some_and(|claimed| claimed >= day)))
    }

    async fn void_codes(&self, pool: &PoolId, codes: &[CouponCode]) -> PortResult<u64> {
        let mut state = self.write();
        if state.has(Planted::VoidIgnored) {
            return Ok(u64::try_from(codes.len()).unwrap_or(u64::MAX));
        }
        let write = state.writes;
        let voided = codes.iter().filter(|code| void(&mut state.codes, write, pool, code)).count();
        Ok(u64::try_from(voided).unwrap_or(u64::MAX))
    }
}

fn add(codes: &mut Table, write: u64, pool: &PoolId, row: &CouponRow, again: bool) -> AddedCode {
    let past = codes.entry(row.code.folded().to_owned()).or_default();
    if let Some(known) = past.now().filter(|_| !again) {
        let here = known.pool == *pool;
        return if here { AddedCode::KnownHere } else { AddedCode::KnownIn(known.pool.clone()) };
    }
    let (code, expires) = (row.code.clone(), row.expires);
    let row = Row { pool: pool.clone(), code, expires, standing: Standing::Free, claimed_on: None };
    past.set(write, row);
    AddedCode::Added
}

fn void(codes: &mut Table, write: u64, pool: &PoolId, code: &CouponCode) -> bool {
    let Some(past) = codes.get_mut(code.folded()) else { return false };
    let loose = past.now().filter(|row| row.pool == *pool && row.is_loose());
    let Some(row) = loose.map(|row| Row { standing: Standing::Void, ..row.clone() }) else { return false };
    past.set(write, row);
    true
}

fn offer(row: &Row) -> StockCode {
    StockCode { pool: row.pool.clone(), code: row.code.clone(), expires: row.expires }
}
