//! What the domain asks of the outside world. Each method's MUSTs are the contract that every implementation is
//! tested against.
//!
//! All futures are `Send`; all errors say whether trying again can help.

use std::future::Future;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::contact::Contact;
use crate::coupon::file::CouponRow;
use crate::coupon::{CodeChange, CouponCode, PoolCounts, StockCode};
use crate::id::{ContactId, EnrolmentId, FlowId, MailId, OrderKey, PoolId, ProductId, SeriesId, ShopId};
use crate::language::{Country, Language};
use crate::mail::message::OutgoingMail;
use crate::order::Order;
use crate::product::Product;
use crate::story::MailStory;

/// Why the outside world did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct PortError {
    what: String,
    transient: bool,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl PortError {
    /// Something that may work in a moment: throttling, a lock, a lost connection.
    #[must_use]
    pub fn transient(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            transient: true,
            source: None,
        }
    }

    /// Something that will not work however often it is tried.
    #[must_use]
    pub fn permanent(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            transient: false,
            source: None,
        }
    }

    /// Keeps the cause.
    #[must_use]
    pub fn because(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }

    /// Whether trying again can help.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        self.transient
    }
}

/// The result of a port's method.
pub type PortResult<T> = Result<T, PortError>;

/// The version of a stored value: 0 when it is absent, one more with each write.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Version(pub u64);

/// What a conditional write did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    /// It was written.
    Done,
    /// Somebody else wrote first; read again and decide again.
    Conflict,
}

/// What committing a contact did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// Contact and code were written, both.
    Done,
    /// Somebody else wrote the contact first; neither was written.
    ContactChanged,
    /// The code is not in the state that the change needs; neither was written.
    CodeTaken,
}

/// Orders.
pub trait Orders {
    /// The order, with its version. MUST see every write that has returned.
    fn load_order(&self, key: &OrderKey)
    -> impl Future<Output = PortResult<Option<(Order, Version)>>> + Send;

    /// Writes the order. MUST write nothing and answer [`Saved::Conflict`] unless the stored version is `expected`.
    fn save_order(&self, order: &Order, expected: Version) -> impl Future<Output = PortResult<Saved>> + Send;

    /// All orders of a contact in a shop, oldest number first. MAY be behind the last writes.
    fn orders_of(
        &self,
        shop: &ShopId,
        contact: ContactId,
    ) -> impl Future<Output = PortResult<Vec<Order>>> + Send;
}

/// Contacts, and the codes that change hands together with them.
pub trait Contacts {
    /// The contact, with its version. MUST see every write that has returned.
    fn load_contact(
        &self,
        shop: &ShopId,
        id: ContactId,
    ) -> impl Future<Output = PortResult<Option<(Contact, Version)>>> + Send;

    /// Writes the contact and changes codes, all or nothing.
    ///
    /// MUST write nothing and answer [`Committed::ContactChanged`] unless the stored version is `expected`. MUST write
    /// nothing and answer [`Committed::CodeTaken`] if a claimed code is not free (or not yet free again), or another
    /// change names a code that its holder does not hold. The contact's version is looked at first.
    fn commit(
        &self,
        contact: &Contact,
        expected: Version,
        codes: &[CodeChange],
    ) -> impl Future<Output = PortResult<Committed>> + Send;
}

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

    /// A page of one day and shard, ordered by the day on which the entries first were due.
    fn due_page(
        &self,
        shop: &ShopId,
        day: Date,
        shard: u32,
        from: Option<&str>,
    ) -> impl Future<Output = PortResult<DuePage>> + Send;

    /// How many entries each of the `days` days from `first` on holds.
    fn due_counts(
        &self,
        shop: &ShopId,
        first: Date,
        days: u16,
    ) -> impl Future<Output = PortResult<Vec<u64>>> + Send;
}

/// What became of a code that was imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddedCode {
    /// It is new.
    Added,
    /// It was in this pool before, in whatever state.
    KnownHere,
    /// It is in another pool.
    KnownIn(PoolId),
}

/// The stock of coupon codes.
pub trait CouponStock {
    /// Adds codes as free ones. A code that any pool ever held MUST NOT be added or changed; case is folded.
    /// One answer a row, in order.
    fn add_codes(
        &self,
        pool: &PoolId,
        rows: &[CouponRow],
    ) -> impl Future<Output = PortResult<Vec<AddedCode>>> + Send;

    /// Up to `limit` codes that look free on `day` and whose own end is not before `not_before`, from a place that
    /// `seed` picks, so that claimers seldom meet. A hint: the commit decides.
    fn free_codes(
        &self,
        pool: &PoolId,
        day: Date,
        not_before: Date,
        seed: u64,
        limit: usize,
    ) -> impl Future<Output = PortResult<Vec<StockCode>>> + Send;

    /// The counts of a pool. MAY be behind the last writes; at rest they MUST add up to what was imported.
    fn pool_counts(&self, pool: &PoolId, day: Date) -> impl Future<Output = PortResult<PoolCounts>> + Send;

    /// How many free codes end before a day.
    fn free_ending_before(&self, pool: &PoolId, day: Date) -> impl Future<Output = PortResult<u64>> + Send;

    /// How many codes of a pool were claimed from a day on.
    fn claimed_since(&self, pool: &PoolId, day: Date) -> impl Future<Output = PortResult<u64>> + Send;

    /// Takes free codes out of use; answers how many were free.
    fn void_codes(&self, pool: &PoolId, codes: &[CouponCode])
    -> impl Future<Output = PortResult<u64>> + Send;
}

/// Which product list of a shop.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ListKey {
    /// The topsellers of a series.
    Series(SeriesId),
    /// The topsellers of a category of the feed.
    Category(String),
    /// The topsellers of a country's buyers.
    Country(Country),
    /// The topsellers of a language's readers.
    Language(Language),
    /// The topsellers of the whole shop.
    Shop,
    /// What fits the customer with a number of the source system.
    Customer(String),
    /// What goes with a product.
    Product(ProductId),
}

impl ListKey {
    /// The key as stored.
    #[must_use]
    pub fn as_text(&self) -> String {
        match self {
            Self::Series(series) => format!("series#{series}"),
            Self::Category(category) => format!("category#{category}"),
            Self::Country(country) => format!("country#{country}"),
            Self::Language(language) => format!("language#{language}"),
            Self::Shop => "shop".to_owned(),
            Self::Customer(number) => format!("customer#{number}"),
            Self::Product(product) => format!("product#{product}"),
        }
    }
}

/// What an import did to the stored products.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct FeedChange {
    /// New products.
    pub added: u64,
    /// Products that differ from what was stored.
    pub changed: u64,
    /// Products that the feed no longer has.
    pub removed: u64,
    /// Products that are as they were; they cost no write.
    pub unchanged: u64,
}

/// Products and the lists over them.
pub trait Products {
    /// The products with these ids, those that exist, in any order. MUST see only a feed that was published whole.
    fn products(
        &self,
        shop: &ShopId,
        language: Language,
        ids: &[ProductId],
    ) -> impl Future<Output = PortResult<Vec<Product>>> + Send;

    /// The product that an order line means: by id, else by SKU.
    fn product_of_line(
        &self,
        shop: &ShopId,
        language: Language,
        ids: &[ProductId],
        sku: Option<&crate::id::Sku>,
    ) -> impl Future<Output = PortResult<Option<Product>>> + Send;

    /// A product list, best first; empty if there is none.
    fn list(&self, shop: &ShopId, key: &ListKey) -> impl Future<Output = PortResult<Vec<ProductId>>> + Send;

    /// How many products the published feed holds.
    fn product_count(
        &self,
        shop: &ShopId,
        language: Language,
    ) -> impl Future<Output = PortResult<u64>> + Send;

    /// Adds products to the feed that is being imported under `import`. Nobody sees them.
    fn stage_products(
        &self,
        shop: &ShopId,
        language: Language,
        import: &str,
        products: &[Product],
    ) -> impl Future<Output = PortResult<()>> + Send;

    /// Makes an import what everybody sees, at once and whole; MUST write changed rows only.
    fn publish_staged(
        &self,
        shop: &ShopId,
        language: Language,
        import: &str,
    ) -> impl Future<Output = PortResult<FeedChange>> + Send;

    /// Forgets an import.
    fn discard_staged(&self, import: &str) -> impl Future<Output = PortResult<()>> + Send;

    /// Replaces all lists of a kind (`topsellers` or `recommendations`) of a shop, at once.
    fn replace_lists(
        &self,
        shop: &ShopId,
        kind: ListKind,
        lists: &[(ListKey, Vec<ProductId>)],
    ) -> impl Future<Output = PortResult<()>> + Send;
}

/// Which file a list comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ListKind {
    /// `topsellers.csv`
    Topsellers,
    /// `recommendations.csv`
    Recommendations,
}

impl ListKind {
    /// The kind as stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Topsellers => "topsellers",
            Self::Recommendations => "recommendations",
        }
    }
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

    /// The active version of a name.
    fn active(&self, kind: &str, name: &str) -> impl Future<Output = PortResult<Option<String>>> + Send;

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

/// Runs, switches and marks.
pub trait Ledger {
    /// Begins the run of a shop's day. MUST let one in at a time, and another one once the lease has ended.
    fn begin_run(
        &self,
        shop: &ShopId,
        day: Date,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> impl Future<Output = PortResult<RunStart>> + Send;

    /// Notes a day as completed; the last completed day MUST never go back.
    fn finish_run(&self, shop: &ShopId, day: Date) -> impl Future<Output = PortResult<()>> + Send;

    /// Whether sending is switched off.
    fn is_stopped(&self) -> impl Future<Output = PortResult<bool>> + Send;

    /// Switches sending off or on.
    fn set_stopped(&self, stopped: bool) -> impl Future<Output = PortResult<()>> + Send;

    /// Sets a mark, such as a standing alert; answers whether it was set before.
    fn set_mark(&self, name: &str, on: bool) -> impl Future<Output = PortResult<bool>> + Send;

    /// Whether a mark is set.
    fn mark(&self, name: &str) -> impl Future<Output = PortResult<bool>> + Send;
}

/// The queues between the stations. At least once: a task may come twice, and in any order.
pub trait Queues {
    /// Hands tasks to the coupon assignment.
    fn to_assignment(&self, tasks: &[MailTask]) -> impl Future<Output = PortResult<()>> + Send;

    /// Hands tasks to the delivery.
    fn to_delivery(&self, tasks: &[MailTask]) -> impl Future<Output = PortResult<()>> + Send;
}

/// Why a mail was not accepted, or may not have been.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Proven not accepted; may work later: the rate is exceeded.
    #[error("the mail service asks to slow down")]
    Throttled,
    /// Proven not accepted; the account cannot send now: quota, pause, suspension. Stops the run.
    #[error("the mail account cannot send now: {0}")]
    AccountStopped(String),
    /// Proven not accepted, for good.
    #[error("the mail service refuses this mail: {0}")]
    Rejected(String),
    /// Nobody knows whether it was accepted.
    #[error("the mail service's answer was lost")]
    Ambiguous,
}

/// What the mail service knows of a mail whose answer was lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// It was accepted under this id.
    Accepted(String),
    /// It certainly was not.
    NotAccepted,
    /// It cannot say.
    Unknown,
}

/// Where the stories of mails are kept, for `explain` and the outbox.
pub trait Journal {
    /// Notes why a mail looks as it does, before it is handed over. Noting it again replaces it.
    fn note(&self, story: &MailStory) -> impl Future<Output = PortResult<()>> + Send;
}

/// The mail service.
pub trait Mailer {
    /// Hands a mail over, once; MUST NOT try again by itself. Answers the service's id.
    fn send(
        &self,
        mail: &OutgoingMail,
        id: MailId,
        now: Timestamp,
    ) -> impl Future<Output = Result<String, SendError>> + Send;

    /// What the service knows of a mail.
    fn settle(&self, id: MailId) -> impl Future<Output = PortResult<Settlement>> + Send;
}
