//! What the next run of a shop would do. Nothing is written, and nothing is handed on.

use std::collections::BTreeMap;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::Serialize;

use super::docket::{Reading, open};
use super::due_day::DueDay;
use super::look::LOOKS_AT_ONCE;
use super::plan_due::{BATCH, first_day, run_day};
use super::{Desk, UseCaseError};
use crate::decision::Decision;
use crate::enrolment::{SkipReason, StepState};
use crate::id::{SegmentId, ShopId};
use crate::ports::{Contacts, DueEntry, DueList, Ledger, MailTask, Orders};

/// What a run would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunPreview {
    /// The shop.
    pub shop: ShopId,
    /// The first day that it would look at.
    pub first: Date,
    /// The day of the run.
    pub day: Date,
    /// Mails that would go, by segment. Coupons are not looked for.
    pub segments: BTreeMap<SegmentId, u64>,
    /// Mails that would be skipped, by reason.
    pub skipped: BTreeMap<SkipReason, u64>,
}

enum Fate {
    Goes(SegmentId),
    Skipped(SkipReason),
    Nothing,
}

/// Looks at everything that a run at this moment would look at.
///
/// # Errors
/// [`UseCaseError`].
pub async fn preview_due<W>(
    desk: Desk<'_, W>,
    shop: &ShopId,
    now: Timestamp,
) -> Result<RunPreview, UseCaseError>
where
    W: Orders + Contacts + DueList + Ledger,
{
    let shop = desk.shop(shop)?;
    let day = run_day(shop, now);
    let first = first_day(desk.world.last_completed(&shop.id).await?, day);
    let (segments, skipped) = (BTreeMap::new(), BTreeMap::new());
    let mut preview = RunPreview { shop: shop.id.clone(), first, day, segments, skipped };
    for date in first.series(1.day()).take_while(|date| *date <= day) {
        let mut due = DueDay::new(desk.world, &shop.id, date);
        loop {
            let entries = due.take(BATCH).await?;
            if entries.is_empty() {
                break;
            }
            preview.add(desk, entries).await?;
        }
    }
    Ok(preview)
}

impl RunPreview {
    async fn add<W: Orders + Contacts>(
        &mut self,
        desk: Desk<'_, W>,
        entries: Vec<DueEntry>,
    ) -> Result<(), UseCaseError> {
        let day = self.day;
        let fates = entries.into_iter().map(|entry| fate(desk, entry.task, day));
        let fates: Vec<Fate> = stream::iter(fates).buffered(LOOKS_AT_ONCE).try_collect().await?;
        for fate in fates {
            match fate {
                Fate::Goes(segment) => *self.segments.entry(segment).or_default() += 1,
                Fate::Skipped(reason) => *self.skipped.entry(reason).or_default() += 1,
                Fate::Nothing => {}
            }
        }
        Ok(())
    }
}

async fn fate<W: Orders + Contacts>(
    desk: Desk<'_, W>,
    task: MailTask,
    day: Date,
) -> Result<Fate, UseCaseError> {
    // A preview is true for a moment only; one that is a second behind is as good.
    let Some(docket) = open(desk, &task, Reading::Glance).await? else {
        return Ok(Fate::Nothing);
    };
    let state = docket.step(&task).map(|step| &step.state);
    let is_open = matches!(state, Some(StepState::Waiting | StepState::Claimed(_)));
    Ok(match docket.decide_anew(&task, day).filter(|_| is_open) {
        Some(Decision::Send { segment, .. }) => Fate::Goes(segment.id.clone()),
        Some(Decision::Skip(reason)) => Fate::Skipped(reason),
        Some(Decision::Wait) | None => Fate::Nothing,
    })
}
