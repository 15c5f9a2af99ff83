//! `replay`: one seed, to be read.

use std::process::ExitCode;

use crate::runner::run as run_script;
use crate::script::Script;

pub(super) fn run(seed: u64) -> anyhow::Result<ExitCode> {
    let script = Script::of(seed)?;
    println!("{script}");
    let ran = run_script(&script)?;
    for operation in &ran.history.operations {
        println!(
            "{:>5} {:>5} {} {:?} {:?}",
            operation.asked, operation.answered, operation.at, operation.outcome, operation.deed
        );
    }
    println!("{:#?}", ran.history.rest);
    for (spot, fault) in &ran.struck {
        println!("{} of {:016x}: {fault}", spot.call, spot.invocation);
    }
    Ok(ExitCode::SUCCESS)
}
