//! One part of a run that was split: a shard of a day, looked through page by page.
//!
//! A part may come twice, break off anywhere and be begun again: what it hands on is decided again where it is worked
//! on, and a part that is through counts once. Across the parts of a day nothing keeps the order in which the mails
//! first were due; within a part it stays.

use jiff::Timestamp;

use super::look::{Tally, look_through};
use super::plan_due::run_day;
use super::{Desk, UseCaseError};
use crate::ports::{Contacts, DueList, Ledger, Orders, Parts, Queues, ShardTask, Standstill};

/// What working on a part did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartOutcome {
    /// It is through.
    Through {
        /// What became of the mails.
        tally: Tally,
        /// Whether it was the last one, so that the run is completed.
        run_completed: bool,
    },
    /// Time ran short.
    Paused {
        /// What became of the mails so far.
        tally: Tally,
        /// The rest of the part, to be handed to [`Parts::to_planning`].
        next: ShardTask,
    },
    /// Nothing may be sent any more. The run stays open, and the next one does it again.
    Stopped {
        /// Why.
        why: Standstill,
        /// What became of the mails before.
        tally: Tally,
    },
}

/// Looks through a part from where it goes on, as long as there is time left.
///
/// # Errors
/// [`UseCaseError`]; the part is to come again.
pub async fn plan_shard<W>(
    desk: Desk<'_, W>,
    part: &ShardTask,
    time_left: impl Fn() -> bool,
    now: Timestamp,
) -> Result<PartOutcome, UseCaseError>
where
    W: Orders + Contacts + DueList + Ledger + Queues + Parts,
{
    // A part that waited over midnight is looked at on the day that it is.
    let day = run_day(desk.shop(&part.shop)?, now).max(part.run_day);
    let (mut next, mut tally) = (part.clone(), Tally::default());
    loop {
        if let Some(why) = desk.world.sending().await?.standstill(now) {
            return Ok(PartOutcome::Stopped { why, tally });
        }
        if !time_left() {
            return Ok(PartOutcome::Paused { tally, next });
        }
        let page = desk.world.due_page(&part.shop, part.day, part.shard, next.from.as_deref()).await?;
        look_through(desk, page.entries, (day, now), &mut tally).await?;
        let Some(place) = page.next else { break };
        next.from = Some(place);
    }
    let run_completed = finish(desk, part).await?;
    Ok(PartOutcome::Through { tally, run_completed })
}

/// Counts the part as through; the last one completes the run.
async fn finish<W: Ledger + Parts>(desk: Desk<'_, W>, part: &ShardTask) -> Result<bool, UseCaseError> {
    let through = desk.world.finish_part(&part.shop, part.run_day, &part.part()).await?;
    let last = through >= part.of;
    if last {
        desk.world.finish_run(&part.shop, part.run_day).await?;
    }
    Ok(last)
}
