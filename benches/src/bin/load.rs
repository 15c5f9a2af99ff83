//! Load on one machine: `cargo run --release -p nachklang-benches --bin load -- <what>`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Parser, Subcommand};
use nachklang_benches::load::day::{self, Cost};
use nachklang_benches::load::machine::Machine;
use nachklang_benches::load::{claims, growth, quotient, replay};
use nachklang_benches::meter::peak_memory;

/// Puts load on one machine and tells what it takes.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where the databases are made; they are thrown away at the end.
    #[arg(long, default_value_os_t = std::env::temp_dir(), global = true)]
    folder: PathBuf,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Many claimers at once on one pool, with programs that end in the middle.
    Claims {
        #[arg(long, default_value_t = 100_000)]
        codes: u64,
        /// Mails that want a code; as many as there are codes if left out.
        #[arg(long)]
        mails: Option<u64>,
        #[arg(long, default_value_t = 64)]
        claimers: usize,
        /// At one claim of so many the program ends; never when 0.
        #[arg(long, default_value_t = 50)]
        crash_at: u64,
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Many orders told over webhooks, some of them again.
    Replay {
        #[arg(long, default_value_t = 1_000_000)]
        orders: u64,
        /// People who buy them; half as many as orders if left out.
        #[arg(long)]
        people: Option<u64>,
        /// One order of so many is told again; none when 0.
        #[arg(long, default_value_t = 10)]
        again_at: u64,
        /// Tells all of them to a second machine, each once, and compares the ends.
        #[arg(long)]
        compare: bool,
    },
    /// Many mails due on one day.
    Day {
        #[arg(long, default_value_t = 100_000)]
        mails: u64,
    },
    /// Few mails due among more and more customers.
    Growth {
        #[arg(long, default_value_t = 1_000)]
        due: u64,
        #[arg(long, value_delimiter = ',', default_value = "10000,1000000")]
        customers: Vec<u64>,
    },
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let Arguments { folder, what } = Arguments::parse();
    match what {
        What::Claims { codes, mails, claimers, crash_at, seed } => {
            let plan = claims::Plan { mails: mails.unwrap_or(codes), claimers, crash_at, seed };
            claim(&folder, codes, plan).await?;
        }
        What::Replay { orders, people, again_at, compare } => {
            let people = people.unwrap_or(orders / 2);
            tell(&folder, replay::Plan { orders, people, again_at }, compare).await?;
        }
        What::Day { mails } => whole_day(&folder, mails).await?,
        What::Growth { due, customers } => grow(&folder, due, &customers).await?,
    }
    println!("memory: {} MiB resident at most", peak_memory()? / 1024);
    Ok(())
}

async fn claim(folder: &Path, codes: u64, plan: claims::Plan) -> anyhow::Result<()> {
    let folder = tempfile::tempdir_in(folder)?;
    let machine = Machine::new(folder.path()).await?;
    let claimed = claims::over_sqlite(&machine, codes, plan).await?;
    println!(
        "{} codes, {} claimers: {} claimed, {} wait, {} programs ended in the middle",
        codes, plan.claimers, claimed.claimed, claimed.held, claimed.crashes
    );
    println!("no code in two hands, none lost");
    for (claims, attempts) in claimed.shares {
        println!("  after {claims} claims: {} attempts a claim", quotient(attempts, claims));
    }
    Ok(())
}

async fn tell(folder: &Path, plan: replay::Plan, compare: bool) -> anyhow::Result<()> {
    let own = tempfile::tempdir_in(folder)?;
    let machine = Machine::new(own.path()).await?;
    let told = replay::replay(&machine, plan).await?;
    println!(
        "{} webhooks, {} orders stored: {:.1} s of CPU, {:.1} s on the clock",
        told.told,
        told.stored,
        told.cpu.as_secs_f64(),
        told.clock.as_secs_f64()
    );
    println!("  {} webhooks a second of CPU, {} each", rate(told.told, told.cpu), each(told.cpu, told.told));
    println!("  database: {} MB", machine.database_size()? / 1_000_000);
    if compare {
        let other = tempfile::tempdir_in(folder)?;
        let once = Machine::new(other.path()).await?;
        replay::replay(&once, replay::Plan { again_at: 0, ..plan }).await?;
        let (end, expected) = (replay::end(&machine).await?, replay::end(&once).await?);
        anyhow::ensure!(end == expected && end.orders == plan.orders, "{end:?} is not {expected:?}");
        println!(
            "  {} orders, {} contacts: the same end as when each is told once",
            end.orders, end.contacts
        );
    }
    Ok(())
}

async fn whole_day(folder: &Path, mails: u64) -> anyhow::Result<()> {
    let folder = tempfile::tempdir_in(folder)?;
    let machine = Machine::new(folder.path()).await?;
    let (ran, taken) = day::whole(&machine, mails).await?;
    println!("{} mails on one day, each once, {} bytes each", taken.mails, taken.bytes / taken.mails.max(1));
    for (station, cost) in [("plan", ran.plan), ("assign", ran.assign), ("deliver", ran.deliver)] {
        let Cost { cpu, clock } = cost;
        let (seconds, on_clock) = (cpu.as_secs_f64(), clock.as_secs_f64());
        println!(
            "  {station}: {seconds:.1} s of CPU, {on_clock:.1} s on the clock, {} a mail",
            each(cpu, mails)
        );
    }
    println!("  together {} a mail", each(ran.cpu(), mails));
    Ok(())
}

async fn grow(folder: &Path, due: u64, customers: &[u64]) -> anyhow::Result<()> {
    let mut smallest = None;
    for customers in customers {
        let folder = tempfile::tempdir_in(folder)?;
        let machine = Machine::new(folder.path()).await?;
        let day = growth::among(&machine, *customers, due).await?;
        println!(
            "{due} due among {customers}: {} a mail, of it {} for the run; {} calls",
            each(day.cpu, due),
            each(day.plan, due),
            day.calls.values().sum::<u64>()
        );
        let calls = smallest.get_or_insert_with(|| day.calls.clone());
        anyhow::ensure!(*calls == day.calls, "{calls:?} is not {:?}", day.calls);
    }
    println!("the store was asked the same each time");
    Ok(())
}

fn each(time: Duration, count: u64) -> String {
    let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX) / count.max(1);
    format!("{} µs", quotient(nanoseconds, 1_000))
}

fn rate(count: u64, time: Duration) -> u64 {
    let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1);
    count.saturating_mul(1_000) / milliseconds
}
