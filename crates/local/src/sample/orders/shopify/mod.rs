//! Bodies of Shopify's order and refund webhooks, in the shape of its Admin REST API 2024-10.
//!
//! Source: <https://shopify.dev/docs/api/admin-rest/latest/resources/order>. The ids are larger than 2^53, as
//! Shopify's may be: whoever reads them as floating point numbers confuses orders.

mod buyer;
mod line;
mod price;
mod refund;

use serde_json::{Map, Value, json};

use super::basket::total;
use super::history::{GivenBack, State};
use super::moment::local;
use super::purchase::{Fate, Purchase};
use crate::sample::random::fingerprint;

pub use refund::refund;

const ORDER_IDS: u64 = 820_982_911_946_154_000;
/// The visible numbers begin here.
const FIRST_NUMBER: u32 = 1_001;

/// The order at a moment: body of `orders/create`, `orders/paid`, `orders/updated` and `orders/cancelled`.
#[must_use]
pub fn order(purchase: &Purchase, state: &State) -> Value {
    let mut order = Map::new();
    for part in [
        identity(purchase),
        progress(purchase, state),
        amounts(purchase, state),
        buyer::fields(purchase),
        line::fields(purchase, state),
        origin(purchase),
    ] {
        order.extend(part);
    }
    order.insert("refunds".into(), Value::Array(refunds(purchase, state)));
    Value::Object(order)
}

/// The id of the order.
fn order_id(purchase: &Purchase) -> u64 {
    ORDER_IDS + u64::from(purchase.number)
}

/// The fields of a JSON object.
fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

fn identity(purchase: &Purchase) -> Map<String, Value> {
    let id = order_id(purchase);
    let number = FIRST_NUMBER + purchase.number;
    let token = token("order", purchase);
    object(json!({
        "id": id,
        "admin_graphql_api_id": format!("gid://shopify/Order/{id}"),
        "name": format!("#{}{number}", purchase.shop.country),
        "number": number - 1_000,
        "order_number": number,
        "confirmation_number": token.get(..9).unwrap_or_default().to_uppercase(),
        "token": token,
        "cart_token": self::token("cart", purchase),
        "checkout_token": self::token("checkout", purchase),
        "checkout_id": id + 40_000_000_000,
        "order_status_url": format!(
            "https://{}.lunaria.example/69081234567/orders/{token}/authenticate?key={}",
            purchase.shop.id,
            self::token("status", purchase)
        ),
    }))
}

fn progress(purchase: &Purchase, state: &State) -> Map<String, Value> {
    let clock = |at| local(at, purchase.shop);
    object(json!({
        "created_at": clock(purchase.placed_at),
        "processed_at": clock(purchase.placed_at),
        "updated_at": clock(state.revision),
        "cancelled_at": state.cancelled_at.map(clock),
        "cancel_reason": state.cancelled_at.map(|_| "customer"),
        "closed_at": null,
        "confirmed": true,
        "test": purchase.fate == Fate::Test,
        "financial_status": financial_status(state),
        "fulfillment_status": state.sent_at.map(|_| "fulfilled"),
    }))
}

const fn financial_status(state: &State) -> &'static str {
    match (state.given_back, state.cancelled_at) {
        (GivenBack::Everything, _) | (_, Some(_)) => "refunded",
        (GivenBack::OnePiece, None) => "partially_refunded",
        (GivenBack::Nothing, None) if state.paid => "paid",
        (GivenBack::Nothing, None) => "pending",
    }
}

fn amounts(purchase: &Purchase, state: &State) -> Map<String, Value> {
    let total = total(&purchase.items, purchase.shop);
    let returned = state.returned(purchase);
    let back: i64 = returned.iter().map(|(_, item, pieces)| item.unit_price.minor * pieces).sum();
    let current = price::of(total.minor - back, purchase.shop);
    object(json!({
        "currency": purchase.shop.currency.as_str(),
        "presentment_currency": purchase.shop.currency.as_str(),
        "taxes_included": true,
        "subtotal_price": total.to_decimal(),
        "subtotal_price_set": price::set(total),
        "total_line_items_price": total.to_decimal(),
        "total_line_items_price_set": price::set(total),
        "total_price": total.to_decimal(),
        "total_price_set": price::set(total),
        "current_subtotal_price": current.to_decimal(),
        "current_total_price": current.to_decimal(),
        "current_total_price_set": price::set(current),
        "total_discounts": "0.00",
        "total_discounts_set": price::set(price::of(0, purchase.shop)),
        "total_tax": price::tax(total).to_decimal(),
        "total_tax_set": price::set(price::tax(total)),
        "tax_lines": [],
        "discount_applications": [],
        "discount_codes": codes(purchase),
    }))
}

/// The code is for free shipping, so it takes nothing off the goods.
fn codes(purchase: &Purchase) -> Vec<Value> {
    if purchase.code.is_empty() {
        return Vec::new();
    }
    vec![json!({ "code": purchase.code, "amount": "0.00", "type": "shipping" })]
}

fn origin(purchase: &Purchase) -> Map<String, Value> {
    object(json!({
        "app_id": 580_111,
        "source_name": "web",
        "source_identifier": null,
        "landing_site": format!("/{}/", purchase.buyer.lang.code()),
        "referring_site": "",
        "location_id": null,
        "device_id": null,
        "user_id": null,
        "browser_ip": null,
        "client_details": null,
        "note": null,
        "note_attributes": [],
        "tags": "",
        "payment_gateway_names": ["shopify_payments"],
        "payment_terms": null,
        "merchant_of_record_app_id": null,
    }))
}

fn refunds(purchase: &Purchase, state: &State) -> Vec<Value> {
    match state.given_back {
        GivenBack::Nothing => Vec::new(),
        GivenBack::OnePiece | GivenBack::Everything => vec![refund(purchase, state)],
    }
}

/// 32 hexadecimal digits that belong to a purchase.
fn token(what: &str, purchase: &Purchase) -> String {
    let number = purchase.number.to_string();
    let (high, low) = (fingerprint(&[what, &number]), fingerprint(&[&number, what]));
    format!("{high:016x}{low:016x}")
}
