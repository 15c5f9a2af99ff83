//! The program `nachklang-simulation`: attacks the promises, and tells how to see an attack again.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> anyhow::Result<ExitCode> {
    nachklang_simulation::commands::run(&nachklang_simulation::commands::Cli::parse())
}
