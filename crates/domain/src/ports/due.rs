//! The due list, and the queues between the stations.

use std::future::Future;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::error::PortResult;
use crate::id::{ContactId, EnrolmentId, FlowId, ShopId};

/// An entry of the due list: a hint to look at one mail on one day. The contact decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueEntry {
    /// The day on which it is looked at, in the shop's time zone.
    pub day: Date,
    /// The day on which it first was due: entries of a day come in this order.
    pub first_due: Date,
    /// The mail.
    pub task: MailTask,
}

/// One mail of one enrolment: what the stations of the way hand on to each other.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MailTask {
    /// The shop.
    pub shop: ShopId,
    /// The person.
    pub contact: ContactId,
    /// The enrolment.
    pub enrolment: EnrolmentId,
    /// The flow.
    pub flow: FlowId,
    /// The step, from 0.
    pub step: u32,
}

impl DueEntry {
    /// Where it stands within its day and shard: entries sort by it, and the same entry always stands in the same place.
    /// No part of it can hold the separator.
    #[must_use]
    pub fn place(&self) -> String {
        let task = &self.task;
        format!("{}#{}#{}#{}#{}", self.first_due, task.flow, task.contact, task.enrolment, task.step)
    }

    /// The entry that stands in a place; `None` when nothing can stand there.
    #[must_use]
    pub fn at_place(shop: &ShopId, day: Date, place: &str) -> Option<Self> {
        let mut parts = place.split('#');
        let first_due = parts.next()?.parse().ok()?;
        let task = MailTask {
            shop: shop.clone(),
            flow: FlowId::parse(parts.next()?).ok()?,
            contact: ContactId::parse(parts.next()?).ok()?,
            enrolment: EnrolmentId::parse(parts.next()?).ok()?,
            step: parts.next()?.parse().ok()?,
        };
        Some(Self { day, first_due, task })
    }
}

/// A page of the due list.
#[derive(Debug, Clone, Default)]
pub struct DuePage {
    /// The entries.
    pub entries: Vec<DueEntry>,
    /// Where to go on; `None` at the end.
    pub next: Option<String>,
}

/// How many shards a day of a shop has, so that no key takes all writes.
pub const DUE_SHARDS: u32 = 8;

impl MailTask {
    /// The shard of the due list that holds it.
    #[must_use]
    pub fn shard(&self) -> u32 {
        crate::id::bucket(&["due", &self.contact.to_string()], DUE_SHARDS)
    }
}

/// The due list.
pub trait DueList {
    /// Writes entries. Writing one again MUST change nothing.
    fn put_due(&self, entries: &[DueEntry]) -> impl Future<Output = PortResult<()>> + Send;

    /// A page of one day and shard, ordered by the day on which the entries first were due. MAY be some seconds behind: an
    /// entry is written minutes before a run of its day can begin.
    fn due_page(
        &self,
        shop: &ShopId,
        day: Date,
        shard: u32,
        from: Option<&str>,
    ) -> impl Future<Output = PortResult<DuePage>> + Send;

    /// How many entries each of the `days` days from `first` on holds. MAY be some seconds behind, as a page.
    fn due_counts(
        &self,
        shop: &ShopId,
        first: Date,
        days: u16,
    ) -> impl Future<Output = PortResult<Vec<u64>>> + Send;
}

/// One shard of a day, looked through on its own because the whole day is too long for one go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardTask {
    /// The shop.
    pub shop: ShopId,
    /// The day of the run that it belongs to.
    pub run_day: Date,
    /// The day whose entries are looked at.
    pub day: Date,
    /// The shard.
    pub shard: u32,
    /// How many shards the run was split into, over all its days.
    pub of: u64,
    /// Where to go on within the shard; `None` at its beginning.
    pub from: Option<String>,
}

impl ShardTask {
    /// What makes it one of the run's parts, wherever it goes on from.
    #[must_use]
    pub fn part(&self) -> String {
        format!("{}#{}", self.day, self.shard)
    }
}

/// Runs that are split into parts.
pub trait Parts {
    /// Hands shards to whoever looks through them.
    fn to_planning(&self, tasks: &[ShardTask]) -> impl Future<Output = PortResult<()>> + Send;

    /// Notes that a part of a run is through; answers how many distinct parts of that run are. Noting it again MUST
    /// count it once.
    fn finish_part(
        &self,
        shop: &ShopId,
        run_day: Date,
        part: &str,
    ) -> impl Future<Output = PortResult<u64>> + Send;
}

/// The queues between the stations. At least once: a task may come twice, and in any order.
pub trait Queues {
    /// Hands tasks to the coupon assignment.
    fn to_assignment(&self, tasks: &[MailTask]) -> impl Future<Output = PortResult<()>> + Send;

    /// Hands tasks to the delivery.
    fn to_delivery(&self, tasks: &[MailTask]) -> impl Future<Output = PortResult<()>> + Send;
}
