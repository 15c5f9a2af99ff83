//! Small things that the program remembers: settings of its own, leases, notes, and files that it has imported.

use jiff::Timestamp;
use nachklang_domain::ports::{Leases, Notes, PortResult};
use rusqlite::{Connection, OptionalExtension};

use super::SqliteStore;
use super::fault::Fault;
use super::row::instant;

const GET: &str = "SELECT value FROM meta WHERE key = ?1";
const SET: &str = "INSERT INTO meta (key, value) VALUES (?1, ?2) \
    ON CONFLICT (key) DO UPDATE SET value = excluded.value";
const REMOVE: &str = "DELETE FROM meta WHERE key = ?1";
const REMOVE_IF: &str = "DELETE FROM meta WHERE key = ?1 AND value = ?2";
const SEEN: &str = "SELECT EXISTS (SELECT 1 FROM files WHERE hash = ?1)";
const NOTE: &str = "INSERT INTO files (hash) VALUES (?1) ON CONFLICT DO NOTHING";

impl SqliteStore {
    /// A setting of the program's own, such as its virtual clock.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn meta(&self, key: &str) -> PortResult<Option<String>> {
        self.read("read a setting", |db| get(db, key)).await
    }

    /// Sets a setting of the program's own.
    ///
    /// # Errors
    /// When the database cannot write.
    pub async fn set_meta(&self, key: &str, value: &str) -> PortResult<()> {
        self.write("write a setting", |db| set(db, key, value)).await
    }

    /// Whether a file with this content was imported before.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn seen_file(&self, hash: &str) -> PortResult<bool> {
        self.read("look up a file", |db| Ok(db.prepare_cached(SEEN)?.query_row([hash], |row| row.get(0))?))
            .await
    }

    /// Notes that a file with this content was imported. Inside the import's batch both stay or neither does.
    ///
    /// # Errors
    /// When the database cannot write.
    pub async fn note_file(&self, hash: &str) -> PortResult<()> {
        self.write("note a file", |db| {
            db.prepare_cached(NOTE)?.execute([hash])?;
            Ok(())
        })
        .await
    }
}

impl Leases for SqliteStore {
    async fn take_lease(&self, name: &str, now: Timestamp, until: Timestamp) -> PortResult<bool> {
        let key = format!("lease#{name}");
        self.write("take a lease", |db| {
            if instant(get(db, &key)?)?.is_some_and(|taken| now < taken) {
                return Ok(false);
            }
            set(db, &key, &until.to_string()).map(|()| true)
        })
        .await
    }

    async fn end_lease(&self, name: &str, until: Timestamp) -> PortResult<()> {
        self.write("end a lease", |db| {
            db.prepare_cached(REMOVE_IF)?.execute([format!("lease#{name}"), until.to_string()])?;
            Ok(())
        })
        .await
    }
}

impl Notes for SqliteStore {
    async fn remember(&self, name: &str, text: &str) -> PortResult<()> {
        self.set_meta(&format!("note#{name}"), text).await
    }

    async fn recall(&self, name: &str) -> PortResult<Option<String>> {
        self.meta(&format!("note#{name}")).await
    }

    async fn forget(&self, name: &str) -> PortResult<()> {
        self.write("forget a note", |db| remove(db, &format!("note#{name}"))).await
    }
}

pub(super) fn get(db: &Connection, key: &str) -> Result<Option<String>, Fault> {
    Ok(db.prepare_cached(GET)?.query_row([key], |row| row.get(0)).optional()?)
}

pub(super) fn remove(db: &Connection, key: &str) -> Result<(), Fault> {
    db.prepare_cached(REMOVE)?.execute([key])?;
    Ok(())
}

fn set(db: &Connection, key: &str, value: &str) -> Result<(), Fault> {
    db.prepare_cached(SET)?.execute([key, value])?;
    Ok(())
}
