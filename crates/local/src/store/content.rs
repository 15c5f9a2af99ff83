//! Published content: every version is kept, one of a name is active.

use nachklang_domain::id::content_hash;
use nachklang_domain::ports::{Content, NewContent, PortResult};
use rusqlite::{Connection, OptionalExtension, params};

use super::SqliteStore;
use super::fault::Fault;

const KEEP: &str = "INSERT INTO content (version, bytes) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
const ACTIVATE: &str = "INSERT INTO active_content (kind, name, version) VALUES (?1, ?2, ?3) \
    ON CONFLICT (kind, name) DO UPDATE SET version = excluded.version";
const ACTIVE: &str = "SELECT version FROM active_content WHERE kind = ?1 AND name = ?2";
const ALL_ACTIVE: &str = "SELECT name, version FROM active_content WHERE kind = ?1 ORDER BY name";
const BYTES: &str = "SELECT bytes FROM content WHERE version = ?1";

impl Content for SqliteStore {
    async fn publish(&self, kind: &str, name: &str, content: &[u8]) -> PortResult<String> {
        self.write("publish content", |db| publish(db, kind, name, content)).await
    }

    async fn publish_all(&self, contents: &[NewContent]) -> PortResult<Vec<String>> {
        self.write("publish content", |db| {
            contents.iter().map(|new| publish(db, new.kind, &new.name, &new.bytes)).collect()
        })
        .await
    }

    async fn active(&self, kind: &str, name: &str) -> PortResult<Option<String>> {
        self.read("look up the active version", |db| {
            let mut statement = db.prepare_cached(ACTIVE)?;
            Ok(statement.query_row([kind, name], |row| row.get(0)).optional()?)
        })
        .await
    }

    async fn all_active(&self, kind: &str) -> PortResult<Vec<(String, String)>> {
        self.read("list active versions", |db| {
            let mut statement = db.prepare_cached(ALL_ACTIVE)?;
            let rows = statement.query_map([kind], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn content(&self, version: &str) -> PortResult<Option<Vec<u8>>> {
        self.read("load content", |db| {
            let mut statement = db.prepare_cached(BYTES)?;
            Ok(statement.query_row([version], |row| row.get(0)).optional()?)
        })
        .await
    }
}

fn publish(db: &Connection, kind: &str, name: &str, content: &[u8]) -> Result<String, Fault> {
    let version = content_hash(content);
    db.prepare_cached(KEEP)?.execute(params![version, content])?;
    db.prepare_cached(ACTIVATE)?.execute([kind, name, version.as_str()])?;
    Ok(version)
}
