//! Runs that are split into parts.

use jiff::civil::Date;
use nachklang_domain::id::ShopId;
use nachklang_domain::ports::{Parts, PortResult, ShardTask};
use rusqlite::Connection;

use super::fault::Fault;
use super::row::unsigned;
use super::{QueueName, SqliteStore};

const NOTE: &str = "INSERT INTO parts (shop, run_day, part) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
const COUNT: &str = "SELECT count(*) FROM parts WHERE shop = ?1 AND run_day = ?2";

impl Parts for SqliteStore {
    async fn to_planning(&self, tasks: &[ShardTask]) -> PortResult<()> {
        self.enqueue(QueueName::Planning, tasks).await
    }

    async fn finish_part(&self, shop: &ShopId, run_day: Date, part: &str) -> PortResult<u64> {
        self.write("note a part of a run as through", |db| finish(db, shop, run_day, part)).await
    }
}

fn finish(db: &Connection, shop: &ShopId, run_day: Date, part: &str) -> Result<u64, Fault> {
    let day = run_day.to_string();
    db.prepare_cached(NOTE)?.execute([shop.as_str(), day.as_str(), part])?;
    unsigned(db.prepare_cached(COUNT)?.query_row([shop.as_str(), day.as_str()], |row| row.get(0))?)
}
