//! One contact in one flow for one anchor, and the life of each of its mails.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use crate::contact::Contact;
use crate::flow::{Anchor, Flow, Repeat, Variant};
use crate::id::{EnrolmentId, FlowId, OrderKey, VariantId};
use crate::order::{DeadOrder, Order};
use crate::ports::Version;
use crate::shop::Shop;

mod skip_reason;
mod step;

pub use skip_reason::SkipReason;
pub use step::{Claim, StepRecord, StepState};

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

impl Enrolment {
    /// Whether an order is part of it.
    #[must_use]
    pub fn holds(&self, order: &OrderKey) -> bool {
        self.orders.iter().any(|enrolled| enrolled.key == *order)
    }

    /// Whether its first mail is still only planned, so that another purchase may join.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.steps.first().is_some_and(|step| step.state == StepState::Waiting)
    }

    /// Whether its first mail was handed over, or it ended otherwise.
    fn has_begun(&self) -> bool {
        let open = |step: &StepRecord| matches!(step.state, StepState::Waiting | StepState::Claimed(_));
        !self.steps.first().is_some_and(open)
    }

    /// Why none of its orders counts any more, if so: the reason of the first.
    #[must_use]
    pub fn dead(&self) -> Option<DeadOrder> {
        let alive = self.orders.iter().any(|order| order.dead.is_none());
        if alive { None } else { self.orders.first().and_then(|order| order.dead) }
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

    /// Plans the mails again that were dropped when the order seemed to be somebody else's, or while it was not known yet that it
    /// counts: its message broke off, or it is paid at last.
    fn come_back(&mut self, counts: bool) {
        for step in &mut self.steps {
            let returns = |reason: SkipReason| reason == SkipReason::Moved || counts && reason.is_of_orders();
            if step.state.skip_reason().is_some_and(returns) {
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
    let variant = variant_for(contact, flow);
    let steps = schedule(flow, variant.map(|variant| variant.days), anchored_on);
    let today = shop.local_date(now);
    let meets =
        |e: &&mut Enrolment| e.flow == flow.id && e.dead().is_none() && e.meets(anchored_on, &steps, today);
    let mut overtaken = false;
    match (flow.repeat, contact.enrolments.iter_mut().find(meets)) {
        (Repeat::Merge, Some(waiting)) => {
            waiting.orders.push(EnrolledOrder { key: order.key.clone(), dead: None });
            return Enrolled::Joined(waiting.id);
        }
        // A late till file must not drop the mail of a newer purchase, which would have dropped this one in time.
        (Repeat::Restart, Some(newer)) if newer.anchored_on > anchored_on => overtaken = true,
        (Repeat::Restart, Some(waiting)) => waiting.skip_waiting(SkipReason::Restarted, now),
        (Repeat::Separate, _) | (_, None) => {}
    }
    let id = unused_id(contact, flow, order);
    let mut enrolment = Enrolment {
        id,
        flow: flow.id.clone(),
        anchor: order.key.clone(),
        anchored_on,
        orders: vec![EnrolledOrder { key: order.key.clone(), dead: None }],
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

/// An order that left the joint mail which it had started, and comes back when that one takes nothing in any more, starts
/// another.
fn unused_id(contact: &Contact, flow: &Flow, order: &Order) -> EnrolmentId {
    let started = |enrolment: &&Enrolment| enrolment.flow == flow.id && enrolment.anchor == order.key;
    match contact.enrolments.iter().filter(started).count() {
        0 => EnrolmentId::of(&flow.id, contact.id, &order.key),
        before => EnrolmentId::again(&flow.id, contact.id, &order.key, before),
    }
}

/// The variant that she had last in the flow, if it still takes part: other shares move nobody. Else a new one.
fn variant_for<'f>(contact: &Contact, flow: &'f Flow) -> Option<&'f Variant> {
    let earlier = contact.enrolments.iter().rev().filter(|enrolment| enrolment.flow == flow.id);
    let mut named = earlier.filter_map(|enrolment| flow.variant_named(enrolment.variant.as_ref()?));
    named.find(|variant| variant.share > 0).or_else(|| flow.variant_of(contact.id))
}

/// Notes an order's death or life, and plans again what waited for it; answers the enrolment that holds it.
fn refresh(contact: &mut Contact, order: &Order, flow: &Flow) -> Option<EnrolmentId> {
    contact.note_end(&order.key, order.dead());
    let holding = |enrolment: &&mut Enrolment| enrolment.flow == flow.id && enrolment.holds(&order.key);
    let mut found = None;
    for enrolment in contact.enrolments.iter_mut().filter(holding) {
        enrolment.come_back(order.dead().is_none());
        found = Some(enrolment.id);
    }
    found
}

/// Takes an order out of all that waits, because it turned out to be somebody else's, as told under a version of it.
pub fn leave(contact: &mut Contact, order: &OrderKey, told: Version, now: Timestamp) {
    contact.lose_order(order, told);
    for enrolment in contact.enrolments.iter_mut().filter(|e| e.holds(order)) {
        match enrolment.orders.len() {
            1 if enrolment.is_waiting() => enrolment.skip_waiting(SkipReason::Moved, now),
            // The delivery withdraws it, or it has gone.
            1 => {}
            _ if enrolment.has_begun() => {}
            // If it comes back, it has not been mailed with the others.
            _ => enrolment.orders.retain(|enrolled| enrolled.key != *order),
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
        steps.push(StepRecord { due: day, latest, held_since: None, state: StepState::Waiting });
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
