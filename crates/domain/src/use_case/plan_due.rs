//! The daily run of a shop: reads what is due from the last completed day on, and hands it to the coupon assignment.
//!
//! A look costs half a read unit of DynamoDB, and a mail that goes on costs no more here: everything is decided again
//! where it is worked on. What a run costs depends on what is due, never on how many customers there are.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::Serialize;

use super::due_day::DueDay;
use super::look::{Tally, look_through};
use super::{Desk, UseCaseError};
use crate::enrolment::SkipReason;
use crate::id::ShopId;
use crate::ports::{
    Contacts, DUE_SHARDS, DueList, Ledger, Orders, Parts, Queues, RunStart, ShardTask, Standstill,
};
use crate::shop::Shop;

/// How far back the first run of a shop looks. Every later one goes on from the last completed day, however long ago.
pub const FIRST_RUN_DAYS: i32 = 400;
/// So many mails are looked at and handed on at once.
pub(crate) const BATCH: usize = 500;
/// How long a run may take before another one may take over.
const RUN_LEASE: SignedDuration = SignedDuration::from_mins(15);

/// What a run did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunOutcome {
    /// It went through.
    Completed(RunReport),
    /// It is too long for one go and was split; the last part completes it.
    Split {
        /// Into how many parts.
        parts: u64,
    },
    /// The day was completed before.
    AlreadyDone,
    /// Another one is at it.
    Busy,
    /// Nothing may be sent; nothing was touched. The day is run once it may.
    Stopped(Standstill),
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

/// Runs the mails of the last day whose hour has come.
///
/// A run with more than `split_over` due entries is split into parts, which [`super::plan_shard`] works on. A run that
/// broke off is begun again once its lease has ended; what it did before does no harm.
///
/// # Errors
/// [`UseCaseError`]; the day stays open and is done again.
pub async fn plan_due<W>(
    desk: Desk<'_, W>,
    shop: &ShopId,
    split_over: Option<u64>,
    now: Timestamp,
) -> Result<RunOutcome, UseCaseError>
where
    W: Orders + Contacts + DueList + Ledger + Queues + Parts,
{
    let shop = desk.shop(shop)?;
    if let Some(why) = desk.world.sending().await?.standstill(now) {
        return Ok(RunOutcome::Stopped(why));
    }
    let day = run_day(shop, now);
    let lease = now.checked_add(RUN_LEASE).unwrap_or(Timestamp::MAX);
    let last_completed = match desk.world.begin_run(&shop.id, day, now, lease).await? {
        RunStart::Started { last_completed } => last_completed,
        RunStart::AlreadyDone => return Ok(RunOutcome::AlreadyDone),
        RunStart::Busy => return Ok(RunOutcome::Busy),
    };
    let ran = run(desk, shop, (first_day(last_completed, day), day), split_over, now).await;
    if ran.is_err() {
        // Whoever tries again in a minute must not wait for the lease: another one takes it over, and ends at once.
        desk.world.begin_run(&shop.id, day, lease, now).await.ok();
    }
    ran
}

async fn run<W>(
    desk: Desk<'_, W>,
    shop: &Shop,
    (first, day): (Date, Date),
    split_over: Option<u64>,
    now: Timestamp,
) -> Result<RunOutcome, UseCaseError>
where
    W: Orders + Contacts + DueList + Ledger + Queues + Parts,
{
    if let Some(over) = split_over {
        let parts = parts(desk, shop, first, day, over).await?;
        if !parts.is_empty() {
            desk.world.to_planning(&parts).await?;
            return Ok(RunOutcome::Split { parts: u64::try_from(parts.len()).unwrap_or(u64::MAX) });
        }
    }
    let Tally { planned, skipped } = plan_days(desk, shop, (first, day), now).await?;
    desk.world.finish_run(&shop.id, day).await?;
    let caught_up = u64::try_from(days_between(first, day)).unwrap_or(0);
    Ok(RunOutcome::Completed(RunReport { shop: shop.id.clone(), day, caught_up, planned, skipped }))
}

/// The last local day whose sending hour has come.
#[must_use]
pub fn run_day(shop: &Shop, now: Timestamp) -> Date {
    let today = shop.local_date(now);
    if shop.send_moment(today) <= now { today } else { today.checked_sub(1.day()).unwrap_or(today) }
}

/// The first day that a run looks at.
pub(crate) fn first_day(last_completed: Option<Date>, day: Date) -> Date {
    let next = last_completed.and_then(|last| last.checked_add(1.day()).ok());
    next.unwrap_or_else(|| day.checked_sub(FIRST_RUN_DAYS.days()).unwrap_or(day))
}

fn days_between(first: Date, day: Date) -> i32 {
    first.until(day).map_or(0, |span| span.get_days())
}

/// Every shard of every day that holds something; none when that is little enough for one go.
async fn parts<W: DueList>(
    desk: Desk<'_, W>,
    shop: &Shop,
    first: Date,
    run_day: Date,
    over: u64,
) -> Result<Vec<ShardTask>, UseCaseError> {
    let days = u16::try_from(days_between(first, run_day) + 1).unwrap_or(u16::MAX);
    let counts = desk.world.due_counts(&shop.id, first, days).await?;
    if counts.iter().fold(0_u64, |sum, count| sum.saturating_add(*count)) <= over {
        return Ok(Vec::new());
    }
    let full = first.series(1.day()).zip(counts).filter(|(_, count)| *count > 0).map(|(day, _)| day);
    let places: Vec<(Date, u32)> =
        full.flat_map(|day| (0..DUE_SHARDS).map(move |shard| (day, shard))).collect();
    let of = u64::try_from(places.len()).unwrap_or(u64::MAX);
    let part = |(day, shard)| ShardTask { shop: shop.id.clone(), run_day, day, shard, of, from: None };
    Ok(places.into_iter().map(part).collect())
}

/// Hands on what is due, day by day, each in the order in which it first was due.
async fn plan_days<W>(
    desk: Desk<'_, W>,
    shop: &Shop,
    (first, day): (Date, Date),
    now: Timestamp,
) -> Result<Tally, UseCaseError>
where
    W: Orders + Contacts + DueList + Queues,
{
    let mut tally = Tally::default();
    for date in first.series(1.day()).take_while(|date| *date <= day) {
        let mut due = DueDay::new(desk.world, &shop.id, date);
        loop {
            let entries = due.take(BATCH).await?;
            if entries.is_empty() {
                break;
            }
            look_through(desk, entries, (day, now), &mut tally).await?;
        }
    }
    Ok(tally)
}
