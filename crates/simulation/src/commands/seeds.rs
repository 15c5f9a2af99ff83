//! `run`: many seeds.

use std::process::ExitCode;

use crate::checker::check;
use crate::failing::{Failing, MOST_RUNS};
use crate::history::{Deed, Outcome};
use crate::runner::{Ran, run as run_script};
use crate::script::Script;

/// So many failing scenarios are made small: that takes its time, and the others mostly fail for the same reason.
const SHRUNK: usize = 3;

/// How much happened, over all seeds: what never happens is never tested.
#[derive(Debug, Default)]
struct Seen {
    calls: usize,
    faults: usize,
    accepted: usize,
    redriven: usize,
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
        self.redriven += ran.redriven;
        self.dead_letters += ran.history.rest.dead_letters.len();
    }
}

/// The first promise that a scenario breaks, as small as it can be shown.
fn tell_small(script: &Script, ran: &Ran) -> anyhow::Result<()> {
    for violation in check(&ran.history).into_iter().take(1) {
        if let Some(small) = Failing::smallest(script, violation.invariant, MOST_RUNS)? {
            println!("as small as it gets:\n{}", small.told());
        }
    }
    Ok(())
}

fn tell_unfinished(script: &Script) {
    if let Some(small) = Failing::unfinished(script, MOST_RUNS) {
        println!("as small as it gets:\n{small}");
    }
}

pub(super) fn run(from: u64, seeds: u64) -> anyhow::Result<ExitCode> {
    let mut seen = Seen::default();
    for seed in from..from.saturating_add(seeds) {
        let script = Script::of(seed)?;
        let ran = match run_script(&script) {
            Ok(ran) => ran,
            Err(error) => {
                seen.broken += 1;
                println!("{error:#}");
                tell_unfinished(&script);
                continue;
            }
        };
        seen.add(&ran);
        if super::told(&format!("seed {seed}"), &ran.history) == ExitCode::FAILURE {
            seen.broken += 1;
            println!("see it again: nachklang-simulation replay --seed {seed}\n");
            if seen.broken <= SHRUNK {
                tell_small(&script, &ran)?;
            }
        }
    }
    println!("{seeds} seeds from {from} on: {seen:?}");
    Ok(if seen.broken == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
