//! The program `nachklang`: after-sales mail on one machine.

use clap::Parser as _;
use nachklang_local::cli::Cli;

#[tokio::main]
async fn main() -> std::process::ExitCode {
    let cli = Cli::parse();
    nachklang_local::cli::init_logging();
    match nachklang_local::commands::run(cli).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("nachklang: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}
