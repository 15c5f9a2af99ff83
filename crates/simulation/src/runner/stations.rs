//! How one invocation works on one job, as the functions do.

use jiff::SignedDuration;
use nachklang_domain::id::ShopId;
use nachklang_domain::mail_event::MailEvent;
use nachklang_domain::ports::{MailTask, Parts, ShardTask};
use nachklang_domain::use_case::assign_coupon::assign_coupon;
use nachklang_domain::use_case::compose::Postbox;
use nachklang_domain::use_case::deliver_mail::{Delivery, deliver_mail};
use nachklang_domain::use_case::plan_due::plan_due;
use nachklang_domain::use_case::plan_shard::{PartOutcome, plan_shard};
use nachklang_domain::use_case::postpone::postpone;
use nachklang_domain::use_case::record_event::record_event;
use nachklang_domain::use_case::{Desk, UseCaseError};

use super::deeds::deeds_of;
use super::job::Job;
use super::site::Site;
use crate::history::Outcome;
use crate::keys::contact_key;
use crate::ports::Ports;

/// How an invocation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ended {
    /// Its job is done.
    Done,
    /// Its job must come again, for this reason.
    Failed(String),
    /// Its job comes to nothing, however often it is tried, until somebody has put something right.
    GivenUp(String),
}

impl From<UseCaseError> for Ended {
    fn from(error: UseCaseError) -> Self {
        let reason = error.to_string();
        if error.is_transient() { Self::Failed(reason) } else { Self::GivenUp(reason) }
    }
}

/// Works on a job. What it was told or asked to do is taken down.
pub(super) async fn work(site: &Site, ports: &Ports, job: &Job) -> Ended {
    let deeds = deeds_of(job);
    let asked = {
        let mut inner = ports.world().lock();
        deeds.into_iter().map(|deed| inner.ask(ports.invocation(), deed)).collect::<Vec<_>>()
    };
    let ended = work_on(site, ports, job).await;
    let outcome = if ended == Ended::Done { Outcome::Done } else { Outcome::Unknown };
    let mut inner = ports.world().lock();
    asked.into_iter().for_each(|asked| inner.answer(asked, outcome));
    ended
}

async fn work_on(site: &Site, ports: &Ports, job: &Job) -> Ended {
    let catalog = match site.catalog(ports).await {
        Ok(catalog) => catalog,
        Err(error) => return UseCaseError::from(error).into(),
    };
    let desk = Desk { world: ports, catalog: &catalog, contact_key: contact_key() };
    let ended = match job {
        Job::Act(action) => super::acts::act(site, desk, action).await,
        Job::Plan(part) => plan(desk, part).await,
        Job::Assign(task) => assign(desk, task).await,
        Job::Deliver(task) => deliver(site, desk, task).await,
        Job::Record(event) => record(desk, event).await,
    };
    ended.unwrap_or_else(Ended::from)
}

pub(super) type Working<'a> = Desk<'a, Ports>;
pub(super) type Worked = Result<Ended, UseCaseError>;

/// The daily run. Whatever it came to, the schedule has nothing more to do.
pub(super) async fn run(site: &Site, desk: Working<'_>, shop: &ShopId) -> Worked {
    plan_due(desk, shop, site.split_over, desk.world.world().now()).await?;
    Ok(Ended::Done)
}

/// A part goes on as long as there is time; here there is time for one page.
async fn plan(desk: Working<'_>, part: &ShardTask) -> Worked {
    let pages = std::sync::atomic::AtomicU32::new(0);
    let time_left = || pages.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0;
    if let PartOutcome::Paused { next, .. } =
        plan_shard(desk, part, time_left, desk.world.world().now()).await?
    {
        desk.world.to_planning(&[next]).await?;
    }
    Ok(Ended::Done)
}

async fn assign(desk: Working<'_>, task: &MailTask) -> Worked {
    let seed = desk.world.invocation();
    match assign_coupon(desk, task, seed, desk.world.world().now()).await {
        Ok(_) => Ok(Ended::Done),
        Err(error) => failed(desk, task, error).await,
    }
}

async fn deliver(site: &Site, desk: Working<'_>, task: &MailTask) -> Worked {
    let postbox = Postbox { mailer: desk.world, keys: &site.link_keys, shelf: &site.shelf };
    let delivery = match deliver_mail(desk, postbox, task, desk.world.world().now()).await {
        Ok(delivery) => delivery,
        Err(error) => return failed(desk, task, error).await,
    };
    match delivery {
        Delivery::Sent
        | Delivery::Skipped(_)
        | Delivery::Failed(_)
        | Delivery::Nothing
        | Delivery::Unknown => Ok(Ended::Done),
        Delivery::InFlight => Ok(Ended::Failed("another attempt is under way".to_owned())),
        Delivery::Throttled | Delivery::Awaited => {
            desk.world.keep_back(task, SignedDuration::from_secs(20)).await?;
            Ok(Ended::Done)
        }
        Delivery::Stopped(_) | Delivery::SenderStopped(_) | Delivery::Unassigned => {
            tomorrow(desk, task).await
        }
    }
}

async fn record(desk: Working<'_>, event: &MailEvent) -> Worked {
    record_event(desk, event, desk.world.world().now()).await?;
    Ok(Ended::Done)
}

/// What may work in a moment comes again; the rest is looked at every day.
async fn failed(desk: Working<'_>, task: &MailTask, error: UseCaseError) -> Worked {
    if error.is_transient() { Err(error) } else { tomorrow(desk, task).await }
}

async fn tomorrow(desk: Working<'_>, task: &MailTask) -> Worked {
    postpone(desk, task, desk.world.world().now()).await?;
    Ok(Ended::Done)
}
