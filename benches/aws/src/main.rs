//! The work of the functions that `benches/run` measures: a mail from its templates to the signed request, and a whole
//! webhook over a loopback store. And what `infra/measure` asks for: the memory of the program that delivers.

mod handler;
mod memory;
mod request;
mod runtime_api;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Nanoseconds of processor time from a mail's data to the signed request of SES, and its answer read.
    Request {
        /// Mails of a round.
        #[arg(long, default_value_t = 5_000)]
        mails: u32,
    },
    /// Nanoseconds of processor time of a whole webhook here, and of a Python handler that does the same.
    Handler {
        /// A Python that has boto3.
        python: PathBuf,
        /// The Python handler.
        peer: PathBuf,
        /// Webhooks of a round.
        #[arg(long, default_value_t = 200)]
        webhooks: u32,
    },
    /// The memory of the program that delivers: a line for mails, MB resident, and the most that it ever was.
    Memory {
        /// The program.
        mail_delivery: PathBuf,
        /// Mails.
        #[arg(long, default_value_t = 1_000)]
        mails: u64,
    },
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    match Arguments::parse().what {
        What::Request { mails } => println!("{}", request::measure(mails).await?.as_nanos()),
        What::Handler { python, peer, webhooks } => handler::compare(&python, &peer, webhooks).await?,
        What::Memory { mail_delivery, mails } => memory::measure(&mail_delivery, mails).await?,
    }
    Ok(())
}
