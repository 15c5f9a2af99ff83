//! `hunt`: the first seed in which a promise is broken, for another program to read.

use std::process::ExitCode;

use anyhow::Context as _;

use crate::checker::Invariant;
use crate::planted::hunt::hunt;

pub(super) fn run(seeds: u64, wanted: &[String]) -> anyhow::Result<ExitCode> {
    let named = wanted.iter().map(|name| parse(name)).collect::<anyhow::Result<Vec<Invariant>>>()?;
    let wanted = if named.is_empty() { Invariant::ALL.to_vec() } else { named };
    println!("{}", serde_json::to_string(&hunt(0..seeds, None, &wanted)?)?);
    Ok(ExitCode::SUCCESS)
}

fn parse(name: &str) -> anyhow::Result<Invariant> {
    let found = Invariant::ALL.into_iter().find(|invariant| invariant.to_string() == name);
    found.with_context(|| format!("there is no invariant {name}: name some of {:?}", Invariant::ALL))
}
