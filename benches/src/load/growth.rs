//! What a day's run takes when few are due among many customers.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use nachklang_domain::use_case::plan_due::{RunOutcome, plan_due};
use nachklang_simulation::counting::Calls;

use super::day::{self, Ran, Station};
use super::machine::{DELAY, FIRST_DAY, Machine, later, only_order};

/// Days that are run, for the middle of their times.
pub const DAYS: u64 = 5;
/// The others buy in the days after.
const LATER: u64 = 300;

/// What a day of the shop takes.
#[derive(Debug, Clone)]
pub struct OneDay {
    /// What the store was asked on each day.
    pub calls: Calls,
    /// The middle one of the processor times.
    pub cpu: Duration,
    /// That of the daily run alone.
    pub plan: Duration,
}

/// Fills an empty machine with customers and runs [`DAYS`] days with so many due on each.
///
/// # Errors
/// When the store does not answer, or two days ask the store differently.
pub async fn among(machine: &Machine, customers: u64, due: u64) -> anyhow::Result<OneDay> {
    ensure!(customers >= due * DAYS, "there are more mails than customers");
    machine.codes(due * DAYS).await?;
    // The first run of a shop looks far back; those after it do not.
    let before = machine.shop()?.send_moment(later(FIRST_DAY, DELAY - 1)?);
    let first = plan_due(machine.desk(&machine.site.store), &machine.shop()?.id, None, before).await?;
    ensure!(matches!(first, RunOutcome::Completed(_)), "the first run ends as {first:?}");
    let orders = (0..customers).map(|number| {
        let day = day_of(number, customers, due)?;
        Ok((only_order(number, day), day))
    });
    machine.receive(orders).await?;
    run_days(machine, due).await
}

/// Buyers of the first days stand scattered among the others.
fn day_of(number: u64, customers: u64, due: u64) -> anyhow::Result<jiff::civil::Date> {
    let every = customers / (due * DAYS);
    let (at, rest) = (number / every, number % every);
    let after = if rest == 0 && at < due * DAYS { at % DAYS } else { DAYS + 20 + number % LATER };
    later(FIRST_DAY, i32::try_from(after)?)
}

async fn run_days(machine: &Machine, due: u64) -> anyhow::Result<OneDay> {
    let station = Station::default();
    let mut ran: Vec<Ran> = Vec::new();
    for day in 0..DAYS {
        let day = later(FIRST_DAY, DELAY + i32::try_from(day)?)?;
        let one = day::run(machine, &station, day).await?;
        ensure!(one.mails == due, "{due} mails are due, {} were planned", one.mails);
        ran.push(one);
    }
    // The first day reads what is kept afterwards: the parsed mails.
    let calls = ran.last().context("a day ran")?.calls.clone();
    ensure!(ran.iter().skip(1).all(|day| day.calls == calls), "two days ask the store differently");
    let middle = |time: fn(&Ran) -> Duration| {
        let mut times: Vec<Duration> = ran.iter().skip(1).map(time).collect();
        times.sort_unstable();
        times.get(times.len() / 2).copied().unwrap_or_default()
    };
    Ok(OneDay { calls, cpu: middle(Ran::cpu), plan: middle(|ran| ran.plan.cpu) })
}
