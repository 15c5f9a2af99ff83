//! A scenario: who does what when, and what goes wrong. It is data: anything can be taken out of it, and it runs again.

mod days;
mod generate;
mod orders;
mod others;
mod words;

use jiff::Timestamp;
use jiff::civil::Date;
use nachklang_domain::id::{PoolId, ShopId};

use crate::content::Upload;
use crate::fault::Faults;
use crate::planted::Planted;

/// A scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// From which all that is drawn while it runs comes: how long calls take, when queues hand out, what is told of mails.
    pub seed: u64,
    /// When it begins.
    pub start: Timestamp,
    /// From when on nothing goes wrong any more.
    pub quiet_from: Timestamp,
    /// The shops whose daily runs go on in the quiet time.
    pub shops: Vec<ShopId>,
    /// The last day of the quiet time, on which everything is at rest.
    pub last_day: Date,
    /// Who does what when, in the order in which it happens.
    pub actions: Vec<Timed<Action>>,
    /// What goes wrong at the calls of ports.
    pub faults: Faults,
    /// What goes wrong in between.
    pub weather: Weather,
    /// The promise that a port breaks on purpose, to see whether the judge finds it.
    pub planted: Option<Planted>,
}

/// Something that happens at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timed<T> {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: T,
}

/// How queues, the mail service's events and the daily run behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weather {
    /// So many of a thousand tasks come out of their queue a second time.
    pub twice: u64,
    /// So many of a thousand tasks come out late, by up to some hours.
    pub late: u64,
    /// Whether the mail service tells what became of mails.
    pub events: bool,
    /// A run with more due entries than this is split; never without it.
    pub split_over: Option<u64>,
}

impl Weather {
    /// Everything once, at once.
    pub const CALM: Self = Self { twice: 0, late: 0, events: true, split_over: None };
}

/// What somebody does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// The shop tells of a purchase, as it is at this revision.
    Buy(Purchase),
    /// The shop tells of a cancellation.
    Cancel {
        /// The shop.
        shop: ShopId,
        /// The number of the order.
        order: u32,
    },
    /// The shop tells of pieces given back.
    Return {
        /// The shop.
        shop: ShopId,
        /// The number of the order.
        order: u32,
        /// Which of the order's refunds it is, from 1.
        refund: u32,
        /// How many of the order's two pieces.
        pieces: u32,
    },
    /// The shop uploads codes.
    Import {
        /// The pool.
        pool: PoolId,
        /// The number of the first code.
        first: u32,
        /// How many.
        count: u32,
        /// The last day on which they are taken.
        ends: Option<Date>,
    },
    /// The shop takes codes out of use.
    Void {
        /// The pool.
        pool: PoolId,
        /// The number of the first code.
        first: u32,
        /// How many.
        count: u32,
    },
    /// A person asks a shop for the end of its mails.
    Unsubscribe {
        /// The shop.
        shop: ShopId,
        /// Who.
        person: u32,
    },
    /// A person asks a shop to forget her, or all of them.
    Erase {
        /// The shop; all of them when left out.
        shop: Option<ShopId>,
        /// Who.
        person: u32,
    },
    /// An operator switches sending off or on.
    Switch {
        /// Whether it is off.
        stopped: bool,
    },
    /// The mail service stops the account, or lets it send again.
    Account {
        /// Whether it cannot send.
        stopped: bool,
    },
    /// A marketer uploads content.
    Publish(Upload),
    /// The shop uploads its product feed, and what sells best.
    Feed {
        /// The shop.
        shop: ShopId,
        /// How many products it has.
        products: u32,
    },
    /// The pools are looked at, as the daily run does beside its mails.
    Watch,
    /// The schedule starts the daily run of a shop.
    Run {
        /// The shop.
        shop: ShopId,
    },
}

/// A purchase, as the shop tells it at some moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purchase {
    /// The shop.
    pub shop: ShopId,
    /// The number of the order.
    pub order: u32,
    /// Who bought; nobody who can be mailed when left out.
    pub person: Option<u32>,
    /// When.
    pub placed_at: Timestamp,
    /// When the shop last changed it.
    pub revision: Timestamp,
    /// Whether it is paid.
    pub paid: bool,
    /// Whether it is a test.
    pub test: bool,
    /// Whether she was told that she may object, or bought at the till, where nobody told her.
    pub told: bool,
}
