//! How an order ended: as exactly one mail or exactly one reason.

use jiff::civil::Date;
use serde::Serialize;

use crate::catalog::Catalog;
use crate::contact::Contact;
use crate::enrolment::{Enrolment, SkipReason, StepState};
use crate::flow::{Anchor, Flow};
use crate::id::MailId;
use crate::order::Order;

/// How an order ended, or where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "end")]
pub enum Disposition {
    /// Its mail was accepted.
    Mailed {
        /// The mail.
        mail: MailId,
    },
    /// Its mail is planned.
    Waiting {
        /// For which day.
        due: Date,
    },
    /// Its mail is claimed or being handed over.
    Underway {
        /// The mail.
        mail: MailId,
    },
    /// Nobody knows whether its mail was accepted; an event will tell.
    Unknown {
        /// The mail.
        mail: MailId,
    },
    /// Its mail was refused for good.
    Failed {
        /// The mail.
        mail: MailId,
    },
    /// It gets no mail of its own.
    Skipped {
        /// Why.
        reason: SkipReason,
    },
}

/// How an order ended, in the first flow of its shop that took it.
#[must_use]
pub fn disposition(order: &Order, contact: Option<&Contact>, catalog: &Catalog) -> Disposition {
    let mut flows = catalog.flows_of(&order.key.shop).peekable();
    let Some(first) = flows.peek().copied() else {
        return Disposition::Skipped { reason: SkipReason::NoFlow };
    };
    let taken =
        contact.and_then(|contact| flows.find_map(|flow| contact.enrolments_of(&flow.id, &order.key).last()));
    match taken {
        Some(enrolment) => in_enrolment(order, enrolment),
        None => Disposition::Skipped { reason: not_enrolled(order, contact, first) },
    }
}

fn not_enrolled(order: &Order, contact: Option<&Contact>, flow: &Flow) -> SkipReason {
    let undelivered = || order.snapshot.as_ref().is_some_and(|snapshot| snapshot.delivered_at.is_none());
    match order.dead() {
        Some(dead) => dead.into(),
        None if contact.is_none() => SkipReason::NoEmail,
        None if flow.anchor == Anchor::Delivered && undelivered() => SkipReason::NotDelivered,
        None => SkipReason::NoFlow,
    }
}

/// One order speaks for the mail: the first that still counts. The others joined it, or ended for their own reason.
fn in_enrolment(order: &Order, enrolment: &Enrolment) -> Disposition {
    let speaker = enrolment.orders.iter().find(|enrolled| enrolled.dead.is_none());
    match speaker {
        Some(speaker) if speaker.key == order.key => of_steps(enrolment),
        None if sent(enrolment) && enrolment.anchor == order.key => of_steps(enrolment),
        _ => Disposition::Skipped { reason: order.dead().map_or(SkipReason::Merged, SkipReason::from) },
    }
}

fn sent(enrolment: &Enrolment) -> bool {
    enrolment.steps.iter().any(|step| step.state.claim().is_some())
}

/// The furthest that any mail of the enrolment came.
fn of_steps(enrolment: &Enrolment) -> Disposition {
    let ends = enrolment.steps.iter().map(|step| of_state(&step.state, step.due));
    ends.min_by_key(rank).unwrap_or(Disposition::Skipped { reason: SkipReason::NoFlow })
}

const fn rank(end: &Disposition) -> u8 {
    match end {
        Disposition::Mailed { .. } => 0,
        Disposition::Unknown { .. } => 1,
        Disposition::Underway { .. } => 2,
        Disposition::Waiting { .. } => 3,
        Disposition::Failed { .. } => 4,
        Disposition::Skipped { .. } => 5,
    }
}

fn of_state(state: &StepState, due: Date) -> Disposition {
    match state {
        StepState::Waiting => Disposition::Waiting { due },
        StepState::Claimed(claim) | StepState::Sending { claim, .. } => {
            Disposition::Underway { mail: claim.mail }
        }
        StepState::Sent { claim, .. } => Disposition::Mailed { mail: claim.mail },
        StepState::Failed { claim, .. } => Disposition::Failed { mail: claim.mail },
        StepState::Unknown { claim, .. } => Disposition::Unknown { mail: claim.mail },
        StepState::Skipped { reason, .. } => Disposition::Skipped { reason: *reason },
    }
}

#[cfg(test)]
mod tests;
