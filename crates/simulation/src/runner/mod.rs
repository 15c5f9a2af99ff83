//! Runs a scenario: one thread, one virtual clock, and everything that happens in the order of its time.

mod acts;
mod deeds;
mod executor;
mod job;
mod queue;
mod rest;
mod site;
mod stations;

use std::collections::BTreeMap;
use std::panic::catch_unwind;

use anyhow::{Context as _, anyhow};

use crate::fault::{Fault, Spot};
use crate::history::History;
use crate::script::Script;
pub use crate::world::Made;
pub use job::Job;

use executor::Executor;

/// Something that is going to happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A call comes back, or arrives.
    Wake {
        /// Which sleep ends.
        sleep: u64,
    },
    /// Something is to be done.
    Push {
        /// The number of the message.
        id: u64,
        /// What.
        job: Job,
    },
    /// A message comes out of its queue.
    Receive {
        /// The number of the message.
        id: u64,
        /// Whether it does although somebody works on it.
        second: bool,
    },
    /// The time of an invocation is over.
    TimeOut {
        /// Which.
        invocation: u64,
    },
    /// Nothing goes wrong any more: operators put everything right.
    Quiet,
}

/// How a scenario ran.
#[derive(Debug, Clone)]
pub struct Ran {
    /// For the judge.
    pub history: History,
    /// The faults that struck, so that they can be taken out one by one.
    pub struck: BTreeMap<Spot, Fault>,
    /// How many messages an operator put back that were set aside.
    pub redriven: usize,
    /// All calls of ports, in their order.
    pub calls: Vec<Made>,
}

/// Runs a scenario to its end.
///
/// # Errors
/// When it never comes to rest, or the content of the scenarios is broken: nothing that a product may do.
pub fn run(script: &Script) -> anyhow::Result<Ran> {
    let ran = catch_unwind(|| to_the_end(script)).unwrap_or_else(|_| Err(anyhow!("something panicked")));
    ran.with_context(|| format!("seed {} does not come to its end", script.seed))
}

fn to_the_end(script: &Script) -> anyhow::Result<Ran> {
    let mut executor = Executor::new(script)?;
    while let Some(event) = executor.world.next_event() {
        executor.happens(event)?;
    }
    executor.at_rest(script)
}
