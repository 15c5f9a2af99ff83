//! Many claimers at once on one pool of codes, and programs that end in the middle of a claim.
//!
//! One thread drives all claimers, and a seed decides whose turn it is: every run is the same. Between any two calls of
//! the store others may have done theirs, so what a claimer has read is old when it claims.

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::task::Poll;

use anyhow::{Context as _, ensure};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use jiff::civil::Date;
use nachklang_domain::coupon::PoolCounts;
use nachklang_domain::ports::{
    Contacts, Content, CouponStock, DueList, MailTask, Orders, PortError, PortResult, Products, Queues,
};
use nachklang_domain::use_case::Desk;
use nachklang_domain::use_case::assign_coupon::{Assignment, assign_coupon};
use nachklang_domain::use_case::receive_order::receive_orders;
use nachklang_simulation::counting::{Counting, Trouble};

use super::machine::{BATCH, DELAY, FIRST_DAY, Machine, later, noon, only_order, pool};
use crate::generated::Numbers;
use crate::webhook;

/// How many claim, and what stands in their way.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Mails that want a code.
    pub mails: u64,
    /// Claimers at once.
    pub claimers: usize,
    /// At one claim of so many the program ends, before the write or after it; never when 0.
    pub crash_at: u64,
    /// What the order of turns and the places in the stock follow from.
    pub seed: u64,
}

/// What the claimers did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claimed {
    /// Mails that have a code.
    pub claimed: u64,
    /// Mails that wait for one.
    pub held: u64,
    /// Claims that reached the store, the lost ones too.
    pub attempts: u64,
    /// Programs that ended in the middle.
    pub crashes: u64,
    /// Claims and attempts when half of the mails, nine tenths, and all of them had been worked on.
    pub shares: Vec<(u64, u64)>,
}

/// Other claimers get their turn before each call; some calls are the last of their program.
#[derive(Debug)]
pub struct Turns {
    numbers: Mutex<Numbers>,
    crash_at: u64,
    attempts: AtomicU64,
    crashes: AtomicU64,
}

impl Turns {
    /// What stands in the way of these claimers.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        let numbers = Mutex::new(Numbers::new(plan.seed));
        Self { numbers, crash_at: plan.crash_at, attempts: AtomicU64::new(0), crashes: AtomicU64::new(0) }
    }

    fn below(&self, limit: u64) -> u64 {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner).below(limit)
    }

    /// Whether the program ends here. Both ends of a claim are asked, so each is half as likely.
    fn ends(&self) -> PortResult<()> {
        if self.crash_at == 0 || self.below(self.crash_at * 2) != 0 {
            return Ok(());
        }
        self.crashes.fetch_add(1, Ordering::Relaxed);
        Err(PortError::transient("the program has ended"))
    }
}

impl Trouble for Turns {
    async fn before(&self, call: &str) -> PortResult<()> {
        for _ in 0..=self.below(3) {
            give_way().await;
        }
        if is_claim(call) {
            self.ends()?;
            self.attempts.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    fn after(&self, call: &str) -> PortResult<()> {
        if is_claim(call) { self.ends() } else { Ok(()) }
    }
}

fn is_claim(call: &str) -> bool {
    call == "commit with 1 codes"
}

/// Lets all others have their turn once.
async fn give_way() {
    let mut given = false;
    poll_fn(|context| {
        if given {
            return Poll::Ready(());
        }
        given = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Lets people buy, each once and all on one day; answers the tasks of their mails and the moment at which they go.
///
/// # Errors
/// When the store does not answer.
pub async fn buyers<W>(
    machine: &Machine,
    desk: Desk<'_, W>,
    numbers: Range<u64>,
) -> anyhow::Result<Vec<MailTask>>
where
    W: Orders + Contacts + DueList + Products,
{
    let mut tasks = Vec::new();
    for number in numbers {
        let received = only_order(number, FIRST_DAY).read(&machine.endpoint, webhook::now())?;
        receive_orders(desk, &received.events, noon(FIRST_DAY)?).await?;
        tasks.push(machine.task(received.events.first().context("an order")?)?);
    }
    Ok(tasks)
}

/// The day on which the mails of [`buyers`] go.
///
/// # Errors
/// Never, as long as the calendar goes on for some days.
pub fn due_day() -> anyhow::Result<Date> {
    later(FIRST_DAY, DELAY)
}

/// Lets the claimers work until every mail has a code or waits for one.
///
/// # Errors
/// When the store does not answer, or a claim ends otherwise.
pub async fn claim<W>(
    desk: Desk<'_, Counting<W, Turns>>,
    tasks: &[MailTask],
    plan: Plan,
    now: Timestamp,
) -> anyhow::Result<Claimed>
where
    W: Orders + Contacts + CouponStock + Content + DueList + Queues + Sync,
{
    let (total, claimed) = (u64::try_from(tasks.len())?, Mutex::new(Claimed::default()));
    let works = tasks.iter().enumerate().map(|(at, task)| {
        let claimed = &claimed;
        async move {
            let mut seeds = Numbers::new(plan.seed ^ u64::try_from(at)?);
            let end = until_done(desk, task, &mut seeds, now).await?;
            note(&mut claimed.lock().unwrap_or_else(PoisonError::into_inner), &end, desk.world, total)
        }
    });
    stream::iter(works).buffer_unordered(plan.claimers).try_collect::<Vec<()>>().await?;
    let mut claimed = claimed.into_inner().unwrap_or_else(PoisonError::into_inner);
    claimed.crashes = desk.world.trouble.crashes.load(Ordering::Relaxed);
    claimed.attempts = desk.world.trouble.attempts.load(Ordering::Relaxed);
    Ok(claimed)
}

/// A task whose program ended comes again, with another place in the stock.
async fn until_done<W>(
    desk: Desk<'_, W>,
    task: &MailTask,
    seeds: &mut Numbers,
    now: Timestamp,
) -> anyhow::Result<Assignment>
where
    W: Orders + Contacts + CouponStock + Content + DueList + Queues,
{
    loop {
        match assign_coupon(desk, task, seeds.next(), now).await {
            Err(error) if error.is_transient() => {}
            end => return Ok(end?),
        }
    }
}

fn note<W>(
    claimed: &mut Claimed,
    end: &Assignment,
    store: &Counting<W, Turns>,
    total: u64,
) -> anyhow::Result<()> {
    match end {
        // A claim whose program ended after the write was claimed before.
        Assignment::Claimed(_) | Assignment::HandedOn => claimed.claimed += 1,
        Assignment::Held => claimed.held += 1,
        other => anyhow::bail!("a mail ends as {other:?}"),
    }
    let worked_on = claimed.claimed + claimed.held;
    if [total / 2, total * 9 / 10, total].contains(&worked_on) {
        claimed.shares.push((claimed.claimed, store.trouble.attempts.load(Ordering::Relaxed)));
    }
    Ok(())
}

/// No code in two hands, none lost: what people hold is what the stock has given out.
///
/// # Errors
/// Says what does not hold.
pub async fn check<W: Contacts + CouponStock>(
    store: &W,
    tasks: &[MailTask],
    (codes, day): (u64, Date),
    claimed: &Claimed,
) -> anyhow::Result<()> {
    let mut hands = BTreeSet::new();
    for task in tasks {
        let (contact, _) = store.load_contact(&task.shop, task.contact).await?.context("she is known")?;
        ensure!(contact.coupons.len() < 2, "somebody holds two codes");
        for held in contact.coupons {
            ensure!(hands.insert(held.code.folded().to_owned()), "a code is in two hands");
        }
    }
    let given = u64::try_from(hands.len())?;
    ensure!(given == claimed.claimed, "{given} codes are in hands, {} were claimed", claimed.claimed);
    let expected = PoolCounts { claimed: given, free: codes - given, ..PoolCounts::default() };
    let counts = store.pool_counts(&pool()?, day).await?;
    ensure!(counts == expected, "the stock has {counts:?}");
    Ok(())
}

/// The whole of it over SQLite.
///
/// # Errors
/// When the store does not answer, or a promise is broken.
pub async fn over_sqlite(machine: &Machine, codes: u64, plan: Plan) -> anyhow::Result<Claimed> {
    machine.codes(codes).await?;
    let mut tasks = Vec::new();
    for first in (0..plan.mails).step_by(BATCH) {
        let numbers = first..plan.mails.min(first + u64::try_from(BATCH)?);
        let batch = machine.site.store.begin_batch().await?;
        tasks.extend(buyers(machine, machine.desk(batch.store()), numbers).await?);
        batch.commit().await?;
    }
    let store = Counting::with_trouble(machine.site.store.clone(), Turns::new(&plan));
    let (day, now) = (due_day()?, machine.shop()?.send_moment(due_day()?));
    let claimed = claim(machine.desk(&store), &tasks, plan, now).await?;
    check(&machine.site.store, &tasks, (codes, day), &claimed).await?;
    ensure!(claimed.claimed == codes.min(plan.mails), "a code lies free while a mail waits: {claimed:?}");
    Ok(claimed)
}
