//! Published content, runs, switches, marks and moments.

use std::future::Future;

use jiff::Timestamp;
use jiff::civil::Date;

use super::error::PortResult;
use super::sending::{Halt, Sending};
use crate::id::ShopId;
use crate::language::Language;

/// Content that is to be published under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewContent {
    /// What it is, such as `mail`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// Published content: immutable by version, with a pointer to the active one.
pub trait Content {
    /// Stores content and makes it the active one of its name. The version is the content's hash. MUST keep every
    /// version that a claim may name.
    fn publish(
        &self,
        kind: &str,
        name: &str,
        content: &[u8],
    ) -> impl Future<Output = PortResult<String>> + Send;

    /// Publishes several contents that belong together; answers their versions in the same order.
    ///
    /// MUST store every content before it moves the first pointer. The pointers move all at once; a store that cannot
    /// do so for that many moves the last ones last, and publishing all again mends what was broken off.
    fn publish_all(&self, contents: &[NewContent]) -> impl Future<Output = PortResult<Vec<String>>> + Send;

    /// The active version of a name.
    fn active(&self, kind: &str, name: &str) -> impl Future<Output = PortResult<Option<String>>> + Send;

    /// The active version of a name as some seconds ago, which spares a mail the price of a read. MAY be behind; that
    /// there is none MUST be asked of [`Content::active`].
    fn glance_active(
        &self,
        kind: &str,
        name: &str,
    ) -> impl Future<Output = PortResult<Option<String>>> + Send {
        self.active(kind, name)
    }

    /// The names of a kind with their active versions, sorted.
    fn all_active(&self, kind: &str) -> impl Future<Output = PortResult<Vec<(String, String)>>> + Send;

    /// The content of a version.
    fn content(&self, version: &str) -> impl Future<Output = PortResult<Option<Vec<u8>>>> + Send;
}

/// How a run begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunStart {
    /// It may run; the last completed day is known or not.
    Started {
        /// The last day that was completed.
        last_completed: Option<Date>,
    },
    /// The day was completed before.
    AlreadyDone,
    /// Another one runs, under a lease that has not ended.
    Busy,
}

/// Runs, switches, marks and moments.
pub trait Ledger {
    /// Begins the run of a shop's day. MUST let one in at a time, and another one once the lease has ended.
    fn begin_run(
        &self,
        shop: &ShopId,
        day: Date,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> impl Future<Output = PortResult<RunStart>> + Send;

    /// The last day that a run of the shop completed. MAY be behind.
    fn last_completed(&self, shop: &ShopId) -> impl Future<Output = PortResult<Option<Date>>> + Send;

    /// Notes a day as completed; the last completed day MUST never go back.
    fn finish_run(&self, shop: &ShopId, day: Date) -> impl Future<Output = PortResult<()>> + Send;

    /// How sending stands.
    fn sending(&self) -> impl Future<Output = PortResult<Sending>> + Send;

    /// Notes that the mail service takes nothing until then; replaces an earlier halt. MUST leave a switch that is off as
    /// it is.
    fn halt(&self, why: Halt, until: Timestamp) -> impl Future<Output = PortResult<()>> + Send;

    /// Switches sending off or on. Both MUST end a halt.
    fn set_stopped(&self, stopped: bool) -> impl Future<Output = PortResult<()>> + Send;

    /// Sets a mark, such as a standing alert; answers whether it was set before.
    fn set_mark(&self, name: &str, on: bool) -> impl Future<Output = PortResult<bool>> + Send;

    /// Whether a mark is set.
    fn mark(&self, name: &str) -> impl Future<Output = PortResult<bool>> + Send;

    /// Notes when something happened, such as a feed's publication under [`feed_moment`]; replaces what was noted.
    fn set_moment(&self, name: &str, at: Timestamp) -> impl Future<Output = PortResult<()>> + Send;

    /// When something happened last.
    fn moment(&self, name: &str) -> impl Future<Output = PortResult<Option<Timestamp>>> + Send;
}

/// The moment at which a shop's product feed of a language was published last, or found to be as it is in use.
#[must_use]
pub fn feed_moment(shop: &ShopId, language: Language) -> String {
    format!("feed#{shop}/{language}")
}
