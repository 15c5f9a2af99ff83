//! The daily run of a shop: reads what is due from the last completed day on, and hands it to the coupon assignment.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::Serialize;

use super::due_day::DueDay;
use super::{Desk, MAX_CONFLICTS, UseCaseError};
use crate::contact::Contact;
use crate::coupon::CodeChange;
use crate::decision::{Case, Decision, decide, settle_returns};
use crate::enrolment::{Enrolment, SkipReason, StepState};
use crate::flow::Flow;
use crate::id::{OrderKey, ShopId};
use crate::order::Order;
use crate::ports::{Committed, Contacts, DueList, Ledger, MailTask, Orders, Queues, RunStart, Version};
use crate::shop::Shop;

/// How far back the first run of a shop looks. Every later one goes on from the last completed day, however long ago.
pub const FIRST_RUN_DAYS: i32 = 400;
/// So many mails are handed on at once.
const BATCH: usize = 500;
/// How long a run may take before another one may take over.
const RUN_LEASE: SignedDuration = SignedDuration::from_mins(15);

/// What a run did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunOutcome {
    /// It went through.
    Completed(RunReport),
    /// The day was completed before.
    AlreadyDone,
    /// Another one is at it.
    Busy,
    /// Sending is switched off; nothing was touched.
    Stopped,
}

/// The numbers of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunReport {
    /// The shop.
    pub shop: ShopId,
    /// The day.
    pub day: Date,
    /// Days that were made up for.
    pub caught_up: u64,
    /// Mails that were handed on.
    pub planned: u64,
    /// Mails that were skipped, by reason.
    pub skipped: BTreeMap<SkipReason, u64>,
}

/// Everything about one mail that a station works on.
#[derive(Debug)]
pub(crate) struct Docket<'a> {
    pub(crate) shop: &'a Shop,
    pub(crate) flow: &'a Flow,
    pub(crate) contact: Contact,
    pub(crate) version: Version,
    pub(crate) orders: Vec<Order>,
}

/// Runs the mails of the last day whose hour has come.
///
/// # Errors
/// [`UseCaseError`]; the day stays open and is done again.
pub async fn plan_due<W>(desk: Desk<'_, W>, shop: &ShopId, now: Timestamp) -> Result<RunOutcome, UseCaseError>
where
    W: Orders + Contacts + DueList + Ledger + Queues,
{
    let shop = desk.shop(shop)?;
    if desk.world.is_stopped().await? {
        return Ok(RunOutcome::Stopped);
    }
    let day = run_day(shop, now);
    let lease = now.checked_add(RUN_LEASE).unwrap_or(Timestamp::MAX);
    let last_completed = match desk.world.begin_run(&shop.id, day, now, lease).await? {
        RunStart::Started { last_completed } => last_completed,
        RunStart::AlreadyDone => return Ok(RunOutcome::AlreadyDone),
        RunStart::Busy => return Ok(RunOutcome::Busy),
    };
    let first = first_day(last_completed, day);
    let days = u64::try_from(first.until(day).map_or(0, |span| span.get_days())).unwrap_or(0);
    let mut report =
        RunReport { shop: shop.id.clone(), day, caught_up: days, planned: 0, skipped: BTreeMap::new() };
    for date in first.series(1.day()).take_while(|date| *date <= day) {
        plan_day(desk, shop, date, (day, now), &mut report).await?;
    }
    desk.world.finish_run(&shop.id, day).await?;
    Ok(RunOutcome::Completed(report))
}

/// The last local day whose sending hour has come.
#[must_use]
pub fn run_day(shop: &Shop, now: Timestamp) -> Date {
    let today = shop.local_date(now);
    if shop.send_moment(today) <= now { today } else { today.checked_sub(1.day()).unwrap_or(today) }
}

fn first_day(last_completed: Option<Date>, day: Date) -> Date {
    let next = last_completed.and_then(|last| last.checked_add(1.day()).ok());
    next.unwrap_or_else(|| day.checked_sub(FIRST_RUN_DAYS.days()).unwrap_or(day))
}

/// Hands on what is due of a day, in the order in which it first was due.
async fn plan_day<W>(
    desk: Desk<'_, W>,
    shop: &Shop,
    date: Date,
    (day, now): (Date, Timestamp),
    report: &mut RunReport,
) -> Result<(), UseCaseError>
where
    W: Orders + Contacts + DueList + Queues,
{
    let mut due = DueDay::new(desk.world, &shop.id, date);
    let mut planned = Vec::with_capacity(BATCH);
    while let Some(entry) = due.next().await? {
        match look_at(desk, &entry.task, day, now).await? {
            Look::Goes => planned.push(entry.task),
            Look::Skipped(reason) => *report.skipped.entry(reason).or_default() += 1,
            Look::Nothing => {}
        }
        if planned.len() == BATCH {
            hand_on(desk, &mut planned, report).await?;
        }
    }
    hand_on(desk, &mut planned, report).await
}

async fn hand_on<W: Queues>(
    desk: Desk<'_, W>,
    planned: &mut Vec<MailTask>,
    report: &mut RunReport,
) -> Result<(), UseCaseError> {
    desk.world.to_assignment(planned).await?;
    report.planned += u64::try_from(planned.len()).unwrap_or(u64::MAX);
    planned.clear();
    Ok(())
}

enum Look {
    Goes,
    Skipped(SkipReason),
    Nothing,
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
    for _ in 0..MAX_CONFLICTS {
        let Some(docket) = open(desk, task).await? else {
            return Ok(Look::Nothing);
        };
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

/// Reads all that is needed to decide about a mail. `None` when there is nothing of that name any more.
pub(crate) async fn open<'a, W>(
    desk: Desk<'a, W>,
    task: &MailTask,
) -> Result<Option<Docket<'a>>, UseCaseError>
where
    W: Orders + Contacts,
{
    let shop = desk.shop(&task.shop)?;
    let Some((contact, version)) = desk.world.load_contact(&task.shop, task.contact).await? else {
        return Ok(None);
    };
    let (Some(flow), Some(enrolment)) =
        (desk.catalog.flows.get(&task.flow), contact.enrolment(task.enrolment))
    else {
        return Ok(None);
    };
    let orders = enrolled_orders(desk.world, &contact, enrolment).await?;
    Ok(Some(Docket { shop, flow, contact, version, orders }))
}

/// The enrolment's orders as they are now, with the person's later returns charged to them. One that turned out to be
/// somebody else's is left out, even if it was told so while a mail was underway.
async fn enrolled_orders<W: Orders>(
    world: &W,
    contact: &Contact,
    enrolment: &Enrolment,
) -> Result<Vec<Order>, UseCaseError> {
    let enrolled = enrolment.orders.iter().map(|enrolled| &enrolled.key);
    let keys: BTreeSet<&OrderKey> = contact.orders.iter().chain(enrolled).collect();
    let keys: Vec<OrderKey> = keys.into_iter().cloned().collect();
    let mut orders = world.load_orders(&keys).await?;
    orders.retain(|order| order.contact == Some(contact.id));
    orders.sort_by(|a, b| age(&a.key).cmp(&age(&b.key)));
    let settled = settle_returns(orders);
    Ok(settled.into_iter().filter(|order| enrolment.holds(&order.key)).collect())
}

/// Numbers are text that mostly counts up, so the shorter one is the older one.
fn age(key: &OrderKey) -> (usize, &str, &str) {
    (key.number.as_str().len(), key.number.as_str(), key.source.as_str())
}

impl Docket<'_> {
    /// Decides about a mail that is still only planned; `None` for any other.
    pub(crate) fn decide(&self, task: &MailTask, day: Date) -> Option<Decision<'_>> {
        let step = self.contact.step(task.enrolment, task.step)?;
        (step.state == StepState::Waiting).then(|| self.decide_anew(task, day)).flatten()
    }

    /// Decides about a mail as if it were only planned.
    pub(crate) fn decide_anew(&self, task: &MailTask, day: Date) -> Option<Decision<'_>> {
        let Self { shop, flow, contact, orders, .. } = self;
        let enrolment = contact.enrolment(task.enrolment)?;
        let step = contact.step(task.enrolment, task.step)?;
        Some(decide(Case { shop, flow, contact, enrolment, step, orders }, day))
    }

    /// Commits the contact with one mail in another state.
    pub(crate) async fn commit<W: Contacts>(
        &self,
        world: &W,
        task: &MailTask,
        state: StepState,
        codes: &[CodeChange],
    ) -> Result<Committed, UseCaseError> {
        Ok(world.commit(&self.contact.clone().with_state(task, state), self.version, codes).await?)
    }

    /// Ends a planned mail with a reason; `false` when the contact changed meanwhile.
    pub(crate) async fn skip<W: Contacts>(
        &self,
        world: &W,
        task: &MailTask,
        reason: SkipReason,
        at: Timestamp,
    ) -> Result<bool, UseCaseError> {
        Ok(self.commit(world, task, StepState::Skipped { reason, at }, &[]).await? == Committed::Done)
    }
}
