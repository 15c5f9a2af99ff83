//! What an online shop tells about a purchase, message by message.

use jiff::Timestamp;

use super::basket::Item;
use super::moment::later;
use super::purchase::{Fate, Purchase};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;

/// What a message is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The order is new.
    Created,
    /// It is paid.
    Paid,
    /// Something else about it changed.
    Updated,
    /// It is cancelled.
    Cancelled,
    /// Goods were given back.
    Refunded,
}

/// What was given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GivenBack {
    /// Nothing.
    Nothing,
    /// One piece of the first line.
    OnePiece,
    /// Everything.
    Everything,
}

/// An order as the shop knows it at one moment.
#[derive(Debug, Clone, Copy)]
pub struct State {
    /// The moment.
    pub revision: Timestamp,
    /// Whether it is paid.
    pub paid: bool,
    /// Since when it is cancelled.
    pub cancelled_at: Option<Timestamp>,
    /// When it left the warehouse.
    pub sent_at: Option<Timestamp>,
    /// What was given back, up to the moment.
    pub given_back: GivenBack,
}

/// One message.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// What it is about.
    pub change: Change,
    /// The order as it describes it.
    pub state: State,
    /// When it arrives.
    pub arrives_at: Timestamp,
}

impl State {
    /// The order so many seconds later, otherwise as it was.
    fn after(self, seconds: i64) -> Self {
        Self { revision: later(self.revision, seconds), ..self }
    }

    /// Pieces given back, with the index of their line.
    pub fn returned<'a>(&self, purchase: &'a Purchase) -> Vec<(usize, &'a Item, i64)> {
        let lines = purchase.items.iter().enumerate();
        match self.given_back {
            GivenBack::Nothing => Vec::new(),
            GivenBack::OnePiece => lines.take(1).map(|(at, item)| (at, item, 1)).collect(),
            GivenBack::Everything => lines.map(|(at, item)| (at, item, item.quantity)).collect(),
        }
    }
}

impl Step {
    /// A message that arrives a second after the change.
    fn of(change: Change, state: State) -> Self {
        Self { change, state, arrives_at: later(state.revision, 1) }
    }

    /// The same message, held up on its way.
    fn delayed(self, seconds: i64) -> Self {
        Self { arrives_at: later(self.arrives_at, seconds), ..self }
    }
}

/// All messages about a purchase; they need not stand in the order of their arrival.
#[must_use]
pub fn history(purchase: &Purchase) -> Vec<Step> {
    let new = State {
        revision: later(purchase.placed_at, 4),
        paid: !matches!(purchase.fate, Fate::Unpaid | Fate::PaidLater),
        cancelled_at: None,
        sent_at: None,
        given_back: GivenBack::Nothing,
    };
    let created = Step::of(Change::Created, new);
    match purchase.fate {
        Fate::Kept => vec![created, sent(new)],
        Fate::PaidLater => vec![created, paid(new)],
        Fate::CancelledBeforeItArrives => vec![created.delayed(3 * HOUR), cancelled(new)],
        Fate::Cancelled => vec![created, cancelled(new)],
        Fate::Returned => vec![created, sent(new), given_back(new, GivenBack::Everything)],
        Fate::PartlyReturned => vec![created, sent(new), given_back(new, GivenBack::OnePiece)],
        Fate::OvertakenUpdate => overtaken(created),
        Fate::Unpaid | Fate::Test => vec![created],
    }
}

fn paid(new: State) -> Step {
    let state = State { paid: true, ..new.after(5 * HOUR) };
    Step::of(Change::Paid, state)
}

fn sent(new: State) -> Step {
    let state = new.after(22 * HOUR);
    Step::of(Change::Updated, State { sent_at: Some(state.revision), ..state })
}

fn cancelled(new: State) -> Step {
    let state = new.after(2 * HOUR);
    Step::of(Change::Cancelled, State { cancelled_at: Some(state.revision), ..state })
}

fn given_back(new: State, given_back: GivenBack) -> Step {
    let sent_at = sent(new).state.sent_at;
    Step::of(Change::Refunded, State { given_back, sent_at, ..new.after(44 * HOUR) })
}

/// The order is sent within ten minutes; what was known after five arrives last.
fn overtaken(created: Step) -> Vec<Step> {
    let older = Step::of(Change::Updated, created.state.after(5 * MINUTE));
    let newer = created.state.after(10 * MINUTE);
    let newer = State { sent_at: Some(newer.revision), ..newer };
    vec![created, Step::of(Change::Updated, newer), older.delayed(40 * MINUTE)]
}
