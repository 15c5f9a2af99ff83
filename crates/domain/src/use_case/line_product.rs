//! The product of an order line in the shop's feed.

use super::Desk;
use crate::id::Sku;
use crate::language::Language;
use crate::order::Line;
use crate::ports::{PortResult, Products};
use crate::product::Product;
use crate::shop::Shop;

/// The product that a line means: in a language, else in the shop's first one, which may have the only feed.
pub(super) async fn product_of<W: Products>(
    desk: Desk<'_, W>,
    shop: &Shop,
    language: Language,
    line: &Line,
) -> PortResult<Option<Product>> {
    let default = shop.languages.first().copied().filter(|default| *default != language);
    for language in [Some(language), default].into_iter().flatten() {
        if let Some(found) = in_language(desk, shop, language, line).await? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// By id, else by SKU. A feed whose SKUs are cut out of its ids may hold the line's id as one: Shopify's channel feed names
/// the variant within `shopify_DE_<product>_<variant>`.
async fn in_language<W: Products>(
    desk: Desk<'_, W>,
    shop: &Shop,
    language: Language,
    line: &Line,
) -> PortResult<Option<Product>> {
    let (ids, sku) = (&line.product_ids, line.sku.as_ref());
    let found = desk.world.product_of_line(&shop.id, language, ids, sku).await?;
    if found.is_some() || shop.feed.sku_pattern.is_none() {
        return Ok(found);
    }
    for sku in ids.iter().filter_map(|id| Sku::parse(id.as_str()).ok()) {
        let found = desk.world.product_of_line(&shop.id, language, &[], Some(&sku)).await?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}
