//! The ports of the domain on one machine: one SQLite file.
//!
//! One connection behind one lock serves all calls, in turn. A call is one transaction, and it is on the disk when it
//! returns; a [`Batch`] makes one transaction of many calls. SQLite has a single writer anyway, so nothing is lost.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nachklang_domain::ports::PortResult;
use rusqlite::{Connection, Transaction, TransactionBehavior};

mod batch;
mod codes;
mod contacts;
mod content;
mod due;
mod fault;
mod feeds;
mod file;
mod ledger;
mod memory;
mod orders;
mod parking;
mod parts;
mod products;
mod queues;
mod row;
mod stock;
mod turn;
mod walk;

pub use batch::Batch;
pub use parking::{Parked, ParkedId, ParkedRequest};
pub use queues::{QueueId, QueueName, Received};

use fault::Fault;
use turn::Turn;

/// The store in one SQLite file. Clones share it.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    connection: Arc<Mutex<Connection>>,
    turn: Arc<Turn>,
}

/// What becomes of what a step wrote.
enum Verdict<T> {
    /// It stays.
    Keep(T),
    /// It is taken back.
    Undo(T),
}

impl SqliteStore {
    /// Opens the store in a file and creates the file when it is not there.
    ///
    /// # Errors
    /// When the file cannot be opened, is no database of Nachklang, or was written by a newer version.
    pub fn open(path: &Path) -> PortResult<Self> {
        let opened = file::open(path).map(Self::over);
        opened.map_err(|fault| fault.while_doing(&format!("open the database {}", path.display())))
    }

    /// A store that ends with the program.
    ///
    /// # Errors
    /// When SQLite has no memory.
    pub fn in_memory() -> PortResult<Self> {
        let opened = file::in_memory().map(Self::over);
        opened.map_err(|fault| fault.while_doing("open a database in memory"))
    }

    fn over(connection: Connection) -> Self {
        Self { connection: Arc::new(Mutex::new(connection)), turn: Turn::outermost() }
    }

    /// Overwrites in the file what is stored no more. Needed after an erasure; it takes as long as writing the file anew.
    ///
    /// # Errors
    /// A transient one while somebody else works with the file.
    pub async fn scrub(&self) -> PortResult<()> {
        let doing = "overwrite in the database what is stored no more; end other programs that use it, then try again";
        let permit = self.turn.take().await.map_err(|fault| fault.while_doing(doing))?;
        let scrubbed = file::scrub(&self.lock());
        drop(permit);
        scrubbed.map_err(|fault| fault.while_doing(doing))
    }

    /// Reads; several statements see one state. `doing` completes the sentence "cannot …".
    async fn read<T>(
        &self,
        doing: &str,
        work: impl FnOnce(&Connection) -> Result<T, Fault> + Send,
    ) -> PortResult<T> {
        self.transact(doing, TransactionBehavior::Deferred, |db| work(db).map(Verdict::Keep)).await
    }

    /// Writes, all or nothing.
    async fn write<T>(
        &self,
        doing: &str,
        work: impl FnOnce(&Connection) -> Result<T, Fault> + Send,
    ) -> PortResult<T> {
        self.write_or_undo(doing, |db| work(db).map(Verdict::Keep)).await
    }

    /// Writes, all or nothing, and may change its mind.
    async fn write_or_undo<T>(
        &self,
        doing: &str,
        work: impl FnOnce(&Connection) -> Result<Verdict<T>, Fault> + Send,
    ) -> PortResult<T> {
        self.transact(doing, TransactionBehavior::Immediate, work).await
    }

    async fn transact<T>(
        &self,
        doing: &str,
        behavior: TransactionBehavior,
        work: impl FnOnce(&Connection) -> Result<Verdict<T>, Fault> + Send,
    ) -> PortResult<T> {
        let permit = self.turn.take().await.map_err(|fault| fault.while_doing(doing))?;
        let done =
            if self.turn.is_batch() { self.within_batch(work) } else { self.on_its_own(behavior, work) };
        drop(permit);
        done.map_err(|fault| fault.while_doing(doing))
    }

    fn on_its_own<T>(
        &self,
        behavior: TransactionBehavior,
        work: impl FnOnce(&Connection) -> Result<Verdict<T>, Fault>,
    ) -> Result<T, Fault> {
        let mut connection = self.lock();
        let transaction = Transaction::new(&mut connection, behavior)?;
        match work(&transaction)? {
            Verdict::Keep(done) => transaction.commit().map(|()| done).map_err(Fault::from),
            Verdict::Undo(done) => transaction.rollback().map(|()| done).map_err(Fault::from),
        }
    }

    fn within_batch<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<Verdict<T>, Fault>,
    ) -> Result<T, Fault> {
        let mut connection = self.lock();
        self.still_going(&connection)?;
        let savepoint = connection.savepoint()?;
        match work(&savepoint)? {
            Verdict::Keep(done) => savepoint.commit().map(|()| done).map_err(Fault::from),
            // Dropping it rolls back and releases it.
            Verdict::Undo(done) => Ok(done),
        }
    }

    fn execute(&self, statement: &str) -> Result<(), Fault> {
        let connection = self.lock();
        self.still_going(&connection)?;
        Ok(connection.execute_batch(statement)?)
    }

    /// A batch may end on another thread while a call waits for the lock, and SQLite takes a transaction back by
    /// itself when the disk is full.
    ///
    /// Source: <https://www.sqlite.org/lang_transaction.html>, "Response To Errors Within A Transaction".
    fn still_going(&self, connection: &Connection) -> Result<(), Fault> {
        if self.turn.is_over() || (self.turn.is_batch() && connection.is_autocommit()) {
            return Err(Fault::Refused("the batch has ended; begin another one"));
        }
        Ok(())
    }

    /// A panic under the lock left no open transaction: unwinding rolled it back before it released the lock.
    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
