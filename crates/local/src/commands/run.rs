//! `run`: the mails of a day, on the virtual clock.

use std::collections::BTreeMap;
use std::process::ExitCode;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use nachklang_domain::enrolment::SkipReason;
use nachklang_domain::shop::Shop;
use nachklang_domain::use_case::plan_due::{self, RunOutcome};
use serde::Serialize;

use super::{answer, open, progress};
use crate::cli::{Place, RunArgs};
use crate::pump::{PumpReport, VISIBILITY, drain, run_day, watch};
use crate::site::Site;

/// Longer than the lease of a run, in minutes.
const LEASE_MINUTES: u32 = 30;

/// What some days' runs did.
#[derive(Debug, Default, Serialize)]
pub(super) struct DaysReport {
    pub(super) days: Vec<Date>,
    pub(super) planned: u64,
    pub(super) sent: u64,
    pub(super) waiting: u64,
    pub(super) failed: u64,
    pub(super) skipped: BTreeMap<&'static str, u64>,
    pub(super) stopped: bool,
    pub(super) stuck: Vec<String>,
}

/// Runs one day, or some days on.
pub(super) async fn run(place: &Place, args: &RunArgs) -> anyhow::Result<ExitCode> {
    let site = open(place).await?;
    let (first, days) = match (args.date, args.days) {
        (Some(date), _) => (date, 1),
        (None, days) => (next_day(&site).await?, days.unwrap_or(1)),
    };
    let bar = progress("running days", Some(u64::from(days)));
    let mut report = DaysReport::default();
    for day in first.series(1.day()).take(usize::from(days)) {
        run_date(&site, day, &mut report).await?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    answer(place, &report, || report.words())?;
    Ok(if report.stuck.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The day after the one that the clock shows; today when there is no virtual clock yet.
async fn next_day(site: &Site) -> anyhow::Result<Date> {
    let virtual_now = crate::clock::set_time(&site.store).await?;
    let now = virtual_now.unwrap_or_else(Timestamp::now);
    let catalog = site.catalog()?;
    let today = catalog.shops.values().map(|shop| shop.local_date(now)).min().unwrap_or(Date::ZERO);
    Ok(if virtual_now.is_some() { today.checked_add(1.day())? } else { today })
}

/// Sets the clock to each shop's hour on a day, in the order in which it comes, and runs the shop.
///
/// A day that was broken off is run again: the clock stays where it is then, and what is done is not done twice.
pub(super) async fn run_date(site: &Site, day: Date, report: &mut DaysReport) -> anyhow::Result<()> {
    let catalog = site.catalog()?;
    let mut shops: Vec<&Shop> = catalog.shops.values().collect();
    shops.sort_by_key(|shop| shop.send_moment(day));
    report.days.push(day);
    for shop in shops {
        // One shop's trouble must not keep the others from their mails; its day stays open and is done again.
        if let Err(error) = run_shop(site, shop, day, report).await {
            report.stuck.push(format!("shop {}: {error:#}", shop.id));
        }
    }
    let later = advance(site, VISIBILITY).await?;
    report.add_mails(drain(site, &catalog, later, &mut || {}).await?);
    watch(site, later).await?;
    Ok(())
}

/// Runs a shop's day. A run that was broken off holds the shop until its lease ends: a virtual clock waits by moving.
async fn run_shop(site: &Site, shop: &Shop, day: Date, report: &mut DaysReport) -> anyhow::Result<()> {
    let mut now = reach_hour(site, shop, day).await?;
    for _ in 0..LEASE_MINUTES {
        let (outcome, pumped) = run_day(site, &shop.id, now).await?;
        report.add_mails(pumped);
        if outcome != RunOutcome::Busy {
            report.add_run(outcome);
            return Ok(());
        }
        now = advance(site, SignedDuration::from_mins(1)).await?;
    }
    anyhow::bail!("another program is running the mails of the shop {}: end it, or wait for it", shop.id)
}

/// Sets the clock to a shop's hour on a day, unless it is later on that day already.
async fn reach_hour(site: &Site, shop: &Shop, day: Date) -> anyhow::Result<Timestamp> {
    let hour = shop.send_moment(day);
    let now = crate::clock::set_time(&site.store).await?.map_or(hour, |now| now.max(hour));
    let missed =
        || format!("the virtual clock shows {now} already: choose a later day, or start over with --fresh");
    anyhow::ensure!(plan_due::run_day(shop, now) == day, missed());
    crate::clock::set(&site.store, now).await?;
    Ok(now)
}

async fn advance(site: &Site, by: SignedDuration) -> anyhow::Result<Timestamp> {
    let now = site.now().await?.checked_add(by)?;
    crate::clock::set(&site.store, now).await?;
    Ok(now)
}

impl DaysReport {
    fn add_run(&mut self, outcome: RunOutcome) {
        match outcome {
            RunOutcome::Completed(run) => {
                self.planned += run.planned;
                for (reason, count) in run.skipped {
                    *self.skipped.entry(SkipReason::as_str(reason)).or_default() += count;
                }
            }
            RunOutcome::Stopped(_) => self.stopped = true,
            RunOutcome::AlreadyDone | RunOutcome::Busy | RunOutcome::Split { .. } => {}
        }
    }

    fn add_mails(&mut self, pumped: PumpReport) {
        self.sent += pumped.sent;
        self.waiting += pumped.waiting;
        self.failed += pumped.failed;
        self.stuck.extend(pumped.stuck);
    }

    fn words(&self) -> String {
        let days = match (self.days.first(), self.days.last()) {
            (Some(first), Some(last)) if first != last => format!("{first} to {last}"),
            (Some(day), _) => day.to_string(),
            _ => "no day".to_owned(),
        };
        let mut text =
            format!("{days}: {} mails planned, {} sent, {} failed", self.planned, self.sent, self.failed);
        for (reason, count) in &self.skipped {
            text.push_str(&format!("\n  {count} skipped: {reason}"));
        }
        if self.stopped {
            text.push_str(
                "\nSending is switched off; nothing was sent. `nachklang sending on` switches it on.",
            );
        }
        for stuck in &self.stuck {
            text.push_str(&format!("\nstuck: {stuck}"));
        }
        text
    }
}
