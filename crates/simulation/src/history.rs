//! What happened, in the order in which it happened, as somebody beside the system saw it.
//!
//! An operation is asked for at one place of the history and answered at a later one; in between others may happen. So
//! "before" means: answered before the other was asked for.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use nachklang_domain::coupon::CouponCode;
use nachklang_domain::enrolment::SkipReason;
use nachklang_domain::flow::{CouponScope, EmptyPool, Repeat};
use nachklang_domain::id::{ContactId, FlowId, MailId, OrderKey, PoolId, ShopId};

/// A place in the history: one more with each thing that happens.
pub type Place = u64;

/// How an operation ended, as far as whoever asked for it knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It has happened.
    Done,
    /// It certainly has not happened.
    Refused,
    /// Nobody told: it may have happened, or may still.
    Unknown,
}

/// One operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// When it was asked for.
    pub asked: Place,
    /// When the answer came; for [`Outcome::Unknown`] when it was given up.
    pub answered: Place,
    /// The virtual time at which it took effect, or was asked for where nobody knows.
    pub at: Timestamp,
    /// What was to be done.
    pub deed: Deed,
    /// How it ended.
    pub outcome: Outcome,
}

/// What was to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// The shop brought codes into a pool.
    Import {
        /// The pool.
        pool: PoolId,
        /// The codes; one that is in stock already changes nothing.
        codes: Vec<CouponCode>,
    },
    /// The shop took free codes out of use.
    Void {
        /// The pool.
        pool: PoolId,
        /// The codes.
        codes: Vec<CouponCode>,
    },
    /// The shop told of a purchase.
    Buy(Purchase),
    /// The shop told that an order is cancelled, or returned as a whole.
    Cancel {
        /// The order.
        order: OrderKey,
    },
    /// The shop told that one of several parts of an order came back. Once all are told, it is returned as a whole.
    GiveBack {
        /// The order.
        order: OrderKey,
        /// Which part, from 1.
        part: u32,
        /// How many parts there are.
        parts: u32,
    },
    /// A person said no, her mailbox is dead, or she complained.
    Object {
        /// The shop.
        shop: ShopId,
        /// Who.
        contact: ContactId,
    },
    /// A person asked to be forgotten.
    Erase {
        /// The shop.
        shop: ShopId,
        /// Who.
        contact: ContactId,
    },
    /// The mail service told that a mail never reached her, though it had accepted it: it bounced, or was withheld or
    /// not made. Only then may the mail end as failed and its code be somebody else's later.
    NeverSeen {
        /// The mail.
        mail: MailId,
    },
    /// The store was asked to write a contact together with codes.
    Write(ContactWrite),
    /// The mail service was handed a mail. [`Outcome::Done`] means accepted, whatever the answer told.
    Accept(Acceptance),
}

/// A purchase as the shop told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purchase {
    /// The order.
    pub order: OrderKey,
    /// The buyer, by the keyed hash of her address; `None` where no address was told.
    pub contact: Option<ContactId>,
    /// When she bought.
    pub placed_at: Timestamp,
    /// When the shop last changed it: of two that were told the newer one holds, whichever came later.
    pub revision: Timestamp,
    /// Whether the law lets the shop mail her, and the order is no test, paid and not empty.
    pub may_be_mailed: bool,
}

/// A write of a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactWrite {
    /// The shop.
    pub shop: ShopId,
    /// Whose.
    pub contact: ContactId,
    /// The mails of hers that the write leaves beyond planning: claimed, in sending, or ended.
    pub mails: Vec<MailRow>,
}

/// A mail's row: what the store holds of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailRow {
    /// Its id; `None` as long as it is only planned, or was dropped before it had one.
    pub mail: Option<MailId>,
    /// The order from which its days are counted.
    pub anchor: OrderKey,
    /// The step, from 0.
    pub step: u32,
    /// How far it is.
    pub stage: Stage,
    /// The code of its own that it carries.
    pub code: Option<CouponCode>,
    /// Why it was dropped, if it was.
    pub reason: Option<SkipReason>,
}

/// How far a mail is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Planned.
    Waiting,
    /// Claimed.
    Claimed,
    /// About to be handed over.
    Sending,
    /// Accepted.
    Sent,
    /// Refused for good, or never seen.
    Failed,
    /// Nobody knows; it stands in the operator's list.
    Unknown,
    /// Dropped, with a reason.
    Skipped,
}

/// A mail in the hands of the mail service, as it was rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acceptance {
    /// Its id, read from the mail.
    pub mail: MailId,
    /// The shop that sends it.
    pub shop: ShopId,
    /// To whom, by the keyed hash of the address it goes to.
    pub contact: ContactId,
    /// The code that is printed in it and nobody else's.
    pub code: Option<CouponCode>,
    /// Whether it shows the code for everybody.
    pub for_everybody: bool,
    /// The orders whose goods it shows.
    pub orders: Vec<OrderKey>,
}

/// Where a code is at rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeRow {
    /// The pool.
    pub pool: PoolId,
    /// The code.
    pub code: CouponCode,
    /// In which state.
    pub state: CodeState,
    /// Whose it is.
    pub holder: Option<(ContactId, MailId)>,
}

/// The state of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CodeState {
    /// Never given out.
    Free,
    /// Given back.
    Released,
    /// In somebody's hands.
    Claimed,
    /// In a mail with an unknown end.
    Quarantined,
    /// Never given out and past its day.
    Expired,
    /// Taken back by the shop.
    Void,
}

/// What the stores hold once nothing is underway any more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rest {
    /// Every mail's row, with its shop and person.
    pub mails: Vec<(ShopId, ContactId, MailRow)>,
    /// Every code.
    pub codes: Vec<CodeRow>,
    /// Tasks that nobody could finish: the operator sees them as dead letters.
    pub dead_letters: Vec<MailTaskRef>,
}

/// Which mail a task is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailTaskRef {
    /// Whose.
    pub contact: ContactId,
    /// The shop.
    pub shop: ShopId,
    /// The flow.
    pub flow: FlowId,
    /// The step, from 0.
    pub step: u32,
}

/// What was promised to the shop: the only thing that the judge knows of its flows.
#[derive(Debug, Clone)]
pub struct Rules {
    /// The shops, as the first content promises.
    pub shops: Vec<ShopRules>,
    /// What later content may have changed.
    pub changes: Vec<Change>,
    /// The last days on which codes are taken, for those that end.
    pub code_ends: Vec<(CouponCode, Date)>,
    /// From when on nothing stood in the way of a mail: its shop's run came each day, sending was on, and no call failed.
    /// `None` where nobody knows.
    pub calm_from: Option<Timestamp>,
}

/// What may be promised of a shop from some moment on, beside what was before: an upload may fail, or be followed by another, and
/// what was planned before it stays.
#[derive(Debug, Clone)]
pub struct Change {
    /// The shop.
    pub shop: ShopId,
    /// When the content was uploaded, for the first time.
    pub from: Timestamp,
    /// The new promise; `None` where the flow was taken away.
    pub rules: Option<ShopRules>,
}

/// What was promised of one shop.
#[derive(Debug, Clone)]
pub struct ShopRules {
    /// The shop.
    pub shop: ShopId,
    /// Its time zone.
    pub zone: TimeZone,
    /// Its sending hour: no mail before it on the due day.
    pub send_at: Time,
    /// Its flow.
    pub flow: FlowId,
    /// The flow's edition: part of the ids of its mails.
    pub edition: String,
    /// How many days after the purchase each step is due, counted from the purchase.
    pub days: Vec<u16>,
    /// How many days after its due day a mail is of use.
    pub useful_days: u16,
    /// What a purchase does while an earlier one waits.
    pub repeat: Repeat,
    /// Its codes; `None` where no mail carries one.
    pub codes: Option<CodeRules>,
}

impl ShopRules {
    /// Whether every mail carries a code: where none is free it does not go, or has the one for everybody.
    #[must_use]
    pub fn always_with_code(&self) -> bool {
        self.codes.as_ref().is_some_and(|codes| codes.empty != EmptyPool::Without)
    }
}

/// What was promised of a shop's codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeRules {
    /// The pool from which they come.
    pub pool: PoolId,
    /// What has one code at most: a person, a purchase, or a mail.
    pub per: CouponScope,
    /// What happens to a mail when none is free.
    pub empty: EmptyPool,
}

/// All that a judge may look at.
#[derive(Debug, Clone)]
pub struct History {
    /// What was promised.
    pub rules: Rules,
    /// What happened.
    pub operations: Vec<Operation>,
    /// What was left.
    pub rest: Rest,
}
