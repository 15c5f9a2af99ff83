//! `run`: many seeds.

use std::process::ExitCode;

use crate::history::{Deed, Outcome};
use crate::runner::{Ran, run as run_script};
use crate::script::Script;

/// How much happened, over all seeds: what never happens is never tested.
#[derive(Debug, Default)]
struct Seen {
    calls: usize,
    faults: usize,
    accepted: usize,
    dead_letters: usize,
    broken: usize,
}

impl Seen {
    fn add(&mut self, ran: &Ran) {
        self.calls += ran.calls.len();
        self.faults += ran.struck.len();
        let accepted = |operation: &&crate::history::Operation| {
            matches!(operation.deed, Deed::Accept(_)) && operation.outcome == Outcome::Done
        };
        self.accepted += ran.history.operations.iter().filter(accepted).count();
        self.dead_letters += ran.history.rest.dead_letters.len();
    }
}

pub(super) fn run(from: u64, seeds: u64) -> anyhow::Result<ExitCode> {
    let mut seen = Seen::default();
    for seed in from..from.saturating_add(seeds) {
        let ran = run_script(&Script::of(seed)?)?;
        seen.add(&ran);
        if super::told(&format!("seed {seed}"), &ran.history) == ExitCode::FAILURE {
            seen.broken += 1;
        }
    }
    println!("{seeds} seeds from {from} on: {seen:?}");
    Ok(if seen.broken == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
