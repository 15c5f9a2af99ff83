//! Makes a claimed mail and hands it over, once.
//!
//! `sending` with a lease is written before the handover and `sent` after it. A lease that ends in `sending` means that
//! nobody knows: the mail service is asked, and the mail is never sent again while it cannot say.

use jiff::{SignedDuration, Timestamp, ToSpan};

use super::compose::{Composed, Postbox, compose};
use super::plan_due::{Docket, open};
use super::{Desk, MAX_CONFLICTS, UseCaseError};
use crate::contact::{Contact, HeldCoupon};
use crate::coupon::{CodeAction, CodeChange, Origin, valid_until};
use crate::decision::Decision;
use crate::enrolment::{Claim, SkipReason, StepState};
use crate::ports::{
    Committed, Contacts, Content, Journal, Ledger, MailTask, Mailer, Orders, Products, SendError, Settlement,
};

/// How long a handover may take before its end counts as unknown.
const SEND_LEASE: SignedDuration = SignedDuration::from_secs(60);
/// A code that its holder never saw is given out again after so many days.
const COOL_DOWN_DAYS: i32 = 14;

/// What became of a claimed mail.
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
    /// Nobody knows whether it was accepted; only an event can tell.
    Unknown,
    /// The mail service asks to slow down; try again soon.
    Throttled,
    /// Nothing may be sent now: the switch is off, or the account cannot send.
    Stopped(String),
    /// There is nothing to do.
    Nothing,
}

/// Delivers one claimed mail.
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
    for _ in 0..MAX_CONFLICTS {
        let Some(docket) = open(desk, task).await? else {
            return Ok(Delivery::Nothing);
        };
        let Some(step) = docket.contact.step(task.enrolment, task.step) else {
            return Ok(Delivery::Nothing);
        };
        let done = match step.state.clone() {
            StepState::Claimed(claim) => hand_over(desk, postbox, &docket, task, claim, now).await?,
            StepState::Sending { lease_until, .. } if lease_until > now => Some(Delivery::InFlight),
            StepState::Sending { claim, .. } | StepState::Unknown { claim, .. } => {
                find_out(desk, postbox, &docket, task, claim, now).await?
            }
            _ => Some(Delivery::Nothing),
        };
        if let Some(done) = done {
            return Ok(done);
        }
    }
    Err(UseCaseError::TooManyConflicts)
}

/// One attempt; `None` when the contact changed meanwhile, so that all is decided anew.
async fn hand_over<W, M>(
    desk: Desk<'_, W>,
    postbox: Postbox<'_, M>,
    docket: &Docket<'_>,
    task: &MailTask,
    claim: Claim,
    now: Timestamp,
) -> Result<Option<Delivery>, UseCaseError>
where
    W: Orders + Contacts + Products + Content + Ledger,
    M: Journal + Mailer,
{
    if desk.world.is_stopped().await? {
        return Ok(Some(Delivery::Stopped("sending is switched off".to_owned())));
    }
    if let Some(Decision::Skip(reason)) = docket.decide_anew(task, docket.shop.local_date(now)) {
        let state = StepState::Skipped { reason, at: now };
        return Ok(withdraw(desk, docket, task, &claim, state, now)
            .await?
            .then_some(Delivery::Skipped(reason)));
    }
    let (contact, claim, codes) = dated(docket, claim, now);
    let Composed { mail, story } = compose(desk, postbox, docket, task, &claim, now).await?;
    postbox.mailer.note(&story).await?;
    let lease_until = now.checked_add(SEND_LEASE).unwrap_or(Timestamp::MAX);
    let sending = contact.with_state(task, StepState::Sending { claim: claim.clone(), lease_until });
    if desk.world.commit(&sending, docket.version, &codes).await? != Committed::Done {
        return Ok(None);
    }
    let answer = postbox.mailer.send(&mail, claim.mail, now).await;
    record(desk, task, claim, answer, now).await.map(Some)
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

/// Writes down what the mail service answered. The handover has happened, so this holds on until it is written.
async fn record<W: Contacts>(
    desk: Desk<'_, W>,
    task: &MailTask,
    claim: Claim,
    answer: Result<String, SendError>,
    now: Timestamp,
) -> Result<Delivery, UseCaseError> {
    let (state, action, delivery) = match answer {
        Ok(message) => (
            StepState::Sent { claim: claim.clone(), message, at: now },
            Some(CodeAction::Sent),
            Delivery::Sent,
        ),
        Err(SendError::Ambiguous) => return Ok(Delivery::InFlight),
        Err(SendError::Throttled) => (StepState::Claimed(claim.clone()), None, Delivery::Throttled),
        Err(SendError::AccountStopped(why)) => {
            (StepState::Claimed(claim.clone()), None, Delivery::Stopped(why))
        }
        Err(SendError::Rejected(reason)) => {
            let state = StepState::Failed { claim: claim.clone(), reason: reason.clone(), at: now };
            (state, Some(release(now)), Delivery::Failed(reason))
        }
    };
    for _ in 0..MAX_CONFLICTS {
        let Some((contact, version)) = desk.world.load_contact(&task.shop, task.contact).await? else {
            break;
        };
        let (contact, changes) = with_code(contact, &claim, action);
        let contact = contact.with_state(task, state.clone());
        if desk.world.commit(&contact, version, &changes).await? == Committed::Done {
            return Ok(delivery);
        }
    }
    Err(UseCaseError::TooManyConflicts)
}

const fn is_release(action: CodeAction) -> bool {
    matches!(action, CodeAction::Release { .. })
}

fn release(now: Timestamp) -> CodeAction {
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    CodeAction::Release { free_from: today.checked_add(COOL_DOWN_DAYS.days()).unwrap_or(today) }
}

/// The code that the mail carries, changed; a released one leaves her hands. A code that another of her mails carries
/// too may have been seen, whatever becomes of this mail: it stays hers.
fn with_code(mut contact: Contact, claim: &Claim, action: Option<CodeAction>) -> (Contact, Vec<CodeChange>) {
    let carried = |held: &&HeldCoupon| claim.coupon.as_ref().is_some_and(|grant| grant.code == held.code);
    let (Some(action), Some(held)) = (action, contact.coupons.iter().find(carried).cloned()) else {
        return (contact, Vec::new());
    };
    if action != CodeAction::Sent && carried_elsewhere(&contact, claim, &held) {
        return (contact, Vec::new());
    }
    let change = held.change(&contact, action);
    if is_release(action) {
        contact.coupons.retain(|other| other.code != held.code);
    }
    (contact, vec![change])
}

/// Whether another mail that went, or may still go, carries the code.
fn carried_elsewhere(contact: &Contact, claim: &Claim, held: &HeldCoupon) -> bool {
    let steps = contact.enrolments.iter().flat_map(|enrolment| &enrolment.steps);
    steps
        .filter(|step| !matches!(step.state, StepState::Failed { .. }))
        .filter_map(|step| step.state.claim())
        .filter(|other| other.mail != claim.mail)
        .filter_map(|other| other.coupon.as_ref())
        .any(|grant| grant.code == held.code)
}

/// Ends a mail that was claimed but not handed over; its code becomes free again.
async fn withdraw<W: Contacts>(
    desk: Desk<'_, W>,
    docket: &Docket<'_>,
    task: &MailTask,
    claim: &Claim,
    state: StepState,
    now: Timestamp,
) -> Result<bool, UseCaseError> {
    let (contact, changes) = with_code(docket.contact.clone(), claim, Some(release(now)));
    let contact = contact.with_state(task, state);
    Ok(desk.world.commit(&contact, docket.version, &changes).await? == Committed::Done)
}

/// Asks the mail service about a handover whose end was lost.
async fn find_out<W: Contacts, M: Mailer>(
    desk: Desk<'_, W>,
    postbox: Postbox<'_, M>,
    docket: &Docket<'_>,
    task: &MailTask,
    claim: Claim,
    now: Timestamp,
) -> Result<Option<Delivery>, UseCaseError> {
    let step = docket.contact.step(task.enrolment, task.step);
    let known_unknown = step.is_some_and(|step| matches!(step.state, StepState::Unknown { .. }));
    let (state, action, delivery) = match postbox.mailer.settle(claim.mail).await? {
        Settlement::Accepted(message) => (
            StepState::Sent { claim: claim.clone(), message, at: now },
            CodeAction::Sent,
            Some(Delivery::Sent),
        ),
        // Proven: it may be handed over again, with the same coupon.
        Settlement::NotAccepted => {
            docket.commit(desk.world, task, StepState::Claimed(claim), &[]).await?;
            return Ok(None);
        }
        Settlement::Unknown if known_unknown => return Ok(Some(Delivery::Unknown)),
        Settlement::Unknown => {
            let state = StepState::Unknown { claim: claim.clone(), since: now };
            (state, CodeAction::Quarantine, Some(Delivery::Unknown))
        }
    };
    let (contact, changes) = with_code(docket.contact.clone(), &claim, Some(action));
    let contact = contact.with_state(task, state);
    let committed = desk.world.commit(&contact, docket.version, &changes).await?;
    Ok(delivery.filter(|_| committed == Committed::Done))
}
