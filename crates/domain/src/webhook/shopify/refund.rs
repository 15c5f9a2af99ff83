//! What was given back: alone in `refunds/create`, or listed in an order.

use std::collections::BTreeMap;

use crate::id::{LineId, RefundId};
use crate::order::Refund;
use crate::webhook::error::Unreadable;
use crate::webhook::json::{Object, Value};
use crate::webhook::{MAX_LINES, lines};

use super::line;

/// The refunds that an order lists.
pub(super) fn listed(field: &Value<'_>) -> Result<BTreeMap<RefundId, Refund>, Unreadable> {
    let items = field.list()?;
    lines::check_count(field, items.len(), MAX_LINES)?;
    let refunds =
        items.iter().map(|item| one(&item.required(item.object()?)?)).collect::<Result<Vec<_>, _>>()?;
    lines::check_unique(field, refunds.iter().map(|(id, _)| id))?;
    Ok(refunds.into_iter().collect())
}

/// One refund. A refund of money alone names no pieces.
pub(super) fn one(body: &Object<'_>) -> Result<(RefundId, Refund), Unreadable> {
    let id = body.get("id");
    let digits = id.required(id.whole()?)?.to_string();
    let wrong = |_| id.unreadable("is no refund id", "send Shopify's id");
    let at = match body.get("processed_at").time()? {
        Some(processed) => Some(processed),
        None => body.get("created_at").time()?,
    };
    let pieces = pieces(&body.get("refund_line_items"))?;
    Ok((RefundId::parse(&digits).map_err(wrong)?, Refund { at, pieces, ..Refund::default() }))
}

fn pieces(field: &Value<'_>) -> Result<BTreeMap<LineId, u32>, Unreadable> {
    let items = field.list()?;
    lines::check_count(field, items.len(), MAX_LINES)?;
    let given_back = |item: &Value<'_>| {
        let item = item.required(item.object()?)?;
        let quantity = item.get("quantity");
        Ok((line::id(&item.get("line_item_id"))?, quantity.required(quantity.pieces()?)?))
    };
    lines::sum_pieces(items.iter().map(given_back))
}
