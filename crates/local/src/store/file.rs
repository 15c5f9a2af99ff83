//! The database file: opening it, and knowing that it is ours.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::fault::Fault;

/// The version of `schema.sql`.
const SCHEMA_VERSION: i64 = 2;
const SCHEMA: &str = include_str!("schema.sql");
/// What brings a file of version 1 up.
const FROM_1: &str = include_str!("from_1.sql");
/// How long another program's lock on the file is waited for.
const LOCK_WAIT: Duration = Duration::from_secs(5);
/// More than the store has statements, so that each is prepared once.
const STATEMENTS: usize = 128;

/// Opens the file, and creates it with its schema when it is not there.
pub(super) fn open(path: &Path) -> Result<Connection, Fault> {
    prepare(Connection::open(path)?)
}

/// A database that ends with the program.
pub(super) fn in_memory() -> Result<Connection, Fault> {
    prepare(Connection::open_in_memory()?)
}

fn prepare(mut connection: Connection) -> Result<Connection, Fault> {
    connection.busy_timeout(LOCK_WAIT)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // An order is acknowledged to the shop once its write returns, so it must be on the disk by then.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    // What is deleted or replaced is overwritten with zeros, so that no page keeps what a person wanted gone.
    connection.pragma_update(None, "secure_delete", "ON")?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    ensure_schema(&mut connection)?;
    Ok(connection)
}

/// Leaves nothing in the file, nor in its log, but what is stored: pages that were freed by an older program, and the
/// log's copies of pages that were changed since.
///
/// Source: <https://www.sqlite.org/lang_vacuum.html>; <https://www.sqlite.org/pragma.html#pragma_wal_checkpoint>
pub(super) fn scrub(connection: &Connection) -> Result<(), Fault> {
    connection.flush_prepared_statement_cache();
    connection.execute_batch("VACUUM")?;
    let busy: i64 = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy == 0 { Ok(()) } else { Err(Fault::Held) }
}

/// Under one write lock, so that two programs that open a new file do not both create the tables.
fn ensure_schema(connection: &mut Connection) -> Result<(), Fault> {
    let transaction = Transaction::new(connection, TransactionBehavior::Immediate)?;
    let version: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let tables: i64 = transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    match version {
        SCHEMA_VERSION => {}
        0 if tables == 0 => bring_up(&transaction, SCHEMA)?,
        1 => bring_up(&transaction, FROM_1)?,
        0 => {
            return Err(Fault::Refused("the file is another program's database; name another file"));
        }
        _ => {
            return Err(Fault::Refused(
                "the file was written by a newer version of Nachklang; update the program",
            ));
        }
    }
    Ok(transaction.commit()?)
}

fn bring_up(transaction: &Transaction<'_>, statements: &str) -> Result<(), Fault> {
    transaction.execute_batch(statements)?;
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    Ok(())
}
