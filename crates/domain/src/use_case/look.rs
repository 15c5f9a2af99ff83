//! A look at what is due: it goes on, is skipped, or is done with already.

use std::collections::BTreeMap;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::docket::{Docket, Reading, open};
use super::{Desk, MAX_CONFLICTS, UseCaseError};
use crate::contact::Contact;
use crate::decision::{Decision, person_refuses};
use crate::enrolment::{SkipReason, StepState};
use crate::ports::{Contacts, DueEntry, MailTask, Orders, Queues};

/// So many mails are looked at side by side: a look is mostly waiting for the store.
pub(crate) const LOOKS_AT_ONCE: usize = 32;

/// What became of the mails that were looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Mails that were handed on.
    pub planned: u64,
    /// Mails that were skipped, by reason.
    pub skipped: BTreeMap<SkipReason, u64>,
}

enum Look {
    Goes,
    Skipped(SkipReason),
    Nothing,
}

/// Looks at some mails side by side and hands on those that go, in the order in which they came.
pub(crate) async fn look_through<W>(
    desk: Desk<'_, W>,
    entries: Vec<DueEntry>,
    (day, now): (Date, Timestamp),
    tally: &mut Tally,
) -> Result<(), UseCaseError>
where
    W: Orders + Contacts + Queues,
{
    let looks = entries.into_iter().map(|entry| look_or_pass(desk, entry.task, day, now));
    let looks: Vec<(MailTask, Look)> = stream::iter(looks).buffered(LOOKS_AT_ONCE).try_collect().await?;
    let mut going = Vec::with_capacity(looks.len());
    for (task, look) in looks {
        match look {
            Look::Goes => going.push(task),
            Look::Skipped(reason) => *tally.skipped.entry(reason).or_default() += 1,
            Look::Nothing => {}
        }
    }
    desk.world.to_assignment(&going).await?;
    tally.planned = tally.planned.saturating_add(u64::try_from(going.len()).unwrap_or(u64::MAX));
    Ok(())
}

/// What cannot be read however often it is tried goes on, and fails alone where it is worked on: the others of the day
/// must not wait for it.
async fn look_or_pass<W>(
    desk: Desk<'_, W>,
    task: MailTask,
    day: Date,
    now: Timestamp,
) -> Result<(MailTask, Look), UseCaseError>
where
    W: Orders + Contacts,
{
    match look_at(desk, &task, day, now).await {
        Err(error) if !error.is_transient() => Ok((task, Look::Goes)),
        looked => looked.map(|look| (task, look)),
    }
}

async fn look_at<W>(
    desk: Desk<'_, W>,
    task: &MailTask,
    day: Date,
    now: Timestamp,
) -> Result<Look, UseCaseError>
where
    W: Orders + Contacts,
{
    let glance = desk.world.glance_contact(&task.shop, task.contact).await?;
    let known = desk.catalog.flows.contains_key(&task.flow);
    if known && glance.is_some_and(|(contact, _)| seems_to_go(&contact, task, day)) {
        return Ok(Look::Goes);
    }
    for _ in 0..MAX_CONFLICTS {
        let Some(docket) = open(desk, task, Reading::Sure).await? else {
            return Ok(Look::Nothing);
        };
        if is_underway(&docket, task) {
            return Ok(Look::Goes);
        }
        let reason = match docket.decide(task, day) {
            Some(Decision::Send { .. }) => return Ok(Look::Goes),
            Some(Decision::Skip(reason)) => reason,
            Some(Decision::Wait) | None => return Ok(Look::Nothing),
        };
        if docket.skip(desk.world, task, reason, now).await? {
            return Ok(Look::Skipped(reason));
        }
    }
    Err(UseCaseError::TooManyConflicts)
}

/// What the contact alone tells. The stations that follow decide with the orders in sight, so one that seems to go is
/// handed on; nothing else is decided on so little.
fn seems_to_go(contact: &Contact, task: &MailTask, day: Date) -> bool {
    let (Some(enrolment), Some(step)) =
        (contact.enrolment(task.enrolment), contact.step(task.enrolment, task.step))
    else {
        return false;
    };
    let in_time = (step.due..=step.latest).contains(&day);
    let wanted = person_refuses(contact).is_none() && enrolment.dead().is_none();
    match step.state {
        StepState::Waiting => in_time && wanted,
        ref state => handed_over_perhaps(state),
    }
}

fn is_underway(docket: &Docket<'_>, task: &MailTask) -> bool {
    docket.step(task).is_some_and(|step| handed_over_perhaps(&step.state))
}

/// A mail that was claimed and never handed over, or whose handover broke off, is handed on again. The delivery knows
/// what to do; of an unknown end only an event can tell.
const fn handed_over_perhaps(state: &StepState) -> bool {
    matches!(state, StepState::Claimed(_) | StepState::Sending { .. })
}
