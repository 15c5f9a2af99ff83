//! Refunds.

use serde_json::{Value, json};

use super::line::{line, line_id};
use super::{order_id, price};
use crate::sample::orders::basket::Item;
use crate::sample::orders::history::State;
use crate::sample::orders::moment::local;
use crate::sample::orders::purchase::Purchase;

/// What separates the ids of refunds, their lines and payments from those of orders.
const REFUND_IDS: u64 = 1_000_000_000;

/// The refund of what was given back: body of `refunds/create`, and part of a later order.
#[must_use]
pub fn refund(purchase: &Purchase, state: &State) -> Value {
    let id = order_id(purchase) + REFUND_IDS;
    let at = local(state.revision, purchase.shop);
    let lines: Vec<Value> = state
        .returned(purchase)
        .into_iter()
        .map(|(at, item, pieces)| refund_line(purchase, at, item, pieces))
        .collect();
    json!({
        "id": id,
        "admin_graphql_api_id": format!("gid://shopify/Refund/{id}"),
        "order_id": order_id(purchase),
        "created_at": at,
        "processed_at": at,
        "note": null,
        "restock": true,
        "user_id": null,
        "duties": [],
        "order_adjustments": [],
        "refund_line_items": lines,
        "transactions": [payment(purchase, state, &at)],
    })
}

/// Shopify writes the sums of a refund's lines as JSON numbers and everything else as text.
fn refund_line(purchase: &Purchase, at: usize, item: &Item, pieces: i64) -> Value {
    let sum = price::of(item.unit_price.minor * pieces, purchase.shop);
    json!({
        "id": line_id(purchase, at) + REFUND_IDS,
        "line_item_id": line_id(purchase, at),
        "line_item": line(purchase, at, item),
        "quantity": pieces,
        "restock_type": "return",
        "location_id": null,
        "subtotal": number(&sum.to_decimal()),
        "subtotal_set": price::set(sum),
        "total_tax": number(&price::tax(sum).to_decimal()),
        "total_tax_set": price::set(price::tax(sum)),
    })
}

fn number(decimal: &str) -> Value {
    decimal.parse::<serde_json::Number>().map_or(Value::Null, Value::Number)
}

fn payment(purchase: &Purchase, state: &State, at: &str) -> Value {
    let returned = state.returned(purchase);
    let back = returned.iter().map(|(_, item, pieces)| item.unit_price.minor * pieces).sum();
    let id = order_id(purchase) + 2 * REFUND_IDS;
    json!({
        "id": id,
        "admin_graphql_api_id": format!("gid://shopify/OrderTransaction/{id}"),
        "order_id": order_id(purchase),
        "parent_id": order_id(purchase) + 3 * REFUND_IDS,
        "kind": "refund",
        "status": "success",
        "gateway": "shopify_payments",
        "amount": price::of(back, purchase.shop).to_decimal(),
        "currency": purchase.shop.currency.as_str(),
        "created_at": at,
        "processed_at": at,
        "test": false,
        "error_code": null,
        "message": null,
        "receipt": {},
    })
}
