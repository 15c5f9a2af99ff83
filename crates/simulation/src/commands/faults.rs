//! `faults`: plants each fault and tells by what it was caught.

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, ensure};

use crate::checker::Invariant;
use crate::planted::hunt::{Caught, hunt};
use crate::planted::source::{SourceFault, faults};
use crate::planted::workshop::Workshop;
use crate::planted::{Planted, SEEDS};

/// How a fault was caught; `None` when it was not.
type Proof = Option<String>;

pub(super) fn run(only: Option<&str>, ports: bool) -> anyhow::Result<ExitCode> {
    let wanted = |name: &str| only.is_none_or(|only| only == name);
    let mut table = Table::default();
    for fault in Planted::ALL.into_iter().filter(|fault| wanted(fault.name())) {
        table.add(fault.name(), fault.stands_for(), in_a_port(fault)?);
    }
    let sources: Vec<SourceFault> =
        faults()?.into_iter().filter(|fault| !ports && wanted(&fault.name)).collect();
    if !sources.is_empty() {
        let workshop = Workshop::open(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")))?;
        for fault in &sources {
            table.add(&fault.name, &fault.stands_for, in_the_source(&workshop, fault)?);
        }
    }
    ensure!(table.rows > 0, "there is no such fault");
    println!("{} of {} faults were caught", table.caught, table.rows);
    Ok(if table.caught == table.rows { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[derive(Default)]
struct Table {
    rows: usize,
    caught: usize,
}

impl Table {
    fn add(&mut self, name: &str, stands_for: &str, proof: Proof) {
        self.rows += 1;
        self.caught += usize::from(proof.is_some());
        println!("{name:<38} {:<44} {stands_for}", proof.unwrap_or_else(|| "NOT CAUGHT".to_owned()));
    }
}

fn in_a_port(fault: Planted) -> anyhow::Result<Proof> {
    Ok(hunt(0..SEEDS, Some(fault), fault.caught_by())?.as_ref().map(told))
}

fn in_the_source(workshop: &Workshop, fault: &SourceFault) -> anyhow::Result<Proof> {
    workshop.plant(fault)?;
    let proof = proof(workshop, fault);
    workshop.mend(fault)?;
    proof
}

fn proof(workshop: &Workshop, fault: &SourceFault) -> anyhow::Result<Proof> {
    if let Some(test) = &fault.unit_test {
        return Ok(workshop.fails(fault, test)?.then(|| format!("the unit test {test}")));
    }
    let wanted: Vec<String> = fault.caught_by.iter().map(Invariant::to_string).collect();
    let mut program = Command::new(workshop.build(fault)?);
    let output = program
        .args(["hunt", "--seeds", &fault.seeds.to_string(), "--wanted", &wanted.join(",")])
        .output()
        .context("the copy of the program cannot be started")?;
    let answer: Option<Caught> = serde_json::from_slice(&output.stdout).with_context(|| {
        format!("{}: the copy told no answer: {}", fault.name, String::from_utf8_lossy(&output.stderr))
    })?;
    Ok(answer.as_ref().map(told))
}

fn told(caught: &Caught) -> String {
    let broken: Vec<String> = caught.broken.iter().map(Invariant::to_string).collect();
    format!("{} with seed {}", broken.join(" "), caught.seed)
}
