//! One contact in one flow for one anchor, and the life of each of its mails.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use crate::consent::SuppressionReason;
use crate::contact::Contact;
use crate::coupon::Grant;
use crate::flow::{Anchor, Flow, Repeat};
use crate::id::{EnrolmentId, FlowId, MailId, MailName, OrderKey, SegmentId, VariantId};
use crate::language::Language;
use crate::mail::published::AddressForm;
use crate::order::{DeadOrder, Order};
use crate::shop::Shop;

/// One contact in one flow for one anchor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolment {
    /// Hash of flow, contact and anchor.
    pub id: EnrolmentId,
    /// The flow.
    pub flow: FlowId,
    /// The order from which days are counted.
    pub anchor: OrderKey,
    /// The day from which days are counted, in the shop's time zone.
    pub anchored_on: Date,
    /// The orders that the mail is about, in the order in which they joined.
    pub orders: Vec<EnrolledOrder>,
    /// The way of the experiment.
    pub variant: Option<VariantId>,
    /// The mails, one a step.
    pub steps: Vec<StepRecord>,
}

/// An order in an enrolment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolledOrder {
    /// The order.
    pub key: OrderKey,
    /// Why it counts no more, if so. Written when the order is, so that a claim made before must fail.
    pub dead: Option<DeadOrder>,
}

/// One mail of an enrolment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRecord {
    /// The first day on which it may go, in the shop's time zone.
    pub due: Date,
    /// The last day on which it is useful.
    pub latest: Date,
    /// Since when it waits for codes, if it does.
    pub held_since: Option<Date>,
    /// How far it is.
    pub state: StepState,
}

/// How far a mail is: planned → claimed → sending → sent | failed | unknown, or skipped with a reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum StepState {
    /// Planned.
    Waiting,
    /// Decided, with its coupon.
    Claimed(Claim),
    /// About to be handed over, until the lease ends.
    Sending {
        /// What is sent.
        claim: Claim,
        /// When the attempt has certainly ended.
        lease_until: Timestamp,
    },
    /// Accepted by the mail service.
    Sent {
        /// What was sent.
        claim: Claim,
        /// The service's id.
        message: String,
        /// When.
        at: Timestamp,
    },
    /// Refused for good by the mail service.
    Failed {
        /// What was refused.
        claim: Claim,
        /// Why, in the service's words without addresses.
        reason: String,
        /// When.
        at: Timestamp,
    },
    /// Handed over with an unknown end; never sent again, settled by an event.
    Unknown {
        /// What may have been sent.
        claim: Claim,
        /// Since when nobody knows.
        since: Timestamp,
    },
    /// Not sent.
    Skipped {
        /// Why.
        reason: SkipReason,
        /// When that was decided.
        at: Timestamp,
    },
}

/// What is sent, fixed when the coupon was claimed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The mail's id.
    pub mail: MailId,
    /// When it was claimed.
    pub at: Timestamp,
    /// The segment.
    pub segment: SegmentId,
    /// Which mail.
    pub name: MailName,
    /// Which published version of it.
    pub version: String,
    /// In which language.
    pub language: Language,
    /// In which form of address.
    pub address: AddressForm,
    /// The coupon, if it carries one.
    pub coupon: Option<Grant>,
}

/// Why a mail is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// The buyer gave no address that can be mailed.
    NoEmail,
    /// Neither a consent nor the facts of § 7 (3) UWG.
    NoLegalBasis,
    /// She said no.
    Unsubscribed,
    /// Her mailbox does not exist.
    Bounced,
    /// She reported a mail as spam.
    Complained,
    /// Her data was erased.
    Erased,
    /// The shop put her on its list.
    Blocked,
    /// The order was cancelled.
    Cancelled,
    /// Everything was given back.
    Returned,
    /// The receipt holds returns or no goods only.
    NoGoods,
    /// Never paid.
    Unpaid,
    /// A test order.
    TestOrder,
    /// Only a cancellation or refund of the order is known.
    OrderUnknown,
    /// Too late to be useful.
    Expired,
    /// No code came in time.
    NoCode,
    /// It joined the mail of an earlier purchase.
    Merged,
    /// A later purchase started the flow anew.
    Restarted,
    /// The order turned out to be somebody else's.
    Moved,
    /// No flow of the shop takes it.
    NoFlow,
    /// The source has not told its delivery, from which the flow counts.
    NotDelivered,
}

impl SkipReason {
    /// The stable name, as in reports and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoEmail => "no_email",
            Self::NoLegalBasis => "no_legal_basis",
            Self::Unsubscribed => "unsubscribed",
            Self::Bounced => "bounced",
            Self::Complained => "complained",
            Self::Erased => "erased",
            Self::Blocked => "blocked",
            Self::Cancelled => "cancelled",
            Self::Returned => "returned",
            Self::NoGoods => "no_goods",
            Self::Unpaid => "unpaid",
            Self::TestOrder => "test_order",
            Self::OrderUnknown => "order_unknown",
            Self::Expired => "expired",
            Self::NoCode => "no_code",
            Self::Merged => "merged",
            Self::Restarted => "restarted",
            Self::Moved => "moved",
            Self::NoFlow => "no_flow",
            Self::NotDelivered => "not_delivered",
        }
    }

    /// The reason in a sentence, for people.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::NoEmail => "the buyer gave no e-mail address that can be mailed",
            Self::NoLegalBasis => {
                "there is neither a consent nor an existing-customer notice for this purchase"
            }
            Self::Unsubscribed => "the buyer unsubscribed",
            Self::Bounced => "the buyer's mailbox does not exist",
            Self::Complained => "the buyer reported a mail as spam",
            Self::Erased => "the buyer's data was erased",
            Self::Blocked => "the shop put the buyer on its suppression list",
            Self::Cancelled => "the order was cancelled",
            Self::Returned => "everything was given back",
            Self::NoGoods => "the receipt holds no goods that were bought",
            Self::Unpaid => "the order is not paid",
            Self::TestOrder => "it is a test order",
            Self::OrderUnknown => "only a cancellation or refund of the order has arrived",
            Self::Expired => "the last day on which the mail is useful has passed",
            Self::NoCode => "no coupon code was free in time",
            Self::Merged => "it joined the mail of an earlier purchase",
            Self::Restarted => "a later purchase started the flow anew",
            Self::Moved => "the order now belongs to somebody else",
            Self::NoFlow => "no flow of the shop takes this order",
            Self::NotDelivered => "the flow counts from the delivery, which has not been told",
        }
    }
}

impl From<DeadOrder> for SkipReason {
    fn from(dead: DeadOrder) -> Self {
        match dead {
            DeadOrder::Cancelled => Self::Cancelled,
            DeadOrder::Returned => Self::Returned,
            DeadOrder::NoGoods => Self::NoGoods,
            DeadOrder::Unpaid => Self::Unpaid,
            DeadOrder::Test => Self::TestOrder,
            DeadOrder::Unknown => Self::OrderUnknown,
        }
    }
}

impl From<SuppressionReason> for SkipReason {
    fn from(reason: SuppressionReason) -> Self {
        match reason {
            SuppressionReason::Unsubscribed => Self::Unsubscribed,
            SuppressionReason::Bounced => Self::Bounced,
            SuppressionReason::Complained => Self::Complained,
            SuppressionReason::Erased => Self::Erased,
            SuppressionReason::Manual => Self::Blocked,
        }
    }
}

impl StepState {
    /// What was claimed, if anything was.
    #[must_use]
    pub const fn claim(&self) -> Option<&Claim> {
        match self {
            Self::Claimed(claim)
            | Self::Sending { claim, .. }
            | Self::Sent { claim, .. }
            | Self::Failed { claim, .. }
            | Self::Unknown { claim, .. } => Some(claim),
            Self::Waiting | Self::Skipped { .. } => None,
        }
    }

    /// Whether nothing will happen any more, short of an event that settles an unknown end.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        matches!(
            self,
            Self::Sent { .. } | Self::Failed { .. } | Self::Skipped { .. }
        )
    }
}

impl Enrolment {
    /// Whether an order is part of it.
    #[must_use]
    pub fn holds(&self, order: &OrderKey) -> bool {
        self.orders.iter().any(|enrolled| enrolled.key == *order)
    }

    /// Whether its first mail is still only planned, so that another purchase may join.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.steps
            .first()
            .is_some_and(|step| step.state == StepState::Waiting)
    }

    /// Why none of its orders counts any more, if so: the reason of the first.
    #[must_use]
    pub fn dead(&self) -> Option<DeadOrder> {
        let alive = self.orders.iter().any(|order| order.dead.is_none());
        if alive {
            None
        } else {
            self.orders.first().and_then(|order| order.dead)
        }
    }

    /// Whether a purchase falls into the time in which this one waits, or this one is overdue and still waits.
    ///
    /// Both waiting times are compared, not the moments of arrival, so that a late till file joins what it would have
    /// joined in time, and nothing else.
    fn meets(&self, anchored_on: Date, steps: &[StepRecord], today: Date) -> bool {
        let (Some(mine), Some(its)) = (self.steps.first(), steps.first()) else {
            return false;
        };
        let overlap = anchored_on <= mine.due && its.due >= self.anchored_on;
        let overdue = mine.due < today && mine.due < anchored_on && anchored_on <= today;
        self.is_waiting() && (overlap || overdue)
    }

    /// Plans the mails again that were dropped when the order seemed to be somebody else's.
    fn come_back(&mut self) {
        for step in &mut self.steps {
            if let StepState::Skipped {
                reason: SkipReason::Moved,
                ..
            } = step.state
            {
                step.state = StepState::Waiting;
            }
        }
    }

    fn skip_waiting(&mut self, reason: SkipReason, at: Timestamp) {
        for step in &mut self.steps {
            if step.state == StepState::Waiting {
                step.state = StepState::Skipped { reason, at };
            }
        }
    }
}

/// What an order did to a contact's enrolments in one flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enrolled {
    /// It started the flow.
    Started(EnrolmentId),
    /// It joined a waiting mail.
    Joined(EnrolmentId),
    /// It was part of one before; what is known of it was brought up to date.
    Already(EnrolmentId),
    /// It starts nothing, for this reason.
    Refused(SkipReason),
}

/// Brings a contact's enrolments in a flow up to date with an order.
///
/// An order that is part of an enrolment stays in it, dead or alive. A live one starts the flow, or does what the
/// flow's `repeat` says while an earlier purchase is waiting. Doing it twice changes nothing.
pub fn enrol(contact: &mut Contact, order: &Order, flow: &Flow, shop: &Shop, now: Timestamp) -> Enrolled {
    if let Some(id) = refresh(contact, order, flow) {
        return Enrolled::Already(id);
    }
    let (anchored_on, refused) = (anchor_date(order, flow, shop), order.dead());
    let Some(anchored_on) = anchored_on.filter(|_| refused.is_none()) else {
        return Enrolled::Refused(refused.map_or(SkipReason::NotDelivered, SkipReason::from));
    };
    let variant = flow.variant_of(contact.id);
    let steps = schedule(flow, variant.map(|variant| variant.days), anchored_on);
    let today = shop.local_date(now);
    let meets =
        |e: &&mut Enrolment| e.flow == flow.id && e.dead().is_none() && e.meets(anchored_on, &steps, today);
    let mut overtaken = false;
    match (flow.repeat, contact.enrolments.iter_mut().find(meets)) {
        (Repeat::Merge, Some(waiting)) => {
            waiting.orders.push(EnrolledOrder {
                key: order.key.clone(),
                dead: None,
            });
            return Enrolled::Joined(waiting.id);
        }
        // A late till file must not drop the mail of a newer purchase, which would have dropped this one in time.
        (Repeat::Restart, Some(newer)) if newer.anchored_on > anchored_on => overtaken = true,
        (Repeat::Restart, Some(waiting)) => waiting.skip_waiting(SkipReason::Restarted, now),
        (Repeat::Separate, _) | (_, None) => {}
    }
    let id = EnrolmentId::of(&flow.id, contact.id, &order.key);
    let mut enrolment = Enrolment {
        id,
        flow: flow.id.clone(),
        anchor: order.key.clone(),
        anchored_on,
        orders: vec![EnrolledOrder {
            key: order.key.clone(),
            dead: None,
        }],
        variant: variant.map(|variant| variant.id.clone()),
        steps,
    };
    if overtaken {
        enrolment.skip_waiting(SkipReason::Restarted, now);
    }
    contact.enrolments.push(enrolment);
    if overtaken {
        return Enrolled::Refused(SkipReason::Restarted);
    }
    Enrolled::Started(id)
}

/// Notes an order's death or life in the enrolments that hold it.
fn refresh(contact: &mut Contact, order: &Order, flow: &Flow) -> Option<EnrolmentId> {
    let mut found = None;
    for enrolment in contact
        .enrolments
        .iter_mut()
        .filter(|enrolment| enrolment.flow == flow.id)
    {
        for enrolled in enrolment
            .orders
            .iter_mut()
            .filter(|enrolled| enrolled.key == order.key)
        {
            enrolled.dead = order.dead();
            found = Some(enrolment.id);
        }
        if found == Some(enrolment.id) {
            enrolment.come_back();
        }
    }
    found
}

/// Takes an order out of all that waits, because it turned out to be somebody else's.
pub fn leave(contact: &mut Contact, order: &OrderKey, now: Timestamp) {
    for enrolment in contact
        .enrolments
        .iter_mut()
        .filter(|e| e.is_waiting() && e.holds(order))
    {
        if enrolment.orders.len() == 1 {
            enrolment.skip_waiting(SkipReason::Moved, now);
        } else {
            enrolment.orders.retain(|enrolled| enrolled.key != *order);
        }
    }
}

fn anchor_date(order: &Order, flow: &Flow, shop: &Shop) -> Option<Date> {
    let snapshot = order.snapshot.as_ref()?;
    let moment = match flow.anchor {
        Anchor::Purchased => Some(snapshot.placed_at),
        Anchor::Delivered => snapshot.delivered_at,
    };
    moment.map(|moment| shop.local_date(moment))
}

/// The days of the steps: the first counts from the anchor, each further one from the step before.
fn schedule(flow: &Flow, first_days: Option<u16>, anchored_on: Date) -> Vec<StepRecord> {
    let mut day = anchored_on;
    let mut steps = Vec::with_capacity(flow.steps.len());
    for (at, step) in flow.steps.iter().enumerate() {
        let days = first_days.filter(|_| at == 0).unwrap_or(step.days);
        day = later(day, days);
        let latest = later(day, flow.useful_days);
        steps.push(StepRecord {
            due: day,
            latest,
            held_since: None,
            state: StepState::Waiting,
        });
    }
    steps
}

/// So many days later; the calendar's last day where it ends.
#[must_use]
pub fn later(day: Date, days: u16) -> Date {
    day.checked_add(i32::from(days).days()).unwrap_or(Date::MAX)
}

#[cfg(test)]
mod tests;
