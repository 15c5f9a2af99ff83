//! Takes down what the mail service tells about a mail: settles unknown ends, ends mails to dead mailboxes, gives back
//! codes that nobody saw.
//!
//! Every step may be done again without harm, and every order of the same events ends the same.

use jiff::Timestamp;

use super::code_change::{release, with_code};
use super::suppress::{Reach, suppress};
use super::{Desk, MAX_CONFLICTS, UseCaseError};
use crate::contact::{Contact, HeldCoupon};
use crate::coupon::{CodeAction, CodeChange, valid_until};
use crate::enrolment::{Claim, StepState};
use crate::mail_event::{MailEvent, MailEventKind, Proof};
use crate::ports::{Committed, Contacts};

/// What an event led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// The mail is now known to have gone.
    Sent {
        /// Whether nobody knew before.
        settled: bool,
    },
    /// The mail is now known never to have reached her.
    Failed,
    /// Nothing about the mail changed but how long its code is honoured.
    Extended,
    /// It was known.
    Known,
    /// It decides nothing; it is counted.
    Counted,
    /// The mail is not stored: her data was erased, or the mail was planned anew.
    NoMail,
}

/// Records one event.
///
/// # Errors
/// [`UseCaseError`]; after a transient one the event should come again.
pub async fn record_event<W: Contacts>(
    desk: Desk<'_, W>,
    event: &MailEvent,
    now: Timestamp,
) -> Result<Recorded, UseCaseError> {
    // First of all nothing more goes to her, even if what follows must be done again.
    if let Some(reason) = event.kind.suppression() {
        suppress(desk, event.task.contact, &Reach::AllShops, reason, now).await?;
    }
    match event.kind.proof() {
        Some(proof) => settle(desk, event, proof, now).await,
        None => Ok(Recorded::Counted),
    }
}

async fn settle<W: Contacts>(
    desk: Desk<'_, W>,
    event: &MailEvent,
    proof: Proof,
    now: Timestamp,
) -> Result<Recorded, UseCaseError> {
    for _ in 0..MAX_CONFLICTS {
        let stored = desk.world.load_contact(&event.task.shop, event.task.contact).await?;
        let Some((contact, version)) = stored else {
            return Ok(Recorded::NoMail);
        };
        let (settled, codes, recorded) = match proof {
            Proof::Went => went(desk, contact, event, now),
            Proof::NeverSeen => never_seen(contact, event, now),
        };
        if matches!(recorded, Recorded::Known | Recorded::NoMail) {
            return Ok(recorded);
        }
        if desk.world.commit(&settled, version, &codes).await? == Committed::Done {
            return Ok(recorded);
        }
    }
    Err(UseCaseError::TooManyConflicts)
}

/// The claim of the mail that the event is about, as it is stored.
fn claim_of(contact: &Contact, event: &MailEvent) -> Option<(StepState, Claim)> {
    let step = contact.step(event.task.enrolment, event.task.step)?;
    let claim = step.state.claim().filter(|claim| claim.mail == event.mail)?;
    Some((step.state.clone(), claim.clone()))
}

/// A mail that is not known to have ended has gone, whatever is written of it; one that failed stays failed.
fn went<W>(
    desk: Desk<'_, W>,
    mut contact: Contact,
    event: &MailEvent,
    now: Timestamp,
) -> (Contact, Vec<CodeChange>, Recorded) {
    let Some((state, claim)) = claim_of(&contact, event) else {
        return (contact, Vec::new(), Recorded::NoMail);
    };
    if matches!(state, StepState::Failed { .. }) {
        return (contact, Vec::new(), Recorded::Known);
    }
    let extended = event.kind == MailEventKind::Delivered && honour_delivery(desk, &mut contact, event, now);
    if matches!(state, StepState::Sent { .. }) {
        let recorded = if extended { Recorded::Extended } else { Recorded::Known };
        return (contact, Vec::new(), recorded);
    }
    let settled = matches!(state, StepState::Unknown { .. });
    let (contact, codes) =
        if settled { with_code(contact, &claim, CodeAction::Keep) } else { (contact, Vec::new()) };
    let sent = StepState::Sent { claim, message: event.message.clone(), at: event.sent_at };
    (contact.with_state(&event.task, sent), codes, Recorded::Sent { settled })
}

/// A mail that she never saw failed, and its code may be somebody else's later.
fn never_seen(contact: Contact, event: &MailEvent, now: Timestamp) -> (Contact, Vec<CodeChange>, Recorded) {
    let Some((state, claim)) = claim_of(&contact, event) else {
        return (contact, Vec::new(), Recorded::NoMail);
    };
    if matches!(state, StepState::Failed { .. }) {
        return (contact, Vec::new(), Recorded::Known);
    }
    let (contact, codes) = with_code(contact, &claim, release(now));
    let failed = StepState::Failed { claim, reason: event.kind.as_str().to_owned(), at: event.at };
    (contact.with_state(&event.task, failed), codes, Recorded::Failed)
}

/// The promised days are printed from the day of sending and honoured from the day of delivery, where the code's own
/// end in the shop allows it. Answers whether that is later than what is written.
fn honour_delivery<W>(desk: Desk<'_, W>, contact: &mut Contact, event: &MailEvent, now: Timestamp) -> bool {
    let rule = desk.catalog.flows.get(&event.task.flow).and_then(|flow| flow.coupon.as_ref());
    let (Some(shop), Some(rule)) = (desk.catalog.shop(&event.task.shop), rule) else {
        return false;
    };
    let arrived = shop.local_date(event.at.min(now));
    let own = |held: &&mut HeldCoupon| held.mail == event.mail && held.edition == rule.edition;
    let Some(held) = contact.coupons.iter_mut().find(own) else {
        return false;
    };
    let honoured = valid_until(rule, arrived, held.expires);
    let later = honoured > held.valid_until;
    held.valid_until = held.valid_until.max(honoured);
    later
}

#[cfg(test)]
mod tests;
