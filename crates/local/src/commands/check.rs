//! `check` and `publish`: is the content good, and make it the active version.

use std::fmt::Write as _;
use std::fs::File;
use std::path::Path;
use std::process::ExitCode;

use nachklang_domain::catalog::Catalog;
use nachklang_domain::draft::Draft;
use nachklang_domain::feed::ranking::RankingReader;
use nachklang_domain::feed::{FeedContext, ProductFeedReader};
use nachklang_domain::report::FileReport;
use nachklang_domain::shop::Shop;
use nachklang_domain::upload::Upload;
use nachklang_domain::use_case::publish::publish_draft;
use serde::Serialize;

use super::{answer, content};
use crate::bucket::{self, entries, folders, name_of};
use crate::cli::Place;
use crate::site::Site;
use crate::uploads::upload_at;

const EXPORT_AGAIN: &str = "export the file again";

#[derive(Serialize)]
struct Checked<'a> {
    ok: bool,
    shops: usize,
    flows: usize,
    mails: usize,
    files: &'a [FileReport],
}

/// Checks the content folder.
pub(super) fn run(place: &Place) -> anyhow::Result<ExitCode> {
    let bucket = content(place)?;
    let mut draft = bucket::read(&bucket)?;
    let feeds = check_feeds(&bucket, &draft)?;
    draft.reports.extend(feeds);
    tell(place, &draft)?;
    Ok(if draft.has_errors() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Checks the content folder and publishes what is good.
pub(super) async fn publish(place: &Place) -> anyhow::Result<ExitCode> {
    let site = Site::open(&place.data).await?;
    let draft = bucket::read(&content(place)?)?;
    tell(place, &draft)?;
    let failed = draft.has_errors();
    publish_draft(&site.store, &draft).await?;
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Publishes a draft into a world that has nothing yet; that needs the shops and flows to be good.
pub(super) async fn publish_into(site: &Site, draft: Draft) -> anyhow::Result<()> {
    publish_draft(&site.store, &draft).await?;
    match draft.catalog {
        Some(catalog) => site.set_catalog(catalog),
        None => anyhow::bail!("the content cannot be published:\n{}", words(&draft)),
    }
    Ok(())
}

fn tell(place: &Place, draft: &Draft) -> anyhow::Result<()> {
    let checked = Checked {
        ok: !draft.has_errors(),
        shops: draft.catalog.as_ref().map_or(0, |catalog| catalog.shops.len()),
        flows: draft.catalog.as_ref().map_or(0, |catalog| catalog.flows.len()),
        mails: draft.mails.len(),
        files: &draft.reports,
    };
    answer(place, &checked, || words(draft))
}

fn words(draft: &Draft) -> String {
    let mut text = String::new();
    for report in draft.reports.iter().filter(|report| !report.findings.is_empty()) {
        for finding in report.lines() {
            writeln!(text, "{finding}").unwrap_or_default();
        }
    }
    let verdict = match (&draft.catalog, draft.has_errors()) {
        (Some(catalog), false) => {
            format!(
                "all good: {} shops, {} flows, {} mails",
                catalog.shops.len(),
                catalog.flows.len(),
                draft.mails.len()
            )
        }
        _ => "there are errors; what is in use stays in use".to_owned(),
    };
    text + &verdict
}

/// Reads every feed to its end and keeps the reports that say something.
fn check_feeds(bucket: &Path, draft: &Draft) -> anyhow::Result<Vec<FileReport>> {
    let mut reports = Vec::new();
    let Some(catalog) = &draft.catalog else {
        return Ok(reports);
    };
    for owner in folders(&bucket.join("feeds"))? {
        for file in entries(&owner)? {
            let label = format!(
                "feeds/{}/{}",
                name_of(&owner).unwrap_or_default(),
                name_of(&file).unwrap_or_default()
            );
            let report = check_feed(catalog, &file, &label);
            reports.push(
                report.unwrap_or_else(|error| broken(&label, &format!("{error:#}"), "move or rename it")),
            );
        }
    }
    reports.retain(|report| !report.findings.is_empty());
    Ok(reports)
}

fn check_feed(catalog: &Catalog, file: &Path, label: &str) -> anyhow::Result<FileReport> {
    let (shop, is_list) = match upload_at(file)? {
        Upload::Products(shop, _) => (shop, false),
        Upload::Lists(shop) => (shop, true),
        Upload::Coupons(_) | Upload::Orders(_) | Upload::Contacts(_) => anyhow::bail!("the file is no feed"),
    };
    let Some(shop) = catalog.shop(&shop) else {
        let problem = format!("there is no shop {shop}");
        return Ok(broken(label, &problem, "rename the folder or upload the shop's file"));
    };
    let context = FeedContext::new(shop.currency, label);
    let read = File::open(file)?;
    Ok(if is_list { read_list(read, &context) } else { read_feed(read, shop, &context) })
}

fn read_feed(read: File, shop: &Shop, context: &FeedContext) -> FileReport {
    let mut reader = match ProductFeedReader::new(read, &shop.feed, context) {
        Ok(reader) => reader,
        Err(error) => return broken(&context.file, &error.to_string(), EXPORT_AGAIN),
    };
    let error = reader.by_ref().find_map(Result::err);
    told(reader.finish(), error.map(|error| error.to_string()))
}

fn read_list(read: File, context: &FeedContext) -> FileReport {
    let mut reader = match RankingReader::new(read, context) {
        Ok(reader) => reader,
        Err(error) => return broken(&context.file, &error.to_string(), EXPORT_AGAIN),
    };
    let error = reader.by_ref().find_map(Result::err);
    told(reader.finish(), error.map(|error| error.to_string()))
}

/// The report with the error that ended the reading, unless it tells of that already.
fn told(mut report: FileReport, error: Option<String>) -> FileReport {
    if let Some(error) = error.filter(|_| !report.has_errors()) {
        report.error(0, error, EXPORT_AGAIN);
    }
    report
}

fn broken(file: &str, problem: &str, remedy: &str) -> FileReport {
    let mut report = FileReport::new(file);
    report.error(0, problem, remedy);
    report
}
