//! What can be asked of the program.

mod crash_points;
mod faults;
mod hunt;
mod replay;
mod seeds;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::checker::check;
use crate::display::violation;
use crate::history::History;

/// Attacks the promises of Nachklang.
#[derive(Debug, Parser)]
#[command(name = "nachklang-simulation", version)]
pub struct Cli {
    /// What is asked.
    #[command(subcommand)]
    pub command: Command,
}

/// What can be asked.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs the scenarios of many seeds.
    Run {
        /// How many.
        #[arg(long, default_value_t = 1_000)]
        seeds: u64,
        /// The first seed.
        #[arg(long, default_value_t = 0)]
        from: u64,
    },
    /// Breaks off a small day at every call of a port, and at every two calls on the way of a mail.
    CrashPoints,
    /// Plants faults, one at a time, and fails unless the judge catches each.
    Faults {
        /// This one only.
        #[arg(long)]
        only: Option<String>,
        /// Those of the ports only, which need no compiler.
        #[arg(long)]
        ports: bool,
    },
    /// Looks for the first seed that breaks one of some invariants, and tells it as JSON: `null` when none does.
    Hunt {
        /// How many seeds, from 0 on.
        #[arg(long, default_value_t = 100)]
        seeds: u64,
        /// Which invariants, by their names; all when left out.
        #[arg(long, value_delimiter = ',')]
        wanted: Vec<String>,
    },
    /// Shows the scenario of a seed, and what happened.
    Replay {
        /// The seed.
        #[arg(long)]
        seed: u64,
    },
}

/// Does what is asked; fails when a promise was broken.
///
/// # Errors
/// When the content of the scenarios is broken, or nothing can be printed.
pub fn run(cli: &Cli) -> anyhow::Result<ExitCode> {
    match &cli.command {
        Command::Run { seeds, from } => seeds::run(*from, *seeds),
        Command::CrashPoints => crash_points::run(),
        Command::Faults { only, ports } => faults::run(only.as_deref(), *ports),
        Command::Hunt { seeds, wanted } => hunt::run(*seeds, wanted),
        Command::Replay { seed } => replay::run(*seed),
    }
}

/// Prints what a history breaks; whether that is nothing.
fn told(name: &str, history: &History) -> ExitCode {
    let broken = check(history);
    for violated in &broken {
        println!("{name}: {}", violation(history, violated));
    }
    if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
