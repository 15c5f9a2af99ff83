//! Gives a planned mail its coupon: contact and code change hands in one commit.
//!
//! A mail of a flow without a coupon passes through unread and unclaimed: the delivery decides about it in the one write
//! that it needs anyway (`docs/adr/0006-units.md`).

use jiff::Timestamp;
use jiff::civil::Date;

use super::claim::claim;
use super::docket::{Docket, Reading, open};
use super::next_look::next_look;
use super::{Desk, MAX_CONFLICTS, UseCaseError};
use crate::contact::HeldCoupon;
use crate::coupon::{
    CodeAction, CouponCode, Grant, Origin, StockCode, outlives_promise, scope_key, valid_until,
};
use crate::decision::Decision;
use crate::enrolment::{Claim, SkipReason, StepState, later};
use crate::flow::{CouponRule, EmptyPool};
use crate::id::MailId;
use crate::money::Currency;
use crate::ports::{Committed, Contacts, Content, CouponStock, DueEntry, DueList, MailTask, Orders, Queues};

/// How many codes are read at once; several, so that a lost race costs no further read.
const CANDIDATES: usize = 8;

/// What became of a planned mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assignment {
    /// It is claimed and handed to the delivery.
    Claimed(MailId),
    /// It needs no coupon, or was claimed before, and is handed to the delivery.
    HandedOn,
    /// It waits for codes.
    Held,
    /// It never goes.
    Skipped(SkipReason),
    /// There is nothing to do.
    Nothing,
}

/// Which coupon a mail gets.
enum Choice {
    /// This one.
    Ready(Option<Grant>),
    /// One of these, whichever is still free.
    OneOf(Vec<StockCode>),
    /// None is free.
    Empty(EmptyPool),
}

/// Assigns the coupon of one planned mail.
///
/// # Errors
/// [`UseCaseError`]; after a transient one the task should come again.
pub async fn assign_coupon<W>(
    desk: Desk<'_, W>,
    task: &MailTask,
    seed: u64,
    now: Timestamp,
) -> Result<Assignment, UseCaseError>
where
    W: Orders + Contacts + CouponStock + Content + DueList + Queues,
{
    // The mail of a flow that is not published any more is ended by the delivery, with the code that it may have.
    if desk.catalog.flows.get(&task.flow).is_none_or(|flow| flow.coupon.is_none()) {
        return hand_on(desk, task).await;
    }
    for attempt in 0..MAX_CONFLICTS {
        let reading = Reading::of_attempt(attempt);
        let docket = open(desk, task, reading).await?;
        let today = desk.shop(&task.shop)?.local_date(now);
        if reading == Reading::Glance && !docket.as_ref().is_some_and(|docket| docket.goes_on(task, today)) {
            continue;
        }
        let Some(docket) = docket else { return Ok(Assignment::Nothing) };
        let seed = seed.wrapping_add(u64::from(attempt));
        if let Some(done) = attempt_once(desk, &docket, task, seed, now).await? {
            return Ok(done);
        }
    }
    Err(UseCaseError::TooManyConflicts)
}

/// One attempt on what was read; `None` when somebody else was faster.
async fn attempt_once<W>(
    desk: Desk<'_, W>,
    docket: &Docket<'_>,
    task: &MailTask,
    seed: u64,
    now: Timestamp,
) -> Result<Option<Assignment>, UseCaseError>
where
    W: Contacts + CouponStock + Content + DueList + Queues,
{
    let day = docket.shop.local_date(now);
    let (segment, language) = match docket.decide(task, day) {
        Some(Decision::Send { segment, language }) => (segment, language),
        Some(Decision::Skip(reason)) => return skip(desk, docket, task, reason, now).await,
        Some(Decision::Wait) => return Ok(Some(Assignment::Nothing)),
        None => return hand_on_if_claimed(desk, docket, task).await.map(Some),
    };
    let claim = claim(desk, docket, task, (segment, language), now).await?;
    let claimed = match choose(desk, docket, task, day, seed).await? {
        Choice::Empty(EmptyPool::Hold { days }) => return hold(desk, docket, task, (days, day), now).await,
        Choice::Empty(_) => return skip(desk, docket, task, SkipReason::NoCode, now).await,
        Choice::Ready(coupon) => {
            let state = StepState::Claimed(Claim { coupon, ..claim.clone() });
            docket.commit(desk.world, task, state, &[]).await? == Committed::Done
        }
        Choice::OneOf(codes) => commit_first(desk, docket, task, &claim, codes, day).await?,
    };
    if !claimed {
        return Ok(None);
    }
    desk.world.to_delivery(std::slice::from_ref(task)).await?;
    Ok(Some(Assignment::Claimed(claim.mail)))
}

async fn skip<W: Contacts>(
    desk: Desk<'_, W>,
    docket: &Docket<'_>,
    task: &MailTask,
    reason: SkipReason,
    now: Timestamp,
) -> Result<Option<Assignment>, UseCaseError> {
    Ok(docket.skip(desk.world, task, reason, now).await?.then_some(Assignment::Skipped(reason)))
}

async fn hand_on_if_claimed<W: Queues>(
    desk: Desk<'_, W>,
    docket: &Docket<'_>,
    task: &MailTask,
) -> Result<Assignment, UseCaseError> {
    if !docket.step(task).is_some_and(|step| !step.state.is_final() && step.state.claim().is_some()) {
        return Ok(Assignment::Nothing);
    }
    hand_on(desk, task).await
}

async fn hand_on<W: Queues>(desk: Desk<'_, W>, task: &MailTask) -> Result<Assignment, UseCaseError> {
    desk.world.to_delivery(std::slice::from_ref(task)).await?;
    Ok(Assignment::HandedOn)
}

/// Lets the mail wait for codes until the next run, or gives up; `None` when the contact changed meanwhile.
async fn hold<W: Contacts + DueList>(
    desk: Desk<'_, W>,
    docket: &Docket<'_>,
    task: &MailTask,
    (days, day): (u16, Date),
    now: Timestamp,
) -> Result<Option<Assignment>, UseCaseError> {
    let mut contact = docket.contact.clone();
    let Some(step) = contact.step_mut(task.enrolment, task.step) else {
        return Ok(Some(Assignment::Nothing));
    };
    let (since, first_due) = (*step.held_since.get_or_insert(day), step.due);
    if later(since, days) <= day {
        return skip(desk, docket, task, SkipReason::NoCode, now).await;
    }
    let next = next_look(docket.shop, now);
    desk.world.put_due(&[DueEntry { day: next, first_due, task: task.clone() }]).await?;
    let held = desk.world.commit(&contact, docket.version, &[]).await? == Committed::Done;
    Ok(held.then_some(Assignment::Held))
}

async fn choose<W: CouponStock>(
    desk: Desk<'_, W>,
    docket: &Docket<'_>,
    task: &MailTask,
    day: Date,
    seed: u64,
) -> Result<Choice, UseCaseError> {
    let Some(rule) = &docket.flow.coupon else {
        return Ok(Choice::Ready(None));
    };
    let scope = scope_key(rule.per, task.enrolment, task.step);
    let currency = currency(docket);
    if let Some(held) = docket.contact.coupon(rule, &scope, currency) {
        return Ok(Choice::Ready(held.is_valid_on(day).then(|| again(held))));
    }
    // A pool of another currency is no substitute (R45): the mail waits for the right one to be configured.
    let Some(pool) = currency.and_then(|currency| rule.pool_for(&docket.shop.id, currency)) else {
        return Ok(Choice::Empty(EmptyPool::default()));
    };
    if let Some(code) = &pool.generic {
        return Ok(Choice::Ready(generic(rule, code, day)));
    }
    let codes = desk.world.free_codes(&pool.pool, day, later(day, rule.valid_days), seed, CANDIDATES).await?;
    let usable: Vec<StockCode> =
        codes.into_iter().filter(|code| outlives_promise(rule, day, code.expires)).collect();
    Ok(match (usable.is_empty(), &rule.empty) {
        (false, _) => Choice::OneOf(usable),
        (true, EmptyPool::Without) => Choice::Ready(None),
        (true, EmptyPool::Fallback { code }) => Choice::Ready(generic(rule, code, day)),
        (true, empty) => Choice::Empty(empty.clone()),
    })
}

/// The currency of the first purchase that still counts.
fn currency(docket: &Docket<'_>) -> Option<Currency> {
    let alive = docket.orders.iter().find(|order| order.dead().is_none())?;
    alive.snapshot.as_ref().map(|snapshot| snapshot.currency)
}

fn again(held: &HeldCoupon) -> Grant {
    let origin = Origin::Stock { pool: held.pool.clone(), expires: held.expires };
    Grant { code: held.code.clone(), valid_until: held.valid_until, origin }
}

fn generic(rule: &CouponRule, code: &str, day: Date) -> Option<Grant> {
    let code = CouponCode::parse(code).ok()?;
    Some(Grant { code, valid_until: valid_until(rule, day, None), origin: Origin::Generic })
}

/// Commits the claim with the first code that is still free; `false` when all were gone, or the contact changed.
async fn commit_first<W: Contacts>(
    desk: Desk<'_, W>,
    docket: &Docket<'_>,
    task: &MailTask,
    claim: &Claim,
    codes: Vec<StockCode>,
    day: Date,
) -> Result<bool, UseCaseError> {
    let Some(rule) = &docket.flow.coupon else {
        return Ok(false);
    };
    for code in codes {
        let held = hold_code(rule, &code, task, claim.mail, day);
        let change = held.change(&docket.contact, CodeAction::Claim);
        let state = StepState::Claimed(Claim { coupon: Some(again(&held)), ..claim.clone() });
        let mut contact = docket.contact.clone().with_state(task, state);
        contact.coupons.push(held);
        match desk.world.commit(&contact, docket.version, &[change]).await? {
            Committed::Done => return Ok(true),
            Committed::ContactChanged => return Ok(false),
            Committed::CodeTaken => {}
        }
    }
    Ok(false)
}

fn hold_code(rule: &CouponRule, code: &StockCode, task: &MailTask, mail: MailId, day: Date) -> HeldCoupon {
    HeldCoupon {
        edition: rule.edition.clone(),
        scope: scope_key(rule.per, task.enrolment, task.step),
        pool: code.pool.clone(),
        code: code.code.clone(),
        mail,
        granted_on: day,
        valid_until: valid_until(rule, day, code.expires),
        expires: code.expires,
    }
}
