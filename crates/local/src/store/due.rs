//! The due list.

use jiff::ToSpan;
use jiff::civil::Date;
use nachklang_domain::id::ShopId;
use nachklang_domain::ports::{DueEntry, DueList, DuePage, PortResult};
use rusqlite::{Connection, params};

use super::SqliteStore;
use super::fault::Fault;
use super::row::unsigned;

/// Entries a page: some hundred kilobytes at the most.
const PAGE: usize = 1_000;

const PUT: &str = "INSERT INTO due (shop, day, shard, place) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
const READ: &str = "SELECT place FROM due WHERE shop = ?1 AND day = ?2 AND shard = ?3 AND place > ?4 \
    ORDER BY place LIMIT ?5";
const COUNT: &str = "SELECT count(*) FROM due WHERE shop = ?1 AND day = ?2";

impl DueList for SqliteStore {
    async fn put_due(&self, entries: &[DueEntry]) -> PortResult<()> {
        self.write("write due entries", |db| entries.iter().try_for_each(|entry| put(db, entry))).await
    }

    async fn due_page(
        &self,
        shop: &ShopId,
        day: Date,
        shard: u32,
        from: Option<&str>,
    ) -> PortResult<DuePage> {
        self.read("read the due list", |db| page(db, shop, day, shard, from.unwrap_or_default())).await
    }

    async fn due_counts(&self, shop: &ShopId, first: Date, days: u16) -> PortResult<Vec<u64>> {
        self.read("count due entries", |db| (0..days).map(|ahead| count(db, shop, first, ahead)).collect())
            .await
    }
}

fn put(db: &Connection, entry: &DueEntry) -> Result<(), Fault> {
    let task = &entry.task;
    db.prepare_cached(PUT)?.execute(params![
        task.shop.as_str(),
        entry.day.to_string(),
        task.shard(),
        entry.place(),
    ])?;
    Ok(())
}

fn page(db: &Connection, shop: &ShopId, day: Date, shard: u32, after: &str) -> Result<DuePage, Fault> {
    let mut statement = db.prepare_cached(READ)?;
    let limit = i64::try_from(PAGE).unwrap_or(i64::MAX);
    let places = statement
        .query_map(params![shop.as_str(), day.to_string(), shard, after, limit], |row| row.get(0))?
        .collect::<Result<Vec<String>, _>>()?;
    let entries = places.iter().map(|place| entry(shop, day, place));
    Ok(DuePage {
        entries: entries.collect::<Result<_, _>>()?,
        next: places.last().filter(|_| places.len() == PAGE).cloned(),
    })
}

fn count(db: &Connection, shop: &ShopId, first: Date, ahead: u16) -> Result<u64, Fault> {
    let Ok(day) = first.checked_add(i32::from(ahead).days()) else {
        return Ok(0);
    };
    let bounds = params![shop.as_str(), day.to_string()];
    unsigned(db.prepare_cached(COUNT)?.query_row(bounds, |row| row.get(0))?)
}

fn entry(shop: &ShopId, day: Date, place: &str) -> Result<DueEntry, Fault> {
    DueEntry::at_place(shop, day, place).ok_or(Fault::Unreadable("a due entry"))
}
