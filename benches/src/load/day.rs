//! One day's run with many mails: planned, given their coupons, delivered.

use std::time::{Duration, Instant};

use anyhow::ensure;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use nachklang_domain::ports::MailTask;
use nachklang_domain::use_case::assign_coupon::{Assignment, assign_coupon};
use nachklang_domain::use_case::compose::{MailShelf, Postbox};
use nachklang_domain::use_case::deliver_mail::{Delivery, deliver_mail};
use nachklang_domain::use_case::plan_due::{RunOutcome, plan_due};
use nachklang_local::store::{QueueName, SqliteStore};
use nachklang_simulation::counting::{Calls, Counting};

use super::machine::{BATCH, DELAY, FIRST_DAY, Machine, later, only_order};
use super::sink::{Sink, Taken};
use crate::meter::cpu;

/// Longer than any run.
const VISIBILITY: SignedDuration = SignedDuration::from_hours(12);

/// What a station took.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cost {
    /// Processor time.
    pub cpu: Duration,
    /// Time on the clock.
    pub clock: Duration,
}

impl Cost {
    /// What has been taken since.
    fn since((cpu_then, then): (Duration, Instant)) -> Self {
        Self { cpu: cpu() - cpu_then, clock: then.elapsed() }
    }
}

/// What a day took.
#[derive(Debug, Clone, Default)]
pub struct Ran {
    /// Mails.
    pub mails: u64,
    /// The daily run.
    pub plan: Cost,
    /// The coupons.
    pub assign: Cost,
    /// The mails.
    pub deliver: Cost,
    /// What the store was asked.
    pub calls: Calls,
}

impl Ran {
    /// Processor time of the whole day.
    #[must_use]
    pub fn cpu(&self) -> Duration {
        self.plan.cpu + self.assign.cpu + self.deliver.cpu
    }
}

/// What delivers.
#[derive(Debug, Default)]
pub struct Station {
    /// Where the mails go.
    pub sink: Sink,
    shelf: MailShelf,
}

impl Station {
    fn postbox<'a>(&'a self, machine: &'a Machine) -> Postbox<'a, Sink> {
        Postbox { mailer: &self.sink, keys: machine.site.link_keys(), shelf: &self.shelf }
    }
}

/// Runs a day to its end.
///
/// # Errors
/// When the store does not answer, or a mail ends otherwise than sent.
pub async fn run(machine: &Machine, station: &Station, day: Date) -> anyhow::Result<Ran> {
    let now = machine.shop()?.send_moment(day);
    let mut ran = Ran::default();
    let start = (cpu(), Instant::now());
    let store = Counting::new(machine.site.store.clone());
    let outcome = plan_due(machine.desk(&store), &machine.shop()?.id, None, now).await?;
    let RunOutcome::Completed(report) = outcome else { anyhow::bail!("the run ends as {outcome:?}") };
    ran.plan = Cost::since(start);
    ran.mails = report.planned;
    add(&mut ran.calls, store.take());
    let start = (cpu(), Instant::now());
    while some(machine, &mut ran.calls, async |store| assign_some(machine, store, now).await).await? {}
    ran.assign = Cost::since(start);
    let start = (cpu(), Instant::now());
    while some(machine, &mut ran.calls, async |store| deliver_some(machine, station, store, now).await)
        .await?
    {}
    ran.deliver = Cost::since(start);
    Ok(ran)
}

/// Works on some tasks with one wait for the disk; answers whether there may be more.
async fn some(
    machine: &Machine,
    calls: &mut Calls,
    work: impl AsyncFn(&Counting<SqliteStore>) -> anyhow::Result<usize>,
) -> anyhow::Result<bool> {
    let batch = machine.site.store.begin_batch().await?;
    let store = Counting::new(batch.store().clone());
    let done = work(&store).await?;
    batch.commit().await?;
    add(calls, store.take());
    Ok(done == BATCH)
}

fn add(all: &mut Calls, some: Calls) {
    for (name, count) in some {
        *all.entry(name).or_default() += count;
    }
}

async fn assign_some(
    machine: &Machine,
    store: &Counting<SqliteStore>,
    now: Timestamp,
) -> anyhow::Result<usize> {
    for done in 0..BATCH {
        let Some(task) = next(&store.inner, QueueName::Assignment, now).await? else { return Ok(done) };
        let seed = u64::from(nachklang_domain::id::bucket(&["seed", &task.contact.to_string()], u32::MAX));
        let end = assign_coupon(machine.desk(store), &task, seed, now).await?;
        ensure!(matches!(end, Assignment::Claimed(_)), "a mail's coupon ends as {end:?}");
    }
    Ok(BATCH)
}

async fn deliver_some(
    machine: &Machine,
    station: &Station,
    store: &Counting<SqliteStore>,
    now: Timestamp,
) -> anyhow::Result<usize> {
    for done in 0..BATCH {
        let Some(task) = next(&store.inner, QueueName::Delivery, now).await? else { return Ok(done) };
        let end = deliver_mail(machine.desk(store), station.postbox(machine), &task, now).await?;
        ensure!(end == Delivery::Sent, "a mail ends as {end:?}");
    }
    Ok(BATCH)
}

async fn next(store: &SqliteStore, queue: QueueName, now: Timestamp) -> anyhow::Result<Option<MailTask>> {
    let Some(received) = store.take(queue, now, VISIBILITY).await? else { return Ok(None) };
    store.done(received.id).await?;
    Ok(Some(received.task))
}

/// Lets people buy, all on one day.
///
/// # Errors
/// When the store does not answer.
pub async fn buyers(machine: &Machine, numbers: std::ops::Range<u64>, day: Date) -> anyhow::Result<u64> {
    machine.receive(numbers.map(|number| Ok((only_order(number, day), day)))).await
}

/// So many mails due on one day, from the orders to the sink.
///
/// # Errors
/// When the store does not answer, or a promise is broken.
pub async fn whole(machine: &Machine, mails: u64) -> anyhow::Result<(Ran, Taken)> {
    machine.codes(mails).await?;
    ensure!(buyers(machine, 0..mails, FIRST_DAY).await? == mails, "every order is new");
    let (station, day) = (Station::default(), later(FIRST_DAY, DELAY)?);
    let ran = run(machine, &station, day).await?;
    let taken = station.sink.taken();
    ensure!((ran.mails, taken.mails, taken.twice) == (mails, mails, 0), "{taken:?} of {} planned", ran.mails);
    let counts = machine.counts(day).await?;
    ensure!((counts.claimed, counts.imported()) == (mails, mails), "the stock has {counts:?}");
    let now = machine.shop()?.send_moment(day);
    let again = plan_due(machine.desk(&machine.site.store), &machine.shop()?.id, None, now).await?;
    ensure!(again == RunOutcome::AlreadyDone, "a second run of the day ends as {again:?}");
    Ok((ran, taken))
}
