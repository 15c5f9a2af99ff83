//! Which products a mail shows.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::kept_lines;
use crate::enrolment::Claim;
use crate::feed::selection::{Block, Bought, Candidates, Provenance, Selection, Wanted, select};
use crate::flow::ProductSource;
use crate::id::{ProductId, SeriesId};
use crate::language::Language;
use crate::order::Order;
use crate::ports::{ListKey, Products};
use crate::product::Product;
use crate::shop::Shop;
use crate::use_case::docket::Docket;
use crate::use_case::{Desk, UseCaseError};

/// So many lists of recommendations are looked at, those of the first bought lines.
const MAX_SOURCES: usize = 4;

/// Chooses the products of a mail; answers them as the feed has them now, in the order in which they are shown.
pub(super) async fn choose_products<W: Products>(
    desk: Desk<'_, W>,
    docket: &Docket<'_>,
    claim: &Claim,
    now: Timestamp,
) -> Result<(Selection, Vec<Product>), UseCaseError> {
    let segment = docket.flow.segments.iter().find(|segment| segment.id == claim.segment);
    let Some(segment) = segment else {
        return Err(UseCaseError::Unmakeable(format!("no segment {}", claim.segment)));
    };
    let lists = lists(desk, docket, &segment.products, claim.language).await?;
    let bought = bought(&docket.orders);
    let mut wanted_ids: Vec<ProductId> = lists.iter().flat_map(|(_, ids)| ids.iter().cloned()).collect();
    wanted_ids.extend(bought.ids.iter().cloned());
    wanted_ids.sort();
    wanted_ids.dedup();
    let products = products(desk, docket.shop, claim.language, &wanted_ids).await?;
    let candidates: Vec<Candidates<'_>> =
        lists.iter().map(|(provenance, ids)| Candidates { provenance: *provenance, ids }).collect();
    let (ProductSource::Topsellers { count, at_least, .. }
    | ProductSource::Recommendations { count, at_least, .. }) = segment.products;
    let wanted = Wanted { lists: &candidates, bought: &bought, now, count, minimum: at_least };
    let selection = select(&wanted, |id| products.get(id));
    let shown = match selection.block {
        Block::Shown => selection.chosen.iter().filter_map(|(id, _)| products.get(id).cloned()).collect(),
        Block::DroppedTooFew => Vec::new(),
    };
    Ok((selection, shown))
}

/// The products in the mail's language; in the shop's default language where it has no feed of its own (never in
/// another shop, so never in another currency).
async fn products<W: Products>(
    desk: Desk<'_, W>,
    shop: &Shop,
    language: Language,
    ids: &[ProductId],
) -> Result<BTreeMap<ProductId, Product>, UseCaseError> {
    let mut found = desk.world.products(&shop.id, language, ids).await?;
    let default = shop.languages.first().copied().filter(|default| found.is_empty() && *default != language);
    if let Some(default) = default {
        found = desk.world.products(&shop.id, default, ids).await?;
    }
    Ok(found.into_iter().map(|product| (product.id.clone(), product)).collect())
}

type Lists = Vec<(Provenance, Vec<ProductId>)>;

/// The lists of a segment, most fitting first.
async fn lists<W: Products>(
    desk: Desk<'_, W>,
    docket: &Docket<'_>,
    source: &ProductSource,
    language: Language,
) -> Result<Lists, UseCaseError> {
    let mut lists = Lists::new();
    for (provenance, key) in list_keys(docket, source, language) {
        lists.push((provenance, desk.world.list(&docket.shop.id, &key).await?));
    }
    Ok(lists)
}

fn list_keys(docket: &Docket<'_>, source: &ProductSource, language: Language) -> Vec<(Provenance, ListKey)> {
    let (orders, mut keys) = (&docket.orders, Vec::new());
    if matches!(source, ProductSource::Recommendations { .. }) {
        let customer = customer_number(orders).map(ListKey::Customer);
        keys.extend(customer.map(|key| (Provenance::RecommendedToCustomer, key)));
        let products = bought_ids(orders).into_iter().take(MAX_SOURCES).map(ListKey::Product);
        keys.extend(products.map(|key| (Provenance::RecommendedForProduct, key)));
    }
    let (ProductSource::Topsellers { series, .. } | ProductSource::Recommendations { series, .. }) = source;
    let series = series.clone().or_else(|| bought_series(orders)).map(ListKey::Series);
    keys.extend(series.map(|key| (Provenance::SeriesTopseller, key)));
    // A series mail shows its series only; anything else is filled up from the category and the whole shop.
    if !matches!(source, ProductSource::Topsellers { series: Some(_), .. }) {
        let category = bought_category(orders).map(ListKey::Category);
        keys.extend(category.map(|key| (Provenance::CategoryTopseller, key)));
        let shop = [ListKey::Country(docket.shop.country), ListKey::Language(language), ListKey::Shop];
        keys.extend(shop.map(|key| (Provenance::ShopTopseller, key)));
    }
    keys
}

fn customer_number(orders: &[Order]) -> Option<String> {
    let alive = orders.iter().filter(|order| order.dead().is_none());
    alive.filter_map(|order| order.snapshot.as_ref()).find_map(|snapshot| snapshot.customer_number.clone())
}

/// The category of the first bought product that has one, by the shop's own type before Google's.
fn bought_category(orders: &[Order]) -> Option<String> {
    kept_lines(orders).find_map(|(_, line)| {
        let own = Some(line.details.product_type.join(" > ")).filter(|path| !path.is_empty());
        own.or_else(|| line.details.category.clone())
    })
}

fn bought_ids(orders: &[Order]) -> Vec<ProductId> {
    kept_lines(orders).filter_map(|(_, line)| line.details.product.clone()).collect()
}

fn bought_series(orders: &[Order]) -> Option<SeriesId> {
    kept_lines(orders).find_map(|(_, line)| line.details.series.clone())
}

/// What is not to be recommended: what she bought, and all the more what she gave back.
fn bought(orders: &[Order]) -> Bought {
    let lines =
        || orders.iter().filter_map(|order| order.snapshot.as_ref()).flat_map(|snapshot| &snapshot.lines);
    Bought {
        ids: lines().filter_map(|line| line.details.product.clone()).collect(),
        skus: lines().filter_map(|line| line.sku.clone()).collect(),
        groups: std::collections::BTreeSet::new(),
    }
}
