//! The program's commands, one a file.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use serde::Serialize;

use crate::cli::{Cli, Command, Place};
use crate::site::Site;

pub mod check;
pub mod coupons;
pub mod demo;
pub mod experiment;
pub mod explain;
pub mod import;
pub mod parked;
pub mod person;
pub mod preview;
pub mod run;
pub mod serve;
pub mod simulate;
pub mod status;
pub mod tools;

/// Does what the command line asks.
///
/// # Errors
/// When it cannot be done; the error says what to do about it.
pub async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let place = cli.place;
    let Some(command) = cli.command else {
        return demo::run(&place, &cli.show).await;
    };
    match command {
        Command::Serve => serve::run(&place, cli.show.port).await,
        Command::Run(args) => run::run(&place, &args).await,
        Command::Publish => check::publish(&place).await,
        Command::Import(args) => import::run(&place, &args).await,
        Command::Check => check::run(&place),
        Command::Preview(args) => preview::run(&place, &args),
        Command::Explain { order } => explain::run(&place, &order).await,
        Command::Simulate(args) => simulate::run(&place, &args),
        Command::Status => status::run(&place).await,
        Command::Experiment { flow, days } => experiment::run(&place, &flow, days).await,
        Command::Parked { replay } => parked::run(&place, replay.as_deref()).await,
        Command::ExportCoupons { shop } => coupons::export(&place, shop.as_ref()).await,
        Command::VoidCoupons { pool, file } => coupons::void(&place, &pool, &file).await,
        Command::Suppress { shop } => tools::suppress(&place, shop).await,
        Command::Erase(person) => person::erase(&place, &person).await,
        Command::ExportPerson { person, to } => person::export(&place, &person, &to).await,
        Command::Sending { state } => tools::sending(&place, state == "off").await,
        Command::Schema { out } => tools::schema(&out),
        Command::SampleContent { out } => tools::sample_content(&place, &out),
    }
}

/// Opens the world of the data folder; the content folder is published into a new one.
pub(crate) async fn open(place: &Place) -> anyhow::Result<Arc<Site>> {
    let site = Site::open(&place.data).await?;
    if site.catalog().is_err() {
        let draft = crate::bucket::read(&content(place)?)?;
        check::publish_into(&site, draft).await?;
    }
    Ok(Arc::new(site))
}

/// The content folder: the one that was named, else `templates/` here, else that of the source tree.
pub(crate) fn content(place: &Place) -> anyhow::Result<PathBuf> {
    let here = Path::new("templates");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates");
    let found = place
        .content
        .clone()
        .or_else(|| [here, &source].into_iter().find(|dir| dir.is_dir()).map(Path::to_owned));
    let folder =
        found.context("there is no templates/ folder here: name the content folder with --content")?;
    anyhow::ensure!(folder.is_dir(), "there is no folder {}", folder.display());
    Ok(folder)
}

/// Prints a result: as JSON for programs, in words for people.
pub(crate) fn answer<T: Serialize>(
    place: &Place,
    result: &T,
    words: impl FnOnce() -> String,
) -> anyhow::Result<()> {
    if place.json { say(&serde_json::to_string_pretty(result)?) } else { say(words().trim_end()) }
}

/// Prints lines on standard output. A reader that has gone, such as `head`, is an error, not a crash.
pub(crate) fn say(text: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout(), "{text}")?)
}

/// A bar on standard error while something long goes on; nothing unless a person is looking.
pub(crate) fn progress(what: &str, total: Option<u64>) -> indicatif::ProgressBar {
    let bar = total.map_or_else(indicatif::ProgressBar::no_length, indicatif::ProgressBar::new);
    let style = match total {
        Some(_) => "{msg} {wide_bar} {pos}/{len} {eta}",
        None => "{msg} {pos} {elapsed}",
    };
    if let Ok(style) = indicatif::ProgressStyle::with_template(style) {
        bar.set_style(style);
    }
    bar.set_message(what.to_owned());
    bar
}
