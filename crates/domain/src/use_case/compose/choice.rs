//! Which products a mail shows.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{kept_lines, unmakeable};
use crate::enrolment::Claim;
use crate::feed::selection::{Block, Bought, Candidates, Provenance, Selection, Wanted, select};
use crate::flow::ProductSource;
use crate::id::{LineId, OrderKey, ProductId, SeriesId};
use crate::language::Language;
use crate::mail::data::MAX_BOUGHT;
use crate::order::{Line, Order};
use crate::ports::{ListKey, Products};
use crate::product::Product;
use crate::shop::Shop;
use crate::use_case::docket::Docket;
use crate::use_case::line_product::product_of;
use crate::use_case::{Desk, UseCaseError};

/// So many lists of recommendations are looked at, those of the first bought lines.
const MAX_SOURCES: usize = 4;

/// What a mail shows, as the feed has it now.
pub(super) struct Shown {
    /// The chosen products, in the order in which they are shown.
    pub(super) shown: Vec<Product>,
    /// All that was looked at.
    products: BTreeMap<ProductId, Product>,
    /// What the feed had not when it was bought, by order and line.
    since: BTreeMap<(OrderKey, LineId), Product>,
}

impl Shown {
    /// The product of a bought line.
    pub(super) fn of_line(&self, order: &Order, line: &Line) -> Option<&Product> {
        match &line.details.product {
            Some(id) => self.products.get(id),
            None => self.since.get(&(order.key.clone(), line.id.clone())),
        }
    }
}

/// Chooses the products of a mail.
pub(super) async fn choose_products<W: Products>(
    desk: Desk<'_, W>,
    docket: &Docket<'_>,
    claim: &Claim,
    now: Timestamp,
) -> Result<(Selection, Shown), UseCaseError> {
    let segment = docket.flow.segments.iter().find(|segment| segment.id == claim.segment);
    let Some(segment) = segment else {
        return Err(UseCaseError::Unmakeable(format!("no segment {}", claim.segment)));
    };
    let lists = lists(desk, docket, &segment.products, claim.language).await?;
    let owned = bought(docket.orders.iter().chain(&docket.others));
    let mut wanted_ids: Vec<ProductId> = lists.iter().flat_map(|(_, ids)| ids.iter().cloned()).collect();
    // Of what this mail is about the variants are left out too, which only the feed knows; of earlier purchases the same
    // products alone, so that a mail to somebody who buys often costs no more.
    wanted_ids.extend(bought(docket.orders.iter()).ids);
    wanted_ids.sort();
    wanted_ids.dedup();
    let products = products(desk, docket.shop, claim.language, &wanted_ids).await?;
    let candidates: Vec<Candidates<'_>> =
        lists.iter().map(|(provenance, ids)| Candidates { provenance: *provenance, ids }).collect();
    let (ProductSource::Topsellers { count, at_least, .. }
    | ProductSource::Recommendations { count, at_least, .. }) = segment.products;
    let hosts = docket.shop.hosts().map_err(unmakeable)?;
    let wanted = Wanted { lists: &candidates, bought: &owned, now, hosts: &hosts, count, minimum: at_least };
    let selection = select(&wanted, |id| products.get(id));
    let shown = match selection.block {
        Block::Shown => selection.chosen.iter().filter_map(|(id, _)| products.get(id).cloned()).collect(),
        Block::DroppedTooFew => Vec::new(),
    };
    let since = known_since(desk, docket, claim.language).await?;
    Ok((selection, Shown { shown, products, since }))
}

/// The products of lines that the feed did not know when they were bought.
async fn known_since<W: Products>(
    desk: Desk<'_, W>,
    docket: &Docket<'_>,
    language: Language,
) -> Result<BTreeMap<(OrderKey, LineId), Product>, UseCaseError> {
    let mut known = BTreeMap::new();
    let shown = kept_lines(&docket.orders).take(MAX_BOUGHT);
    for (order, line) in shown.filter(|(_, line)| line.details.product.is_none()) {
        let found = product_of(desk, docket.shop, language, line).await?;
        known.extend(found.map(|product| ((order.key.clone(), line.id.clone()), product)));
    }
    Ok(known)
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

/// Topsellers are the list that the website shows, of a series or of the whole shop. Recommendations are filled up from
/// everything.
fn list_keys(docket: &Docket<'_>, source: &ProductSource, language: Language) -> Vec<(Provenance, ListKey)> {
    let of_series = |series: &SeriesId| (Provenance::SeriesTopseller, ListKey::Series(series.clone()));
    let shop = [ListKey::Country(docket.shop.country), ListKey::Language(language), ListKey::Shop];
    let of_shop = shop.map(|key| (Provenance::ShopTopseller, key));
    match source {
        ProductSource::Topsellers { series: Some(series), .. } => vec![of_series(series)],
        ProductSource::Topsellers { series: None, .. } => of_shop.into(),
        ProductSource::Recommendations { series, .. } => {
            let series = series.as_ref().or_else(|| bought_series(&docket.orders)).map(of_series);
            recommended(&docket.orders)
                .chain(series)
                .chain(of_category(&docket.orders))
                .chain(of_shop)
                .collect()
        }
    }
}

fn recommended(orders: &[Order]) -> impl Iterator<Item = (Provenance, ListKey)> {
    let customer = customer_number(orders).map(ListKey::Customer);
    let products = bought_ids(orders).into_iter().take(MAX_SOURCES).map(ListKey::Product);
    let products = products.map(|key| (Provenance::RecommendedForProduct, key));
    customer.map(|key| (Provenance::RecommendedToCustomer, key)).into_iter().chain(products)
}

fn of_category(orders: &[Order]) -> Option<(Provenance, ListKey)> {
    Some((Provenance::CategoryTopseller, ListKey::Category(bought_category(orders)?)))
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

fn bought_series(orders: &[Order]) -> Option<&SeriesId> {
    kept_lines(orders).find_map(|(_, line)| line.details.series.as_ref())
}

/// What is not to be recommended: what she ever bought, and all the more what she gave back.
fn bought<'o>(orders: impl Iterator<Item = &'o Order>) -> Bought {
    let lines: Vec<&Line> =
        orders.filter_map(|order| order.snapshot.as_ref()).flat_map(|snapshot| &snapshot.lines).collect();
    Bought {
        ids: lines.iter().filter_map(|line| line.details.product.clone()).collect(),
        skus: lines.iter().filter_map(|line| line.sku.clone()).collect(),
        groups: std::collections::BTreeSet::new(),
    }
}
