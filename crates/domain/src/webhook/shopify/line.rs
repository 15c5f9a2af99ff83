//! The lines of an order; gift cards are lines too.

use std::collections::BTreeMap;

use crate::id::{LineId, ProductId, RefundId, Sku};
use crate::money::Currency;
use crate::order::{Line, LineDetails, Refund};
use crate::webhook::error::Unreadable;
use crate::webhook::json::{Object, Value};
use crate::webhook::{MAX_LINES, MAX_TITLE, Note, lines};

/// All lines, priced in the shop's currency (`price`, not `price_set.presentment_money`).
pub(super) fn all(
    field: &Value<'_>,
    currency: Currency,
    refunds: &BTreeMap<RefundId, Refund>,
    notes: &mut Vec<Note>,
) -> Result<Vec<Line>, Unreadable> {
    let items = field.list()?;
    lines::check_count(field, items.len(), MAX_LINES)?;
    let lines = items
        .iter()
        .map(|item| one(&item.required(item.object()?)?, currency, refunds, notes))
        .collect::<Result<Vec<_>, _>>()?;
    lines::check_unique(field, lines.iter().map(|line| &line.id))?;
    Ok(lines)
}

fn one(
    item: &Object<'_>,
    currency: Currency,
    refunds: &BTreeMap<RefundId, Refund>,
    notes: &mut Vec<Note>,
) -> Result<Line, Unreadable> {
    let id = id(&item.get("id"))?;
    let price = item.get("price");
    Ok(Line {
        quantity: bought(item, &id, refunds)?,
        id,
        sku: item.get("sku").if_readable(notes, "is no SKU of 1 to 128 bytes", Sku::parse),
        product_ids: product_ids(item)?,
        title: title(item)?,
        unit_price: price.required(price.amount(currency)?)?,
        odd_minor: 0,
        details: LineDetails::default(),
    })
}

pub(super) fn id(field: &Value<'_>) -> Result<LineId, Unreadable> {
    let digits = field.required(field.whole()?)?.to_string();
    LineId::parse(&digits).map_err(|_| field.unreadable("is no line id", "send Shopify's id"))
}

/// Pieces bought, without those that were edited out of the order.
///
/// `quantity` is never lowered; `current_quantity` lacks refunded pieces too, which are subtracted elsewhere by the
/// refund that names them. So the refunds of this very body are added back.
fn bought(item: &Object<'_>, id: &LineId, refunds: &BTreeMap<RefundId, Refund>) -> Result<u32, Unreadable> {
    let field = item.get("quantity");
    let ordered = field.required(field.pieces()?)?;
    let Some(current) = item.get("current_quantity").pieces()? else {
        return Ok(ordered);
    };
    let refunded = refunds
        .values()
        .filter_map(|refund| refund.pieces.get(id))
        .fold(0_u32, |sum, pieces| sum.saturating_add(*pieces));
    Ok(ordered.min(current.saturating_add(refunded)))
}

/// The variant first: a feed that knows variants has a picture of the very colour that was bought.
fn product_ids(item: &Object<'_>) -> Result<Vec<ProductId>, Unreadable> {
    ["variant_id", "product_id"]
        .into_iter()
        .filter_map(|name| product_id(&item.get(name)).transpose())
        .collect()
}

fn product_id(field: &Value<'_>) -> Result<Option<ProductId>, Unreadable> {
    let wrong = || field.unreadable("is no product id", "send Shopify's id");
    field.whole()?.map(|id| ProductId::parse(&id.to_string()).map_err(|_| wrong())).transpose()
}

fn title(item: &Object<'_>) -> Result<String, Unreadable> {
    match item.get("title").line(MAX_TITLE)? {
        Some(title) => Ok(title),
        None => Ok(item.get("name").line(MAX_TITLE)?.unwrap_or_default()),
    }
}
