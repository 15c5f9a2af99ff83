//! `check` and `publish`: is the content good, and make it the active version.

use std::fmt::Write as _;
use std::process::ExitCode;

use nachklang_domain::feed::ranking::RankingReader;
use nachklang_domain::feed::{FeedContext, ProductFeedReader};
use nachklang_domain::report::FileReport;
use serde::Serialize;

use super::{answer, content};
use crate::bucket::{self, Draft, entries, name_of};
use crate::cli::Place;
use crate::site::Site;
use crate::uploads::Upload;

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
    Ok(if draft.has_errors() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// Checks the content folder and publishes what is good.
pub(super) async fn publish(place: &Place) -> anyhow::Result<ExitCode> {
    let site = Site::open(&place.data).await?;
    let draft = bucket::read(&content(place)?)?;
    tell(place, &draft)?;
    let failed = draft.has_errors();
    bucket::publish_draft(&site.store, &draft).await?;
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// Publishes a draft into a world that has nothing yet; that needs the shops and flows to be good.
pub(super) async fn publish_into(site: &Site, draft: Draft) -> anyhow::Result<()> {
    bucket::publish_draft(&site.store, &draft).await?;
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
fn check_feeds(bucket: &std::path::Path, draft: &Draft) -> anyhow::Result<Vec<FileReport>> {
    let mut reports = Vec::new();
    let Some(catalog) = &draft.catalog else {
        return Ok(reports);
    };
    for owner in entries(&bucket.join("feeds"))? {
        for file in entries(&owner)? {
            let label = format!(
                "feeds/{}/{}",
                name_of(&owner).unwrap_or_default(),
                name_of(&file).unwrap_or_default()
            );
            let (shop, is_list) = match Upload::of(&file)? {
                Upload::Products(shop, _) => (shop, false),
                Upload::Lists(shop) => (shop, true),
                Upload::Coupons(_) | Upload::Orders(_) => continue,
            };
            let Some(shop) = catalog.shop(&shop) else {
                let mut report = FileReport::new(&label);
                report.error(
                    0,
                    format!("there is no shop {shop}"),
                    "rename the folder or upload the shop's file",
                );
                reports.push(report);
                continue;
            };
            let context = FeedContext::new(shop.currency, &label);
            let read = std::fs::File::open(&file)?;
            reports.push(if is_list {
                read_list(read, &context)
            } else {
                read_feed(read, shop, &context)
            });
        }
    }
    reports.retain(|report| !report.findings.is_empty());
    Ok(reports)
}

fn read_feed(read: std::fs::File, shop: &nachklang_domain::shop::Shop, context: &FeedContext) -> FileReport {
    let mut reader = match ProductFeedReader::new(read, &shop.feed, context) {
        Ok(reader) => reader,
        Err(error) => return broken(context, &error.to_string()),
    };
    let error = reader.by_ref().find_map(Result::err);
    let mut report = reader.finish();
    if let Some(error) = error {
        report.error(0, error.to_string(), "export the file again");
    }
    report
}

fn read_list(read: std::fs::File, context: &FeedContext) -> FileReport {
    let mut reader = match RankingReader::new(read, context) {
        Ok(reader) => reader,
        Err(error) => return broken(context, &error.to_string()),
    };
    let error = reader.by_ref().find_map(Result::err);
    let mut report = reader.finish();
    if let Some(error) = error {
        report.error(0, error.to_string(), "export the file again");
    }
    report
}

fn broken(context: &FeedContext, problem: &str) -> FileReport {
    let mut report = FileReport::new(&context.file);
    report.error(0, problem, "export the file again");
    report
}
