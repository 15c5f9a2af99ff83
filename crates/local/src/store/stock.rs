//! The stock of coupon codes.

use jiff::civil::Date;
use nachklang_domain::coupon::file::CouponRow;
use nachklang_domain::coupon::{CouponCode, PoolCounts, StockCode, shuffle};
use nachklang_domain::id::{PoolId, bucket};
use nachklang_domain::ports::{AddedCode, CouponStock, PortResult};
use rusqlite::{Connection, params};

use super::SqliteStore;
use super::codes::code;
use super::fault::Fault;
use super::row::{day, day_text, signed, unsigned};

/// Slots go from 0 to one below the largest 32-bit number.
const SLOTS: u32 = u32::MAX;
/// So many times the codes that are asked for are looked at: chance picks among them.
const CHOICE: usize = 4;

const ADD: &str = "INSERT INTO codes (folded, given, pool, expires, slot, state) \
    VALUES (?1, ?2, ?3, ?4, ?5, 'free') ON CONFLICT DO NOTHING";
const POOL_OF: &str = "SELECT pool FROM codes WHERE folded = ?1";
pub(super) const FREE: &str = "SELECT given, expires FROM codes \
    WHERE pool = ?1 AND state IN ('free', 'released') AND slot BETWEEN ?2 AND ?3 \
        AND (free_from IS NULL OR free_from <= ?4) AND (expires IS NULL OR expires >= ?5) \
    ORDER BY slot LIMIT ?6";
const COUNTS: &str = "SELECT CASE WHEN state IN ('free', 'released') AND expires < ?2 THEN 'expired' \
        ELSE state END AS shown, count(*) \
    FROM codes WHERE pool = ?1 GROUP BY shown";
const ENDING: &str = "SELECT count(*) FROM codes \
    WHERE pool = ?1 AND state IN ('free', 'released') AND expires < ?2";
const CLAIMED: &str = "SELECT count(*) FROM codes \
    WHERE pool = ?1 AND claimed_on IS NOT NULL AND claimed_on >= ?2";
const VOID: &str = "UPDATE codes SET state = 'void' \
    WHERE folded = ?1 AND pool = ?2 AND state IN ('free', 'released')";

impl CouponStock for SqliteStore {
    async fn add_codes(&self, pool: &PoolId, rows: &[CouponRow]) -> PortResult<Vec<AddedCode>> {
        self.write("add codes to a pool", |db| rows.iter().map(|row| add(db, pool, row)).collect()).await
    }

    async fn free_codes(
        &self,
        pool: &PoolId,
        day: Date,
        not_before: Date,
        seed: u64,
        limit: usize,
    ) -> PortResult<Vec<StockCode>> {
        let search = Search { pool, day, last_day: not_before.max(day), limit: limit.saturating_mul(CHOICE) };
        let mut found = self.read("look for free codes", |db| search.around(db, seed)).await?;
        shuffle(&mut found, seed);
        found.truncate(limit);
        Ok(found)
    }

    async fn pool_counts(&self, pool: &PoolId, day: Date) -> PortResult<PoolCounts> {
        self.read("count the codes of a pool", |db| counts(db, pool, day)).await
    }

    async fn free_ending_before(&self, pool: &PoolId, day: Date) -> PortResult<u64> {
        self.read("count the codes that end", |db| number(db, ENDING, pool, day)).await
    }

    async fn claimed_since(&self, pool: &PoolId, day: Date) -> PortResult<u64> {
        self.read("count the claimed codes", |db| number(db, CLAIMED, pool, day)).await
    }

    async fn void_codes(&self, pool: &PoolId, codes: &[CouponCode]) -> PortResult<u64> {
        self.write("void codes", |db| {
            codes.iter().try_fold(0, |voided, code| Ok(voided + void(db, pool, code)?))
        })
        .await
    }
}

fn add(db: &Connection, pool: &PoolId, row: &CouponRow) -> Result<AddedCode, Fault> {
    let key = row.code.folded();
    let slot = bucket(&["slot", key], SLOTS);
    let added = db.prepare_cached(ADD)?.execute(params![
        key,
        row.code.expose(),
        pool.as_str(),
        day_text(row.expires),
        slot,
    ])?;
    if added == 1 {
        return Ok(AddedCode::Added);
    }
    let owner: String = db.prepare_cached(POOL_OF)?.query_row([key], |row| row.get(0))?;
    if owner == pool.as_str() {
        return Ok(AddedCode::KnownHere);
    }
    let owner = PoolId::parse(&owner).map_err(|_| Fault::Unreadable("the name of a pool"))?;
    Ok(AddedCode::KnownIn(owner))
}

/// What a claimer looks for.
struct Search<'a> {
    pool: &'a PoolId,
    day: Date,
    last_day: Date,
    limit: usize,
}

impl Search<'_> {
    /// From the slot that the seed picks to the last one, and on from the first one.
    fn around(&self, db: &Connection, seed: u64) -> Result<Vec<StockCode>, Fault> {
        let start = seed % u64::from(SLOTS);
        let mut found = self.between(db, start, u64::from(SLOTS), self.limit)?;
        if let (Some(before), true) = (start.checked_sub(1), found.len() < self.limit) {
            found.extend(self.between(db, 0, before, self.limit - found.len())?);
        }
        Ok(found)
    }

    fn between(&self, db: &Connection, first: u64, last: u64, limit: usize) -> Result<Vec<StockCode>, Fault> {
        let mut statement = db.prepare_cached(FREE)?;
        let bounds = params![
            self.pool.as_str(),
            signed(first)?,
            signed(last)?,
            self.day.to_string(),
            self.last_day.to_string(),
            signed(limit)?,
        ];
        let rows = statement
            .query_map(bounds, |row| Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?)))?;
        rows.map(|row| row.map_err(Fault::from).and_then(|row| self.stock_code(row))).collect()
    }

    fn stock_code(&self, (given, expires): (String, Option<String>)) -> Result<StockCode, Fault> {
        Ok(StockCode { pool: self.pool.clone(), code: code(&given)?, expires: day(expires)? })
    }
}

fn counts(db: &Connection, pool: &PoolId, day: Date) -> Result<PoolCounts, Fault> {
    let mut counts = PoolCounts::default();
    let mut statement = db.prepare_cached(COUNTS)?;
    let rows = statement.query_map(params![pool.as_str(), day.to_string()], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))
    })?;
    for row in rows {
        let (state, number) = row?;
        *count_of(&mut counts, &state)? = unsigned(number)?;
    }
    Ok(counts)
}

fn count_of<'a>(counts: &'a mut PoolCounts, state: &str) -> Result<&'a mut u64, Fault> {
    match state {
        "free" => Ok(&mut counts.free),
        "released" => Ok(&mut counts.released),
        "claimed" => Ok(&mut counts.claimed),
        "quarantined" => Ok(&mut counts.quarantined),
        "expired" => Ok(&mut counts.expired),
        "void" => Ok(&mut counts.void),
        _ => Err(Fault::Unreadable("the state of a code")),
    }
}

fn number(db: &Connection, statement: &str, pool: &PoolId, day: Date) -> Result<u64, Fault> {
    let bounds = params![pool.as_str(), day.to_string()];
    let number = db.prepare_cached(statement)?.query_row(bounds, |row| row.get(0))?;
    unsigned(number)
}

fn void(db: &Connection, pool: &PoolId, code: &CouponCode) -> Result<u64, Fault> {
    let voided = db.prepare_cached(VOID)?.execute(params![code.folded(), pool.as_str()])?;
    u64::try_from(voided).map_err(|_| Fault::Unreadable("a number"))
}
