//! Takes in a product feed, or the lists over it. The last good version stays until a new one is whole.

use std::io::Read;

use super::{Desk, UseCaseError};
use crate::feed::ranking::{RankingReader, RankingRow, RecommendationKey, TopsellerScope};
use crate::feed::{FeedContext, FeedError, ProductFeedReader, ShrinkVerdict, check_shrink};
use crate::id::{ProductId, ShopId};
use crate::language::Language;
use crate::ports::{FeedChange, ListKey, ListKind, Products};
use crate::product::Product;
use crate::report::FileReport;
use crate::shop::Shop;

/// So many products are written at once.
const BATCH: usize = 500;
/// With fewer lists than this a series more or less is no accident.
const FEW_LISTS: u64 = 20;

/// What became of a feed, and what of it changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeedImport<C = FeedChange> {
    /// Everybody sees it now.
    Published(C),
    /// It lost too many entries; the last good version stays. The report says how to go on.
    Held,
    /// It is broken; the last good version stays.
    Refused,
}

/// Reads a product feed and publishes it whole, or not at all.
///
/// `allow_shrink` publishes a feed that was held for being much smaller, once somebody has looked.
///
/// # Errors
/// [`UseCaseError`] of the store; a bad file is no error but a report.
pub async fn import_products<W: Products>(
    desk: Desk<'_, W>,
    (shop, language): (&ShopId, Language),
    file: &str,
    read: impl Read + Send,
    allow_shrink: bool,
) -> Result<(FeedImport, FileReport), UseCaseError> {
    let shop = desk.shop(shop)?;
    let import = format!("{}/{language}", shop.id);
    desk.world.discard_staged(&import).await?;
    let staged = stage(desk, shop, language, (file, &import), read).await?;
    let (count, mut report) = match staged {
        Ok(staged) => staged,
        Err(report) => {
            desk.world.discard_staged(&import).await?;
            return Ok((FeedImport::Refused, report));
        }
    };
    let previous = desk.world.product_count(&shop.id, language).await?;
    let percent = if allow_shrink { 100 } else { shop.feed.max_shrink_percent };
    if let ShrinkVerdict::Hold { previous, new, lost_percent } = check_shrink(previous, count, percent) {
        let problem = format!(
            "the feed has {new} products, {lost_percent} % fewer than the {previous} in use: it was held"
        );
        report.error(0, problem, "check the export; if it is right, import it with --allow-shrink, or upload it as products.<language>.allow-shrink.xml");
        desk.world.discard_staged(&import).await?;
        return Ok((FeedImport::Held, report));
    }
    let change = desk.world.publish_staged(&shop.id, language, &import).await?;
    Ok((FeedImport::Published(change), report))
}

/// Stages all products; the inner error is the report about a broken file.
async fn stage<W: Products>(
    desk: Desk<'_, W>,
    shop: &Shop,
    language: Language,
    (file, import): (&str, &str),
    read: impl Read + Send,
) -> Result<Result<(u64, FileReport), FileReport>, UseCaseError> {
    let context = FeedContext::new(shop.currency, file);
    let mut reader = match ProductFeedReader::new(read, &shop.feed, &context) {
        Ok(reader) => reader,
        Err(error) => return Ok(Err(broken(FileReport::new(file), &error))),
    };
    let mut batch: Vec<Product> = Vec::with_capacity(BATCH);
    let mut count = 0_u64;
    while let Some(product) = reader.next() {
        match product {
            Ok(product) => batch.push(product),
            Err(error) => return Ok(Err(broken(reader.finish(), &error))),
        }
        count += 1;
        if batch.len() == BATCH {
            desk.world.stage_products(&shop.id, language, import, &batch).await?;
            batch.clear();
        }
    }
    desk.world.stage_products(&shop.id, language, import, &batch).await?;
    Ok(Ok((count, reader.finish())))
}

fn broken(mut report: FileReport, error: &FeedError) -> FileReport {
    report.error(
        0,
        error.to_string(),
        "export the file again and upload it; the last good version stays in use",
    );
    report
}

/// Reads a file of topsellers or recommendations and replaces the shop's lists of that kind, unless it lost too many of
/// them: an export that broke off must not take everybody's recommendations away. `allow_shrink` as for products.
///
/// # Errors
/// [`UseCaseError`] of the store; a bad file is no error but a report, and changes nothing.
pub async fn import_lists<W: Products>(
    desk: Desk<'_, W>,
    shop: &ShopId,
    file: &str,
    read: impl Read + Send,
    allow_shrink: bool,
) -> Result<(FeedImport<u64>, FileReport), UseCaseError> {
    let shop = desk.shop(shop)?;
    let context = FeedContext::new(shop.currency, file);
    let mut reader = match RankingReader::new(read, &context) {
        Ok(reader) => reader,
        Err(error) => return Ok((FeedImport::Refused, broken(FileReport::new(file), &error))),
    };
    let kind = if reader.is_topsellers() { ListKind::Topsellers } else { ListKind::Recommendations };
    let mut lists = Vec::new();
    while let Some(row) = reader.next() {
        match row {
            Ok(row) => lists.push(stored_list(row)),
            Err(error) => return Ok((FeedImport::Refused, broken(reader.finish(), &error))),
        }
    }
    let mut report = reader.finish();
    if lists.is_empty() {
        return Ok((FeedImport::Refused, report));
    }
    let (previous, count) = (desk.world.list_count(&shop.id, kind).await?, count_of(&lists));
    let percent = if allow_shrink || previous < FEW_LISTS { 100 } else { shop.feed.max_shrink_percent };
    if let ShrinkVerdict::Hold { previous, new, lost_percent } = check_shrink(previous, count, percent) {
        let problem = format!(
            "the file has {new} lists, {lost_percent} % fewer than the {previous} in use: it was held"
        );
        report.error(0, problem, "check the export; if it is right, import it with --allow-shrink, or upload it under a name like recommendations.allow-shrink.csv");
        return Ok((FeedImport::Held, report));
    }
    desk.world.replace_lists(&shop.id, kind, &lists).await?;
    Ok((FeedImport::Published(count), report))
}

fn count_of(lists: &[(ListKey, Vec<ProductId>)]) -> u64 {
    u64::try_from(lists.len()).unwrap_or(u64::MAX)
}

/// The list under the key by which mails ask for it.
fn stored_list(row: RankingRow) -> (ListKey, Vec<ProductId>) {
    match row {
        RankingRow::Topseller(row) => (topseller_key(row.scope), row.products),
        RankingRow::Recommendation(row) => (recommendation_key(row.for_), row.products),
    }
}

fn topseller_key(scope: TopsellerScope) -> ListKey {
    match scope {
        TopsellerScope::Series(series) => ListKey::Series(series),
        TopsellerScope::Category(category) => ListKey::Category(category),
        TopsellerScope::Country(country) => ListKey::Country(country),
        TopsellerScope::Language(language) => ListKey::Language(language),
        TopsellerScope::All => ListKey::Shop,
    }
}

fn recommendation_key(key: RecommendationKey) -> ListKey {
    match key {
        RecommendationKey::Product(product) => ListKey::Product(product),
        RecommendationKey::Customer(number) => ListKey::Customer(number),
    }
}
