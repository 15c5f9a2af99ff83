//! The stations of one machine at work: the day's run, then the queues until nothing is left to do.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use nachklang_domain::catalog::Catalog;
use nachklang_domain::coupon::runway::PoolHealth;
use nachklang_domain::id::{PoolId, ShopId};
use nachklang_domain::ports::{Journal, MailTask, Mailer};
use nachklang_domain::use_case::UseCaseError;
use nachklang_domain::use_case::assign_coupon::assign_coupon;
use nachklang_domain::use_case::compose::Postbox;
use nachklang_domain::use_case::deliver_mail::{Delivery, deliver_mail};
use nachklang_domain::use_case::plan_due::{RunOutcome, plan_due};
use nachklang_domain::use_case::postpone::postpone;
use nachklang_domain::use_case::watch_pools::watch_pools;
use serde::Serialize;

use crate::site::Site;
use crate::store::{QueueName, Received};

/// A task that was taken but not finished comes again after this time: longer than any mail takes.
pub const VISIBILITY: SignedDuration = SignedDuration::from_secs(90);
/// After so many failures a task is left alone and shown to the operator.
const MAX_RECEIVES: u32 = 5;

/// What a pass over the queues did.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct PumpReport {
    /// Mails that were accepted.
    pub sent: u64,
    /// Mails that wait for something: codes, the switch, a lease.
    pub waiting: u64,
    /// Mails that were skipped on the way.
    pub skipped: u64,
    /// Mails that were refused for good.
    pub failed: u64,
    /// Tasks that fail again and again, with the last error.
    pub stuck: Vec<String>,
}

/// Runs one shop's day: what is due is planned, given its coupon, and delivered.
///
/// # Errors
/// When the store does not answer.
pub async fn run_day(site: &Site, shop: &ShopId, now: Timestamp) -> anyhow::Result<(RunOutcome, PumpReport)> {
    let catalog = site.catalog()?;
    // One process has all the time that a run takes: nothing is split.
    let outcome = plan_due(site.desk(&catalog), shop, None, now).await?;
    let report = drain(site, &catalog, now, &mut || {}).await?;
    Ok((outcome, report))
}

/// Works on both queues until nothing in them can be done now.
///
/// # Errors
/// When the store does not answer.
pub async fn drain(
    site: &Site,
    catalog: &Catalog,
    now: Timestamp,
    progress: &mut (dyn FnMut() + Send),
) -> anyhow::Result<PumpReport> {
    drain_into(site, catalog, site.postbox(), now, progress).await
}

/// As [`drain`], with the mails handed to somebody else than the outbox.
///
/// # Errors
/// When the store does not answer.
pub async fn drain_into<M: Journal + Mailer>(
    site: &Site,
    catalog: &Catalog,
    postbox: Postbox<'_, M>,
    now: Timestamp,
    progress: &mut (dyn FnMut() + Send),
) -> anyhow::Result<PumpReport> {
    let mut report = PumpReport::default();
    while let Some(received) = site.store.take(QueueName::Assignment, now, VISIBILITY).await? {
        let seed =
            u64::from(nachklang_domain::id::bucket(&["seed", &received.task.contact.to_string()], u32::MAX));
        let done = assign_coupon(site.desk(catalog), &received.task, seed, now).await;
        settle(site, &received, done.map(|_| Next::Done), now, &mut report).await?;
    }
    while let Some(received) = site.store.take(QueueName::Delivery, now, VISIBILITY).await? {
        let done = deliver_mail(site.desk(catalog), postbox, &received.task, now).await;
        let next = done.map(|delivery| count(&delivery, &mut report));
        if let Ok(Next::Tomorrow) = next {
            postpone(site.desk(catalog), &received.task, now).await?;
        }
        settle(site, &received, next, now, &mut report).await?;
        progress();
    }
    Ok(report)
}

/// What happens to a task.
enum Next {
    Done,
    /// Done here; the run of tomorrow brings it back.
    Tomorrow,
    Later(SignedDuration),
}

fn count(delivery: &Delivery, report: &mut PumpReport) -> Next {
    match delivery {
        Delivery::Sent => report.sent += 1,
        Delivery::Skipped(_) => report.skipped += 1,
        Delivery::Failed(_) => report.failed += 1,
        Delivery::Nothing => {}
        Delivery::Unassigned => {
            report.waiting += 1;
            return Next::Tomorrow;
        }
        Delivery::InFlight
        | Delivery::Awaited
        | Delivery::Unknown
        | Delivery::Throttled
        | Delivery::Stopped(_)
        | Delivery::SenderStopped(_) => {
            report.waiting += 1;
            return Next::Later(VISIBILITY);
        }
    }
    Next::Done
}

async fn settle(
    site: &Site,
    received: &Received<MailTask>,
    done: Result<Next, UseCaseError>,
    now: Timestamp,
    report: &mut PumpReport,
) -> anyhow::Result<()> {
    match done {
        Ok(Next::Done | Next::Tomorrow) => site.store.done(received.id).await?,
        Ok(Next::Later(wait)) => site.store.retry_at(received.id, later(now, wait)).await?,
        Err(error) => {
            if received.receives >= MAX_RECEIVES || !error.is_transient() {
                report.stuck.push(stuck(&received.task, &error));
            }
            // Nothing is thrown away: once somebody has mended it, the task is done.
            site.store.retry_at(received.id, later(now, VISIBILITY * 10)).await?;
        }
    }
    Ok(())
}

fn stuck(task: &MailTask, error: &UseCaseError) -> String {
    format!("shop {}, flow {}, contact {}: {error}", task.shop, task.flow, task.contact)
}

fn later(now: Timestamp, wait: SignedDuration) -> Timestamp {
    now.checked_add(wait).unwrap_or(Timestamp::MAX)
}

/// Looks after the pools; writes a mail to staff into the outbox for each alert that has just become true.
///
/// # Errors
/// When the store does not answer or the mail cannot be written.
pub async fn watch(site: &Site, now: Timestamp) -> anyhow::Result<BTreeMap<PoolId, PoolHealth>> {
    let catalog = site.catalog()?;
    // An alert counts as raised only once its mail is kept: a program that ends in between raises it again.
    let batch = site.store.begin_batch().await?;
    let mut raised = Vec::new();
    let desk = site.desk_on(batch.store(), &catalog);
    let healths = watch_pools(desk, now, |alert| raised.push(alert)).await?;
    for alert in raised {
        let name = format!("{}-{}-{}", now.strftime("%Y-%m-%d"), alert.pool, alert.alert.as_str());
        let eml = crate::notice::eml(&catalog.brand, &alert, now)?;
        site.outbox.keep_notice(&name, &eml)?;
    }
    batch.commit().await?;
    Ok(healths)
}
