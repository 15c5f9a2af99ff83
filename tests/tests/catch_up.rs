//! What is sent late, what is not sent any more, and what the operator sees of it: after days without a run, a switch or
//! a quota in the middle of one, and a pool that stays empty.

use std::sync::atomic::{AtomicU64, Ordering};

use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan};
use nachklang_domain::id::MailId;
use nachklang_domain::mail::message::OutgoingMail;
use nachklang_domain::ports::{Halt, Journal, Ledger, Mailer, PortResult, SendError, Settlement, Standstill};
use nachklang_domain::story::MailStory;
use nachklang_domain::use_case::compose::Postbox;
use nachklang_domain::use_case::plan_due::RunOutcome;
use nachklang_local::pump::{self, PumpReport};
use nachklang_local::summary::{Summary, summary};
use nachklang_tests::world::World;

type Told = anyhow::Result<()>;

const BOUGHT: Date = date(2026, 11, 2);
const DUE: Date = date(2026, 11, 14);
const EUR: &str = "thanks-eur";
const BUYERS: u64 = 8;

/// What happens once a mail service has accepted so many mails.
#[derive(Clone, Copy)]
enum Then {
    /// It takes no more of them.
    QuotaIsUsedUp,
    /// Somebody switches sending off.
    SwitchIsOff,
}

/// A mail service that accepts so many mails.
struct Limited<'a> {
    world: &'a World,
    left: AtomicU64,
    then: Then,
}

impl Journal for Limited<'_> {
    async fn note(&self, story: &MailStory) -> PortResult<()> {
        self.world.site.outbox.note(story).await
    }
}

impl Mailer for Limited<'_> {
    async fn send(&self, mail: &OutgoingMail, id: MailId, now: Timestamp) -> Result<String, SendError> {
        let site = &self.world.site;
        let one_less = |left: u64| left.checked_sub(1);
        let left = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less);
        match (left, self.then) {
            (Err(_), Then::QuotaIsUsedUp) => {
                Err(SendError::Halted(Halt::Quota, "Daily message quota exceeded.".to_owned()))
            }
            (Ok(1), Then::SwitchIsOff) => {
                site.store.set_stopped(true).await.map_err(|_| SendError::Ambiguous)?;
                site.outbox.send(mail, id, now).await
            }
            _ => site.outbox.send(mail, id, now).await,
        }
    }

    async fn settle(&self, id: MailId) -> PortResult<Settlement> {
        self.world.site.outbox.settle(id).await
    }
}

/// Buyers whose mails are due on one day, and as many codes as told.
async fn world_with(codes: u64) -> anyhow::Result<World> {
    let world = World::new().await?;
    stock(&world, "DANKE", codes).await?;
    world.run(BOUGHT).await?;
    for number in 0..BUYERS {
        world.buys(&format!("buyer-{number}"), &number.to_string(), BOUGHT).await?;
    }
    Ok(world)
}

async fn stock(world: &World, prefix: &str, count: u64) -> Told {
    let names: Vec<String> = (0..count).map(|number| format!("{prefix}-{number:03}")).collect();
    world.codes(EUR, &names.iter().map(String::as_str).collect::<Vec<_>>(), None).await
}

/// Works on the queues of a day until so many mails are accepted.
async fn drain_until(world: &World, mails: u64, then: Then, now: Timestamp) -> anyhow::Result<PumpReport> {
    let site = &world.site;
    let (catalog, boxed) = (site.catalog()?, site.postbox());
    let mailer = Limited { world, left: AtomicU64::new(mails), then };
    let postbox = Postbox { mailer: &mailer, keys: boxed.keys, shelf: boxed.shelf };
    pump::drain_into(site, &catalog, postbox, now, &mut || {}).await
}

/// What the operator sees: accepted mails, waiting ones, and those that never go, with one reason.
async fn seen(world: &World) -> anyhow::Result<(u64, u64, Summary)> {
    let seen = summary(&world.site).await?;
    Ok((seen.mailed, seen.waiting, seen))
}

#[tokio::test]
async fn a_schedule_that_fires_twice_at_once_runs_the_day_once() -> Told {
    let world = world_with(BUYERS).await?;
    let (one, two) = tokio::join!(world.plan(DUE), world.plan(DUE));
    let outcomes = [one?, two?];
    let completed = outcomes.iter().filter(|outcome| matches!(outcome, RunOutcome::Completed(_))).count();
    let idle = |outcome: &&RunOutcome| matches!(outcome, RunOutcome::Busy | RunOutcome::AlreadyDone);
    assert_eq!((completed, outcomes.iter().filter(idle).count()), (1, 1), "{outcomes:?}");
    assert_eq!(world.drain(world.morning(DUE)?).await?.sent, BUYERS);
    world.at_rest(EUR, BUYERS, DUE).await
}

#[tokio::test]
async fn a_month_without_a_run_sends_what_is_still_of_use_and_tells_what_is_not() -> Told {
    let world = world_with(BUYERS + 1).await?;
    let back = DUE.checked_add(30.days())?;
    world.buys("late", "late", back.checked_sub(20.days())?).await?;
    let report = world.run(back).await?;
    assert_eq!((report.sent, world.mails_to("late")?.len()), (1, 1), "eight days late is in time");
    let (mailed, waiting, told) = seen(&world).await?;
    assert_eq!((mailed, waiting), (1, 0));
    assert_eq!(told.skipped.get("expired"), Some(&BUYERS), "nobody gets a mail that is no use to her");
    world.at_rest(EUR, BUYERS + 1, back).await
}

#[tokio::test]
async fn the_switch_in_the_middle_of_a_run_stops_the_next_mail_and_loses_none() -> Told {
    let world = world_with(BUYERS).await?;
    world.plan(DUE).await?;
    drain_until(&world, 3, Then::SwitchIsOff, world.morning(DUE)?).await?;
    assert_eq!(world.mails()?.len(), 3, "the next one was stopped");
    let report = world.drain_later(DUE).await?;
    assert_eq!((report.sent, report.waiting), (0, BUYERS - 3));
    let (mailed, waiting, _) = seen(&world).await?;
    assert_eq!((mailed, waiting), (3, BUYERS - 3));
    world.site.store.set_stopped(false).await?;
    world.run_days(DUE.tomorrow()?, DUE.checked_add(2.days())?).await?;
    let (mailed, waiting, _) = seen(&world).await?;
    assert_eq!((mailed, waiting, world.mails()?.len()), (BUYERS, 0, 8));
    world.at_rest(EUR, BUYERS, DUE).await
}

#[tokio::test]
async fn a_quota_reached_in_the_middle_of_a_run_spreads_it_over_the_days_that_it_takes() -> Told {
    let world = world_with(BUYERS).await?;
    let mut sent = Vec::new();
    for day in 0..4 {
        let day = DUE.checked_add(day.days())?;
        let outcome = world.plan(day).await?;
        assert!(!matches!(outcome, RunOutcome::Stopped(_)), "on {day}: {outcome:?}");
        sent.push(drain_until(&world, 3, Then::QuotaIsUsedUp, world.morning(day)?).await?.sent);
        // Whoever is called while the quota is used up begins nothing, and says why.
        let used_up = world.site.store.sending().await?.standstill(world.morning(day)?);
        assert_eq!(used_up, (sent.len() < 3).then_some(Standstill::Halted(Halt::Quota)), "on {day}");
    }
    assert_eq!(sent, [3, 3, 2, 0]);
    let (mailed, waiting, told) = seen(&world).await?;
    assert_eq!((mailed, waiting, told.unsettled), (BUYERS, 0, 0), "a full quota is nobody's failure");
    world.at_rest(EUR, BUYERS, DUE).await
}

#[tokio::test]
async fn a_pool_that_is_empty_for_a_week_holds_the_mails_warns_once_and_then_serves_them_all() -> Told {
    let world = world_with(3).await?;
    let refill = DUE.checked_add(7.days())?;
    for day in DUE.series(1.day()).take_while(|day| *day < refill) {
        world.run(day).await?;
        pump::watch(&world.site, world.morning(day)?).await?;
        let (mailed, waiting, _) = seen(&world).await?;
        assert_eq!((mailed, waiting), (3, BUYERS - 3), "on {day}");
        let notices = world.site.outbox.notices()?;
        let of_the_pool = |name: &str| notices.iter().filter(|(told, _)| told.contains(name)).count();
        assert_eq!(of_the_pool("thanks-eur-low_stock"), 1, "on {day}: a standing alert is told once");
    }
    stock(&world, "MERCI", BUYERS).await?;
    world.run(refill).await?;
    let (mailed, waiting, told) = seen(&world).await?;
    assert_eq!((mailed, waiting), (BUYERS, 0));
    assert!(told.skipped.is_empty(), "{told:?}");
    world.at_rest(EUR, BUYERS + 3, refill).await
}
