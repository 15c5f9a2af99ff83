//! `replay`: one seed, to be read.

use std::process::ExitCode;

use super::told;
use crate::display::everything;
use crate::runner::run as run_script;
use crate::script::Script;

pub(super) fn run(seed: u64) -> anyhow::Result<ExitCode> {
    let script = Script::of(seed)?;
    println!("{script}");
    let ran = run_script(&script)?;
    println!("{}", everything(&ran.history));
    for (spot, fault) in &ran.struck {
        let made = ran.calls.iter().find(|made| made.spot == *spot);
        println!("{} {}: {fault}", made.map_or("", |made| made.what), spot.call);
    }
    Ok(told(&format!("seed {seed}"), &ran.history))
}
