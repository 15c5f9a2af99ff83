//! Many calls in one transaction of SQLite, with one wait for the disk.

use std::sync::Arc;

use nachklang_domain::ports::PortResult;
use tokio::sync::OwnedSemaphorePermit;

use super::SqliteStore;
use super::fault::Fault;
use super::turn::Turn;

/// A batch that has begun: what is written through [`Batch::store`] stays once [`Batch::commit`] has returned.
///
/// Dropping it takes everything back. Calls on the store itself wait until it has ended, at most half a minute; so
/// keep a batch short, and use nothing but its own handle meanwhile.
#[derive(Debug)]
#[must_use = "a batch that is dropped takes everything back"]
pub struct Batch {
    store: SqliteStore,
    outer: Arc<Turn>,
    open: bool,
    // Released last: the outer handle goes on only after the batch has ended.
    _outer_turn: OwnedSemaphorePermit,
}

impl SqliteStore {
    /// Begins a batch: one transaction and one wait for the disk for all calls on [`Batch::store`].
    ///
    /// Each of these calls is still all or nothing by itself. A batch may begin inside another one; what it wrote
    /// then stays when the outer one commits too.
    ///
    /// # Errors
    /// A transient one when another batch or another program holds the database for too long.
    pub async fn begin_batch(&self) -> PortResult<Batch> {
        let doing = "begin a batch";
        let outer_turn = self.turn.take().await.map_err(|fault| fault.while_doing(doing))?;
        self.execute(if self.turn.is_batch() { "SAVEPOINT batch" } else { "BEGIN IMMEDIATE" })
            .map_err(|fault| fault.while_doing(doing))?;
        Ok(Batch { store: self.inside(), outer: Arc::clone(&self.turn), open: true, _outer_turn: outer_turn })
    }

    fn inside(&self) -> Self {
        Self { connection: Arc::clone(&self.connection), turn: Turn::within(&self.turn) }
    }
}

impl Batch {
    /// The handle whose calls belong to the batch. Clones of it end with the batch.
    #[must_use]
    pub const fn store(&self) -> &SqliteStore {
        &self.store
    }

    /// Makes everything that was written stay.
    ///
    /// # Errors
    /// When the database cannot write; everything is taken back then.
    pub async fn commit(mut self) -> PortResult<()> {
        let keep = if self.outer.is_batch() { "RELEASE batch" } else { "COMMIT" };
        let doing = "commit a batch";
        let _inner_turn = self.store.turn.take().await.map_err(|fault| fault.while_doing(doing))?;
        self.store.execute(keep).map_err(|fault| fault.while_doing(doing))?;
        self.open = false;
        self.store.turn.end();
        Ok(())
    }

    fn take_back(&self) -> Result<(), Fault> {
        let undo = if self.outer.is_batch() { "ROLLBACK TO batch; RELEASE batch" } else { "ROLLBACK" };
        let connection = self.store.lock();
        self.store.turn.end();
        if self.outer.is_over() || connection.is_autocommit() {
            return Ok(());
        }
        Ok(connection.execute_batch(undo)?)
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        if self.open
            && let Err(error) = self.take_back()
        {
            tracing::error!(%error, "a batch could not be taken back");
        }
    }
}
