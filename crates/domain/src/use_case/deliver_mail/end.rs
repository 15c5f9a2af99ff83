//! How a handover ended, and what that does to the mail and its code.

use jiff::Timestamp;

use super::Delivery;
use crate::contact::Contact;
use crate::coupon::CodeAction;
use crate::enrolment::{Claim, SkipReason, StepState};
use crate::flow::Flow;
use crate::ports::{Committed, Contacts, MailTask, Mailer, SendError, Settlement, Version};
use crate::use_case::code_change::{release, with_code};
use crate::use_case::compose::Postbox;
use crate::use_case::docket::Docket;
use crate::use_case::{Desk, MAX_CONFLICTS, UseCaseError};

/// A mail that was just handed over, with the contact as it was written for it.
#[derive(Debug)]
pub(super) struct Handover<'a> {
    pub(super) task: &'a MailTask,
    pub(super) flow: &'a Flow,
    pub(super) contact: Contact,
    pub(super) version: Version,
    pub(super) claim: Claim,
    /// Tells this attempt's `sending` from that of another.
    pub(super) lease_until: Timestamp,
}

/// Writes down what the mail service answered. The handover has happened, so this holds on until it is written.
///
/// The contact is the one that was written before the handover: it is read again only if somebody wrote it meanwhile.
/// An end that an event wrote first stays. That it was not accepted says nothing of another attempt, which may have begun
/// after a write whose answer was lost.
pub(super) async fn record<W: Contacts>(
    desk: Desk<'_, W>,
    handover: Handover<'_>,
    answer: Result<String, SendError>,
    now: Timestamp,
) -> Result<Delivery, UseCaseError> {
    let Handover { task, flow, contact, version, claim, lease_until } = handover;
    let Some((state, action, delivery)) = end(flow, &claim, answer, now) else {
        return Ok(Delivery::InFlight);
    };
    let mut known = Some((contact, version));
    for _ in 0..MAX_CONFLICTS {
        let read = match known.take() {
            Some(known) => Some(known),
            None => desk.world.load_contact(&task.shop, task.contact).await?,
        };
        let Some((contact, version)) = read else { break };
        let stored = contact.step(task.enrolment, task.step).map(|step| &step.state);
        if let Some(ended) = stored.and_then(ended) {
            return Ok(ended);
        }
        if delivery != Delivery::Sent && is_of_another_attempt(stored, lease_until) {
            return Ok(delivery);
        }
        let in_doubt = matches!(stored, Some(StepState::Unknown { .. }));
        let action = action.or(in_doubt.then_some(CodeAction::Keep));
        let (contact, changes) = with_code(contact, &claim, action);
        let contact = contact.with_state(task, state.clone());
        if desk.world.commit(&contact, version, &changes).await? == Committed::Done {
            return Ok(delivery);
        }
    }
    Err(UseCaseError::TooManyConflicts)
}

fn is_of_another_attempt(state: Option<&StepState>, mine: Timestamp) -> bool {
    matches!(state, Some(StepState::Sending { lease_until, .. }) if *lease_until != mine)
}

/// How a mail has ended already.
fn ended(state: &StepState) -> Option<Delivery> {
    match state {
        StepState::Sent { .. } => Some(Delivery::Sent),
        StepState::Failed { reason, .. } => Some(Delivery::Failed(reason.clone())),
        StepState::Skipped { reason, .. } => Some(Delivery::Skipped(*reason)),
        _ => None,
    }
}

/// What an answer means; `None` when it was lost, so that nothing may be written but by who finds out.
fn end(
    flow: &Flow,
    claim: &Claim,
    answer: Result<String, SendError>,
    at: Timestamp,
) -> Option<(StepState, Option<CodeAction>, Delivery)> {
    match answer {
        Ok(message) => Some((StepState::Sent { claim: claim.clone(), message, at }, None, Delivery::Sent)),
        Err(SendError::Ambiguous) => None,
        Err(SendError::Throttled) => Some((not_sent(flow, claim.clone()), None, Delivery::Throttled)),
        Err(SendError::AccountStopped(why) | SendError::Halted(_, why)) => {
            Some((not_sent(flow, claim.clone()), None, Delivery::Stopped(why)))
        }
        Err(SendError::SenderStopped(why)) => {
            Some((not_sent(flow, claim.clone()), None, Delivery::SenderStopped(why)))
        }
        Err(SendError::Rejected(reason)) => {
            let state = StepState::Failed { claim: claim.clone(), reason: reason.clone(), at };
            Some((state, Some(release(at)), Delivery::Failed(reason)))
        }
    }
}

/// As it was before the handover. What has no coupon to keep is only planned again, and decided about anew.
fn not_sent(flow: &Flow, claim: Claim) -> StepState {
    if flow.coupon.is_none() && claim.coupon.is_none() {
        StepState::Waiting
    } else {
        StepState::Claimed(claim)
    }
}

/// Ends a mail that was not handed over; the code it claimed becomes free again. `None` when the contact changed.
pub(super) async fn withdraw<W: Contacts>(
    desk: Desk<'_, W>,
    docket: &Docket<'_>,
    task: &MailTask,
    reason: SkipReason,
    at: Timestamp,
) -> Result<Option<Delivery>, UseCaseError> {
    let contact = docket.contact.clone();
    let (contact, changes) = match docket.step(task).and_then(|step| step.state.claim()) {
        Some(claim) => with_code(contact, claim, Some(release(at))),
        None => (contact, Vec::new()),
    };
    let contact = contact.with_state(task, StepState::Skipped { reason, at });
    let committed = desk.world.commit(&contact, docket.version, &changes).await?;
    Ok((committed == Committed::Done).then_some(Delivery::Skipped(reason)))
}

/// Asks the mail service about a handover whose end was lost. `None` when all is to be decided anew.
pub(super) async fn find_out<W: Contacts, M: Mailer>(
    desk: Desk<'_, W>,
    postbox: Postbox<'_, M>,
    docket: &Docket<'_>,
    task: &MailTask,
    claim: &Claim,
    now: Timestamp,
) -> Result<Option<Delivery>, UseCaseError> {
    let state = docket.step(task).map(|step| &step.state);
    let known_unknown = matches!(state, Some(StepState::Unknown { .. }));
    let (state, action, delivery) = match postbox.mailer.settle(claim.mail).await? {
        Settlement::Accepted(message) => {
            let state = StepState::Sent { claim: claim.clone(), message, at: now };
            (state, known_unknown.then_some(CodeAction::Keep), Some(Delivery::Sent))
        }
        // Proven: it may be handed over again, with the same coupon.
        Settlement::NotAccepted => {
            let action = known_unknown.then_some(CodeAction::Keep);
            (not_sent(&docket.flow, claim.clone()), action, None)
        }
        Settlement::Unknown if known_unknown => return Ok(Some(Delivery::Unknown)),
        Settlement::Unknown => {
            let state = StepState::Unknown { claim: claim.clone(), since: now };
            (state, Some(CodeAction::Quarantine), Some(Delivery::Unknown))
        }
    };
    let (contact, changes) = with_code(docket.contact.clone(), claim, action);
    let contact = contact.with_state(task, state);
    let committed = desk.world.commit(&contact, docket.version, &changes).await?;
    Ok(delivery.filter(|_| committed == Committed::Done))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use jiff::{SignedDuration, ToSpan as _};

    use super::*;
    use crate::contact::Contact;
    use crate::enrolment::enrol;
    use crate::fixtures::{bought_on, contact, flow, noon, shop};
    use crate::use_case::memory::{Memory, catalog, claim_of, run, task_of};

    fn anna() -> (Contact, MailTask) {
        let (mut anna, bought) = (contact("anna"), date(2026, 3, 1));
        enrol(&mut anna, &bought_on("1", bought), &flow(), &shop(), noon(bought));
        let task = task_of(&anna);
        (anna, task)
    }

    /// What is stored after an attempt ended like this, and another one had begun before it could write that down.
    fn after_another_began(answer: Result<String, SendError>) -> StepState {
        let (anna, task) = anna();
        let now = noon(date(2026, 3, 13));
        let claim = claim_of(&task, date(2026, 3, 13));
        let sending = |lease_until| {
            anna.clone().with_state(&task, StepState::Sending { claim: claim.clone(), lease_until })
        };
        let memory = Memory::default();
        memory.put(anna.clone());
        memory.put(sending(now.checked_add(61.seconds()).unwrap()));
        let flow = flow();
        let lease_until = now.checked_add(SignedDuration::from_secs(60)).unwrap();
        let handover = Handover {
            task: &task,
            flow: &flow,
            contact: sending(lease_until),
            version: Version(1),
            claim: claim.clone(),
            lease_until,
        };
        let catalog = catalog();
        let key = crate::secret::SecretBytes::new(b"a key of the tests".to_vec());
        let desk = Desk { world: &memory, catalog: &catalog, contact_key: &key };
        run(record(desk, handover, answer, now)).unwrap();
        let stored = memory.get(&task.shop, task.contact).unwrap();
        stored.step(task.enrolment, task.step).unwrap().state.clone()
    }

    #[test]
    fn a_refusal_does_not_end_what_another_attempt_has_begun() {
        for refused in [SendError::Throttled, SendError::Rejected("MessageRejected: no".to_owned())] {
            assert!(matches!(after_another_began(Err(refused)), StepState::Sending { .. }));
        }
    }

    #[test]
    fn an_acceptance_is_written_whoever_is_underway() {
        assert!(matches!(after_another_began(Ok("m1".to_owned())), StepState::Sent { .. }));
    }
}
