//! Makes a mail and hands it over, once.
//!
//! `sending` with a lease is written before the handover and `sent` after it, each as one write of the contact. A lease
//! that ends in `sending` means that nobody knows: the mail service is asked, and the mail is never sent again while it
//! cannot say. A mail without a coupon was claimed by nobody; it is decided about here, in the write of `sending`.

use jiff::{SignedDuration, Timestamp};

use super::claim::claim;
use super::code_change::{release, with_code};
use super::compose::{Composed, Postbox, compose};
use super::docket::{Docket, Reading, open};
use super::{Desk, MAX_CONFLICTS, UseCaseError};
use crate::contact::{Contact, HeldCoupon};
use crate::coupon::{CodeChange, Origin, valid_until};
use crate::decision::Decision;
use crate::enrolment::{Claim, SkipReason, StepState};
use crate::ports::{
    Committed, Contacts, Content, Halt, Journal, Ledger, MailTask, Mailer, Orders, Products, SendError,
};

mod end;

use end::{Handover, find_out, record, withdraw};

/// How long a handover may take before its end counts as unknown: longer than [`Mailer::send`] ever takes.
pub const SEND_LEASE: SignedDuration = SignedDuration::from_secs(60);

/// How long nobody asks the mail service after it said that the account does not send. The runs of all shops wait for it.
pub const HALT: SignedDuration = SignedDuration::from_hours(1);

/// What became of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// The mail service accepted it.
    Sent,
    /// It never goes.
    Skipped(SkipReason),
    /// The mail service refused it for good.
    Failed(String),
    /// Another attempt is under way, or its end is not known yet; look again later.
    InFlight,
    /// Something is just being told of her orders that may stop it; look again in a moment.
    Awaited,
    /// Nobody knows whether it was accepted; only an event can tell.
    Unknown,
    /// The mail service asks to slow down; try again soon.
    Throttled,
    /// Nothing may be sent now: the switch is off, or the account cannot send.
    Stopped(String),
    /// No mail of its shop may be sent now: the shop's sender cannot send.
    SenderStopped(String),
    /// Its flow has come to give a coupon since it was handed on, and it has none: it is to be planned again.
    Unassigned,
    /// There is nothing to do.
    Nothing,
}

/// Delivers one mail.
///
/// # Errors
/// [`UseCaseError`]; after a transient one the task should come again.
pub async fn deliver_mail<W, M>(
    desk: Desk<'_, W>,
    postbox: Postbox<'_, M>,
    task: &MailTask,
    now: Timestamp,
) -> Result<Delivery, UseCaseError>
where
    W: Orders + Contacts + Products + Content + Ledger,
    M: Journal + Mailer,
{
    for attempt in 0..MAX_CONFLICTS {
        let reading = Reading::of_attempt(attempt);
        let docket = open(desk, task, reading).await?;
        if reading == Reading::Glance && !docket.as_ref().is_some_and(|docket| can_go(docket, task, now)) {
            continue;
        }
        let Some(docket) = docket else { return Ok(Delivery::Nothing) };
        if let Some(done) = attempt_once(desk, postbox, &docket, task, now).await? {
            return Ok(done);
        }
    }
    Err(UseCaseError::TooManyConflicts)
}

/// Whether what a glance shows may go.
fn can_go(docket: &Docket<'_>, task: &MailTask, now: Timestamp) -> bool {
    let step = docket.step(task);
    let assigned = step.is_some_and(|step| step.state.claim().is_some()) || docket.flow.coupon.is_none();
    assigned && docket.goes_on(task, docket.shop.local_date(now))
}

/// One attempt; `None` when the contact changed meanwhile, so that all is decided anew.
async fn attempt_once<W, M>(
    desk: Desk<'_, W>,
    postbox: Postbox<'_, M>,
    docket: &Docket<'_>,
    task: &MailTask,
    now: Timestamp,
) -> Result<Option<Delivery>, UseCaseError>
where
    W: Orders + Contacts + Products + Content + Ledger,
    M: Journal + Mailer,
{
    match docket.step(task).map(|step| &step.state) {
        Some(StepState::Waiting) if docket.flow.coupon.is_some() => Ok(Some(Delivery::Unassigned)),
        Some(StepState::Waiting | StepState::Claimed(_)) => hand_over(desk, postbox, docket, task, now).await,
        Some(StepState::Sending { lease_until, .. }) if *lease_until > now => Ok(Some(Delivery::InFlight)),
        Some(StepState::Sending { claim, .. } | StepState::Unknown { claim, .. }) => {
            find_out(desk, postbox, docket, task, claim, now).await
        }
        _ => Ok(Some(Delivery::Nothing)),
    }
}

async fn hand_over<W, M>(
    desk: Desk<'_, W>,
    postbox: Postbox<'_, M>,
    docket: &Docket<'_>,
    task: &MailTask,
    now: Timestamp,
) -> Result<Option<Delivery>, UseCaseError>
where
    W: Orders + Contacts + Products + Content + Ledger,
    M: Journal + Mailer,
{
    if let Some(why) = desk.world.sending().await?.standstill(now) {
        return Ok(Some(Delivery::Stopped(why.to_string())));
    }
    if docket.is_being_told(now) {
        return Ok(Some(Delivery::Awaited));
    }
    let claimed = docket.step(task).and_then(|step| step.state.claim());
    let claim = match (docket.decide_anew(task, docket.shop.local_date(now)), claimed) {
        (Some(Decision::Skip(reason)), _) => return withdraw(desk, docket, task, reason, now).await,
        (_, Some(claim)) => claim.clone(),
        (Some(Decision::Send { segment, language }), None) => {
            claim(desk, docket, task, (segment, language), now).await?
        }
        (Some(Decision::Wait) | None, None) => return Ok(Some(Delivery::Nothing)),
    };
    let (contact, claim, codes) = dated(docket, claim, now);
    let Composed { mail, story } = compose(desk, postbox, docket, task, &claim, now).await?;
    postbox.mailer.note(&story).await?;
    let lease_until = now.checked_add(SEND_LEASE).unwrap_or(Timestamp::MAX);
    let sending = contact.with_state(task, StepState::Sending { claim: claim.clone(), lease_until });
    if desk.world.commit(&sending, docket.version, &codes).await? != Committed::Done {
        return Ok(None);
    }
    let answer = postbox.mailer.send(&mail, claim.mail, now).await;
    let halt = halted(&answer);
    let handover = Handover {
        task,
        flow: &docket.flow,
        contact: sending,
        version: docket.version.next(),
        claim,
        lease_until,
    };
    let delivery = record(desk, handover, answer, now).await?;
    // Last: a mail that stays in `sending` because this failed would count as unknown.
    if let Some(why) = halt {
        desk.world.halt(why, now.checked_add(HALT).unwrap_or(Timestamp::MAX)).await?;
    }
    Ok(Some(delivery))
}

/// What an answer tells all other mails.
const fn halted(answer: &Result<String, SendError>) -> Option<Halt> {
    match answer {
        Err(SendError::Halted(why, _)) => Some(*why),
        _ => None,
    }
}

/// The printed validity counts from the day of the mail, which may be later than that of the claim. A code that has
/// ended meanwhile is not printed: the mail goes without it.
fn dated(docket: &Docket<'_>, mut claim: Claim, now: Timestamp) -> (Contact, Claim, Vec<CodeChange>) {
    let mut contact = docket.contact.clone();
    let today = docket.shop.local_date(now);
    let (Some(rule), Some(grant)) = (&docket.flow.coupon, &mut claim.coupon) else {
        return (contact, claim, Vec::new());
    };
    let own = |held: &&mut HeldCoupon| held.mail == claim.mail && held.code == grant.code;
    match (&grant.origin, contact.coupons.iter_mut().find(own)) {
        (Origin::Generic, _) => grant.valid_until = valid_until(rule, today, None),
        (Origin::Stock { expires, .. }, Some(held)) => {
            grant.valid_until = valid_until(rule, today, *expires);
            held.valid_until = grant.valid_until;
        }
        (Origin::Stock { .. }, None) => {}
    }
    if grant.valid_until >= today {
        return (contact, claim, Vec::new());
    }
    let (contact, codes) = with_code(contact, &claim, Some(release(now)));
    (contact, Claim { coupon: None, ..claim }, codes)
}
