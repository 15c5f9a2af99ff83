//! What an import works with.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use nachklang_domain::ports::{
    Contacts, Content, CouponStock, DueList, Leases, Ledger, Notes, Orders, PortResult, Products,
};

use crate::bucket::Bucket;
use crate::outcome::{Again, Took};
use crate::report::UploadReport;

/// The ports that uploads need.
pub trait World:
    Content
    + Contacts
    + CouponStock
    + DueList
    + Leases
    + Ledger
    + Notes
    + Orders
    + Products
    + Clone
    + Send
    + Sync
    + 'static
{
}

impl<W> World for W where
    W: Content
        + Contacts
        + CouponStock
        + DueList
        + Leases
        + Ledger
        + Notes
        + Orders
        + Products
        + Clone
        + Send
        + Sync
        + 'static
{
}

/// How long things are waited for.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// So long nothing may change in the folders before they are read: an upload of many files is read once.
    pub quiet: Duration,
    /// Between two looks whether somebody else is ready, or a shop has come.
    pub look: Duration,
    /// So many looks at most.
    pub looks: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self { quiet: Duration::from_secs(2), look: Duration::from_secs(2), looks: 45 }
    }
}

/// What an import works with.
#[derive(Debug, Clone)]
pub struct Importer<W, B> {
    /// The ports.
    pub world: W,
    /// The bucket.
    pub bucket: B,
    /// The time.
    pub clock: fn() -> Timestamp,
    /// How long things are waited for.
    pub pace: Pace,
}

/// Work under a lease: until when it is held.
#[derive(Debug)]
pub(crate) struct Held<'a> {
    name: &'a str,
    until: Timestamp,
}

impl<W: World, B: Bucket> Importer<W, B> {
    /// Takes a lease for so long, if nobody has it.
    pub(crate) async fn hold<'a>(&self, name: &'a str, time: Duration) -> PortResult<Option<Held<'a>>> {
        let now = (self.clock)();
        let until = SignedDuration::try_from(time).ok().and_then(|time| now.checked_add(time).ok());
        // Stores keep leases to the microsecond; a lease is ended by its very moment.
        let until = Timestamp::from_microsecond(until.unwrap_or(now).as_microsecond()).unwrap_or(now);
        let taken = self.world.take_lease(name, now, until).await?;
        Ok(taken.then_some(Held { name, until }))
    }

    /// Gives a lease back.
    pub(crate) async fn give_back(&self, held: Held<'_>) -> PortResult<()> {
        self.world.end_lease(held.name, held.until).await
    }

    /// Says of a file that lies where none belongs where files belong.
    ///
    /// # Errors
    /// When the bucket does not answer.
    pub async fn misplaced(&self, key: &str, problem: String) -> Result<Took, Again> {
        let remedy = "move the file; nothing reads it where it lies";
        self.write(&UploadReport::of_problem(key, problem, remedy, (self.clock)())).await?;
        Ok(Took::Looked { rejected: true })
    }

    /// Writes a report to where it is looked for.
    pub(crate) async fn write(&self, report: &UploadReport) -> PortResult<()> {
        self.bucket.put(&report.key(), report.json()?).await
    }
}
