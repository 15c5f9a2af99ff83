//! The program `nachklang`: after-sales mail on one machine.

use clap::Parser as _;
use nachklang_local::cli::Cli;

#[tokio::main]
async fn main() -> std::process::ExitCode {
    let cli = Cli::parse();
    nachklang_local::cli::init_logging();
    match nachklang_local::commands::run(cli).await {
        Ok(code) => code,
        // Whoever reads standard output has seen enough.
        Err(error) if reader_gone(&error) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("nachklang: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}

fn reader_gone(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}
