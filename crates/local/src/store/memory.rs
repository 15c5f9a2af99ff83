//! Small things that the program remembers: settings of its own, and files that it has imported.

use nachklang_domain::ports::PortResult;
use rusqlite::OptionalExtension;

use super::SqliteStore;

const GET: &str = "SELECT value FROM meta WHERE key = ?1";
const SET: &str = "INSERT INTO meta (key, value) VALUES (?1, ?2) \
    ON CONFLICT (key) DO UPDATE SET value = excluded.value";
const SEEN: &str = "SELECT EXISTS (SELECT 1 FROM files WHERE hash = ?1)";
const NOTE: &str = "INSERT INTO files (hash) VALUES (?1) ON CONFLICT DO NOTHING";

impl SqliteStore {
    /// A setting of the program's own, such as its virtual clock.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn meta(&self, key: &str) -> PortResult<Option<String>> {
        self.read("read a setting", |db| {
            let mut statement = db.prepare_cached(GET)?;
            Ok(statement.query_row([key], |row| row.get(0)).optional()?)
        })
        .await
    }

    /// Sets a setting of the program's own.
    ///
    /// # Errors
    /// When the database cannot write.
    pub async fn set_meta(&self, key: &str, value: &str) -> PortResult<()> {
        self.write("write a setting", |db| {
            db.prepare_cached(SET)?.execute([key, value])?;
            Ok(())
        })
        .await
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
