//! Runs, switches, marks and moments.

use jiff::Timestamp;
use jiff::civil::Date;
use nachklang_domain::id::ShopId;
use nachklang_domain::ports::{Halt, Ledger, PortResult, RunStart, Sending};
use rusqlite::{Connection, OptionalExtension, params};

use super::SqliteStore;
use super::fault::Fault;
use super::memory::{get, remove};
use super::row::{day, instant, moment};

const RUN: &str = "SELECT last_completed, lease_until FROM runs WHERE shop = ?1";
const BEGIN: &str = "INSERT INTO runs (shop, running, lease_until) VALUES (?1, ?2, ?3) \
    ON CONFLICT (shop) DO UPDATE SET running = excluded.running, lease_until = excluded.lease_until";
/// The lease ends with its own day only: another run may have taken over.
const FINISH: &str = "INSERT INTO runs (shop, last_completed) VALUES (?1, ?2) \
    ON CONFLICT (shop) DO UPDATE SET last_completed = max(coalesce(last_completed, ''), excluded.last_completed), \
        lease_until = CASE WHEN running = ?2 THEN NULL ELSE lease_until END";
const SET: &str = "INSERT INTO flags (kind, name) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
const CLEAR: &str = "DELETE FROM flags WHERE kind = ?1 AND name = ?2";
const IS_SET: &str = "SELECT EXISTS (SELECT 1 FROM flags WHERE kind = ?1 AND name = ?2)";

/// The switch that stops sending.
const STOP: [&str; 2] = ["switch", "stop"];
/// Where a halt is noted: why, and until when.
const HALT: &str = "halt";

impl Ledger for SqliteStore {
    async fn begin_run(
        &self,
        shop: &ShopId,
        day: Date,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> PortResult<RunStart> {
        self.write("begin a run", |db| begin(db, shop, day, now, lease_until)).await
    }

    async fn last_completed(&self, shop: &ShopId) -> PortResult<Option<Date>> {
        self.read("read the last completed day", |db| Ok(known_run(db, shop)?.0)).await
    }

    async fn finish_run(&self, shop: &ShopId, day: Date) -> PortResult<()> {
        self.write("finish a run", |db| {
            db.prepare_cached(FINISH)?.execute([shop.as_str(), &day.to_string()])?;
            Ok(())
        })
        .await
    }

    async fn sending(&self) -> PortResult<Sending> {
        self.read("read the switch that stops sending", |db| {
            if is_set(db, STOP)? { Ok(Sending::Off) } else { halted(get(db, HALT)?.as_deref()) }
        })
        .await
    }

    async fn halt(&self, why: Halt, until: Timestamp) -> PortResult<()> {
        self.set_meta(HALT, &format!("{} {until}", why.as_str())).await
    }

    async fn set_stopped(&self, stopped: bool) -> PortResult<()> {
        self.write("switch sending off or on", |db| {
            remove(db, HALT)?;
            set(db, STOP, stopped).map(drop)
        })
        .await
    }

    async fn set_mark(&self, name: &str, on: bool) -> PortResult<bool> {
        self.write("set a mark", |db| set(db, ["mark", name], on)).await
    }

    async fn mark(&self, name: &str) -> PortResult<bool> {
        self.read("read a mark", |db| is_set(db, ["mark", name])).await
    }

    async fn set_moment(&self, name: &str, at: Timestamp) -> PortResult<()> {
        self.set_meta(&format!("moment#{name}"), &at.to_string()).await
    }

    async fn moment(&self, name: &str) -> PortResult<Option<Timestamp>> {
        let doing = "read a moment";
        self.read(doing, |db| instant(get(db, &format!("moment#{name}"))?)).await
    }
}

/// How sending stands by what is noted of a halt.
fn halted(noted: Option<&str>) -> Result<Sending, Fault> {
    let Some((why, until)) = noted.and_then(|noted| noted.split_once(' ')) else { return Ok(Sending::On) };
    let until = instant(Some(until.to_owned()))?;
    Ok(Halt::parse(why).zip(until).map_or(Sending::On, |(why, until)| Sending::Halted { why, until }))
}

fn begin(
    db: &Connection,
    shop: &ShopId,
    day: Date,
    now: Timestamp,
    lease_until: Timestamp,
) -> Result<RunStart, Fault> {
    let (last_completed, lease) = known_run(db, shop)?;
    if last_completed.is_some_and(|completed| day <= completed) {
        return Ok(RunStart::AlreadyDone);
    }
    if lease.is_some_and(|until| now < until) {
        return Ok(RunStart::Busy);
    }
    db.prepare_cached(BEGIN)?.execute(params![
        shop.as_str(),
        day.to_string(),
        lease_until.as_microsecond()
    ])?;
    Ok(RunStart::Started { last_completed })
}

fn known_run(db: &Connection, shop: &ShopId) -> Result<(Option<Date>, Option<Timestamp>), Fault> {
    let row: Option<(Option<String>, Option<i64>)> = db
        .prepare_cached(RUN)?
        .query_row([shop.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (completed, lease) = row.unwrap_or_default();
    Ok((day(completed)?, lease.map(moment).transpose()?))
}

/// Sets or clears a flag; answers whether it was set before.
fn set(db: &Connection, [kind, name]: [&str; 2], on: bool) -> Result<bool, Fault> {
    let statement = if on { SET } else { CLEAR };
    let changed = db.prepare_cached(statement)?.execute([kind, name])? == 1;
    Ok(changed != on)
}

fn is_set(db: &Connection, flag: [&str; 2]) -> Result<bool, Fault> {
    Ok(db.prepare_cached(IS_SET)?.query_row(flag, |row| row.get(0))?)
}
