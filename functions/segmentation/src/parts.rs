//! Parts of runs that are too long for one go.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsMessage};
use jiff::Timestamp;
use nachklang_aws::lambda::metrics::Metrics;
use nachklang_aws::lambda::{Deadline, Outcome, OwnQueue, now, run_batch};
use nachklang_domain::enrolment::SkipReason;
use nachklang_domain::ports::{Contacts, DueList, Ledger, Orders, Parts, Queues, ShardTask};
use nachklang_domain::use_case::Desk;
use nachklang_domain::use_case::look::Tally;
use nachklang_domain::use_case::plan_shard::{PartOutcome, plan_shard};

/// A page holds some thousand mails; none is begun with less time left.
const PAGE: Duration = Duration::from_secs(60);

/// Works on the parts of a batch.
pub(crate) async fn work<W>(
    desk: Desk<'_, W>,
    queue: &impl OwnQueue,
    messages: Vec<SqsMessage>,
    deadline: &Deadline,
    metrics: &Metrics,
) -> SqsBatchResponse
where
    W: Orders + Contacts + DueList + Ledger + Queues + Parts,
{
    let page = deadline.reserving(PAGE);
    run_batch(queue, messages, deadline, async |body, _| match serde_json::from_str::<ShardTask>(body) {
        Ok(part) => one(desk, &part, || !page.is_near(), metrics, now()).await,
        Err(_) => Outcome::Parked("the body is no part of a run".to_owned()),
    })
    .await
}

async fn one<W>(
    desk: Desk<'_, W>,
    part: &ShardTask,
    time_left: impl Fn() -> bool,
    metrics: &Metrics,
    now: Timestamp,
) -> Outcome
where
    W: Orders + Contacts + DueList + Ledger + Queues + Parts,
{
    match plan_shard(desk, part, time_left, now).await {
        Ok(outcome) => go_on(desk, part, outcome, metrics).await,
        Err(error) => Outcome::Failed(error.to_string()),
    }
}

async fn go_on<W: Parts>(
    desk: Desk<'_, W>,
    part: &ShardTask,
    outcome: PartOutcome,
    metrics: &Metrics,
) -> Outcome {
    note(part, &outcome, metrics);
    match outcome {
        PartOutcome::Paused { next, .. } => match desk.world.to_planning(&[next]).await {
            Ok(()) => Outcome::Done,
            Err(error) => Outcome::Failed(format!("the rest of a part cannot be queued: {error}")),
        },
        // What is left of a stopped run is read by the next one, from the last completed day on.
        PartOutcome::Through { .. } | PartOutcome::Stopped { .. } => Outcome::Done,
    }
}

fn note(part: &ShardTask, outcome: &PartOutcome, metrics: &Metrics) {
    let (word, Tally { planned, skipped }) = match outcome {
        PartOutcome::Through { tally, run_completed: true } => {
            metrics.count("RunCompleted", 1);
            ("run_completed", tally)
        }
        PartOutcome::Through { tally, run_completed: false } => ("through", tally),
        PartOutcome::Paused { tally, .. } => ("paused", tally),
        PartOutcome::Stopped { why, tally } => {
            metrics.count("SendingStopped", 1);
            (why.as_str(), tally)
        }
    };
    note_skips(skipped, metrics);
    let shop = part.shop.as_str();
    tracing::info!(shop, run_day = %part.run_day, part = part.part(), outcome = word, planned, "part of a run");
}

pub(crate) fn note_skips(skipped: &BTreeMap<SkipReason, u64>, metrics: &Metrics) {
    for (reason, count) in skipped {
        match reason {
            SkipReason::Expired => metrics.count("MailExpired", *count),
            _ => metrics.count_with("MailSkipped", *count, "Reason", reason.as_str()),
        }
    }
}
