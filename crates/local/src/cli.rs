//! What the program understands on its command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use jiff::civil::Date;
use nachklang_domain::id::{FlowId, MailName, PoolId, SegmentId, ShopId};
use nachklang_domain::language::Language;

/// After-sales mail for shops, on one machine.
///
/// Without a command: publishes the starter content, receives sample purchases as a shop and its tills would send them,
/// lets two weeks pass on a virtual clock, prints what happened, and serves the outbox on loopback.
#[derive(Debug, Parser)]
#[command(name = "nachklang", version)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Where to work.
    #[command(flatten)]
    pub place: Place,
    /// The options of the show without a command.
    #[command(flatten)]
    pub show: Show,
}

/// Where the program works, and how it answers.
#[derive(Debug, Clone, Args)]
pub struct Place {
    /// The folder that keeps the store, the outbox, the secrets and the reports.
    #[arg(long, global = true, default_value = "nachklang-data")]
    pub data: PathBuf,
    /// The folder laid out like the bucket: shops/ flows/ mails/ feeds/ coupons/ orders/. The starter content when left out.
    #[arg(long, global = true)]
    pub content: Option<PathBuf>,
    /// Answers in JSON, for programs.
    #[arg(long, global = true)]
    pub json: bool,
}

/// The options of the show.
#[derive(Debug, Clone, Args)]
pub struct Show {
    /// Throws the data folder away first.
    #[arg(long)]
    pub fresh: bool,
    /// The port on loopback; 0 picks a free one.
    #[arg(long, global = true, default_value_t = 8025)]
    pub port: u16,
    /// Ends after the summary instead of serving.
    #[arg(long)]
    pub no_serve: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serves webhooks and the outbox on loopback, and runs each shop's day at its hour.
    Serve,
    /// Runs the mails of a day, or of the next days, on the virtual clock.
    Run(RunArgs),
    /// Checks the content folder and makes what is good the active version.
    Publish,
    /// Takes in a file of orders, coupons or products.
    Import(ImportArgs),
    /// Checks the whole content folder: shops, flows, mails, feeds. Publishes nothing.
    Check,
    /// Shows a mail with sample data. Touches no stock.
    Preview(PreviewArgs),
    /// Tells what happened to an order, and why.
    Explain {
        /// `<shop>/<source>/<number>`, or the number alone.
        order: String,
    },
    /// Runs real history dry over the current flows: who would get what and when. Stores nothing.
    Simulate(SimulateArgs),
    /// Prints the numbers of the store: orders, mails, reasons, codes.
    Status,
    /// Compares the variants of a flow: orders and revenue in equal windows after the purchase.
    Experiment {
        /// The flow.
        #[arg(long, default_value = "after-sales")]
        flow: FlowId,
        /// The window in days after the purchase.
        #[arg(long, default_value_t = 30)]
        days: u16,
    },
    /// Lists webhooks that were signed but unreadable, or replays them after a fix.
    Parked {
        /// Replays this one, or all.
        #[arg(long, value_name = "ID|all")]
        replay: Option<String>,
    },
    /// Writes everybody's codes as CSV, for the CRM and customer service.
    ExportCoupons {
        /// Only this shop.
        #[arg(long)]
        shop: Option<ShopId>,
    },
    /// Takes free codes of a file out of use.
    VoidCoupons {
        /// The pool.
        #[arg(long)]
        pool: PoolId,
        /// A coupon file.
        file: PathBuf,
    },
    /// Puts an address on a shop's suppression list; read from standard input, so that it stands in no history.
    Suppress {
        /// The shop.
        #[arg(long)]
        shop: ShopId,
    },
    /// Erases what is stored of one person, in all shops or in one; only a keyed hash stays, so that she is not mailed
    /// again. Her purchases stay as nobody's.
    Erase(PersonArgs),
    /// Writes everything that is known of one person into a JSON file.
    ExportPerson {
        /// Who.
        #[command(flatten)]
        person: PersonArgs,
        /// The file.
        #[arg(long)]
        to: PathBuf,
    },
    /// Switches sending off or on.
    Sending {
        /// off or on.
        #[arg(value_parser = ["off", "on"])]
        state: String,
    },
    /// Writes the JSON Schemas of shop, flow and brand files and of the order API.
    Schema {
        /// The folder.
        #[arg(long, default_value = "docs/schema")]
        out: PathBuf,
    },
    /// Generates the starter content's feeds, codes and till files.
    SampleContent {
        /// The folder laid out like the bucket.
        #[arg(long)]
        out: PathBuf,
    },
}

/// Which days to run.
#[derive(Debug, Clone, Args)]
#[group(required = true, multiple = false)]
pub struct RunArgs {
    /// Runs this day, at each shop's hour.
    #[arg(long)]
    pub date: Option<Date>,
    /// Runs so many days after the last one.
    #[arg(long)]
    pub days: Option<u16>,
}

/// Which person.
#[derive(Debug, Clone, Args)]
pub struct PersonArgs {
    /// Her address; read from standard input when left out, so that it stands in no history.
    pub address: Option<String>,
    /// Only this shop.
    #[arg(long)]
    pub shop: Option<ShopId>,
}

/// Which file to take in.
#[derive(Debug, Clone, Args)]
pub struct ImportArgs {
    /// What it holds.
    #[arg(value_enum)]
    pub kind: ImportKind,
    /// The file; gzip is unpacked.
    pub file: PathBuf,
    /// The shop; read from the file's folder when left out.
    #[arg(long)]
    pub shop: Option<ShopId>,
    /// The pool of a coupon file; read from the file's folder when left out.
    #[arg(long)]
    pub pool: Option<PoolId>,
    /// The language of a product feed; read from the file's name when left out.
    #[arg(long)]
    pub language: Option<Language>,
    /// Publishes a feed that was held for having far fewer products or lists.
    #[arg(long)]
    pub allow_shrink: bool,
}

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ImportKind {
    /// A till file.
    Orders,
    /// Coupon codes.
    Coupons,
    /// A product feed, topsellers or recommendations.
    Feed,
    /// People: profile, consent, suppression.
    Contacts,
}

/// Which mail to show.
#[derive(Debug, Clone, Args)]
pub struct PreviewArgs {
    /// The mail's folder name.
    pub mail: MailName,
    /// The segment; every one that the mail knows when left out.
    #[arg(long)]
    pub segment: Option<SegmentId>,
    /// The language; every one when left out.
    #[arg(long)]
    pub language: Option<Language>,
    /// The folder for the HTML and text files.
    #[arg(long, default_value = "nachklang-preview")]
    pub out: PathBuf,
}

/// Which history to run.
#[derive(Debug, Clone, Args)]
pub struct SimulateArgs {
    /// The shop.
    #[arg(long)]
    pub shop: ShopId,
    /// The till file; gzip is unpacked.
    pub file: PathBuf,
    /// Lists each mail: day, order, segment, language, variant.
    #[arg(long)]
    pub list: bool,
}

/// Logs go to standard error; `NACHKLANG_LOG` sets the level (`warn` when unset).
pub fn init_logging() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("NACHKLANG_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}
