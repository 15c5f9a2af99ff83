//! The queues between the stations: filled by the ports, emptied by the program.

use jiff::{SignedDuration, Timestamp};
use nachklang_domain::ports::{MailTask, PortResult, Queues, ShardTask};
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::SqliteStore;
use super::fault::Fault;
use super::row::{body, value};

const NOUN: &str = "a queued task";

/// Visible since the first moment, so at once.
const PUT: &str = "INSERT INTO queue (name, task, visible_at) VALUES (?1, ?2, 0)";
const NEXT: &str = "SELECT id, task, receives + 1 FROM queue WHERE name = ?1 AND visible_at <= ?2 \
    ORDER BY visible_at, id LIMIT 1";
const HIDE: &str = "UPDATE queue SET visible_at = ?2, receives = receives + 1 WHERE id = ?1";
const DONE: &str = "DELETE FROM queue WHERE id = ?1";
const RETRY: &str = "UPDATE queue SET visible_at = ?2 WHERE id = ?1";

/// Which queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum QueueName {
    /// To whoever looks through the parts of a run.
    Planning,
    /// To the coupon assignment.
    Assignment,
    /// To the delivery.
    Delivery,
}

impl QueueName {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Planning => "planning",
            Self::Assignment => "assignment",
            Self::Delivery => "delivery",
        }
    }
}

/// A task in a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct QueueId(i64);

/// A task that was taken out of a queue for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received<T> {
    /// Under which it is done or tried again.
    pub id: QueueId,
    /// The task.
    pub task: T,
    /// How often it was taken, this time included.
    pub receives: u32,
}

impl Queues for SqliteStore {
    async fn to_assignment(&self, tasks: &[MailTask]) -> PortResult<()> {
        self.enqueue(QueueName::Assignment, tasks).await
    }

    async fn to_delivery(&self, tasks: &[MailTask]) -> PortResult<()> {
        self.enqueue(QueueName::Delivery, tasks).await
    }
}

impl SqliteStore {
    pub(super) async fn enqueue<T: Serialize + Sync>(&self, queue: QueueName, tasks: &[T]) -> PortResult<()> {
        self.write("queue tasks", |db| {
            let mut statement = db.prepare_cached(PUT)?;
            for task in tasks {
                statement.execute(params![queue.as_str(), body(NOUN, task)?])?;
            }
            Ok(())
        })
        .await
    }

    /// Takes the next mail; it comes again after `visibility` unless it is done by then.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn take(
        &self,
        queue: QueueName,
        now: Timestamp,
        visibility: SignedDuration,
    ) -> PortResult<Option<Received<MailTask>>> {
        self.take_any(queue, now, visibility).await
    }

    /// Takes the next part of a run; it comes again after `visibility` unless it is done by then.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn take_part(
        &self,
        now: Timestamp,
        visibility: SignedDuration,
    ) -> PortResult<Option<Received<ShardTask>>> {
        self.take_any(QueueName::Planning, now, visibility).await
    }

    async fn take_any<T: DeserializeOwned>(
        &self,
        queue: QueueName,
        now: Timestamp,
        visibility: SignedDuration,
    ) -> PortResult<Option<Received<T>>> {
        self.write("take a task out of a queue", |db| {
            let until = now.saturating_add(visibility).unwrap_or(Timestamp::MAX);
            take(db, queue, now, until)
        })
        .await
    }

    /// Notes a task as done: it never comes again.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn done(&self, id: QueueId) -> PortResult<()> {
        self.write("note a queued task as done", |db| {
            db.prepare_cached(DONE)?.execute([id.0])?;
            Ok(())
        })
        .await
    }

    /// Lets a task come again at a moment.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn retry_at(&self, id: QueueId, when: Timestamp) -> PortResult<()> {
        self.write("put a mail back into its queue", |db| {
            db.prepare_cached(RETRY)?.execute([id.0, when.as_microsecond()])?;
            Ok(())
        })
        .await
    }
}

fn take<T: DeserializeOwned>(
    db: &Connection,
    queue: QueueName,
    now: Timestamp,
    until: Timestamp,
) -> Result<Option<Received<T>>, Fault> {
    let row: Option<(i64, String, u32)> = db
        .prepare_cached(NEXT)?
        .query_row(params![queue.as_str(), now.as_microsecond()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let Some((id, task, receives)) = row else {
        return Ok(None);
    };
    db.prepare_cached(HIDE)?.execute([id, until.as_microsecond()])?;
    Ok(Some(Received { id: QueueId(id), task: value(NOUN, &task)?, receives }))
}
