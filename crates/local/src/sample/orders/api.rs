//! Bodies of Nachklang's own order API.

use serde_json::{Value, json};

use super::history::{GivenBack, State};
use super::moment::later;
use super::purchase::{Fate, Purchase};

/// How long a parcel travels, in seconds.
const TRAVEL: i64 = 26 * 3_600;

/// The order at a moment.
#[must_use]
pub fn order(purchase: &Purchase, state: &State) -> Value {
    json!({ "order": {
        "number": number(purchase),
        "revision": state.revision.to_string(),
        "placed_at": purchase.placed_at.to_string(),
        "delivered_at": delivered_at(state),
        "channel": "online",
        "payment": payment(state),
        "test": purchase.fate == Fate::Test,
        "cancelled_at": state.cancelled_at.map(|at| at.to_string()),
        "currency": purchase.shop.currency.as_str(),
        "customer": customer(purchase),
        "consent": consent(purchase),
        "lines": lines(purchase),
        "refunds": refunds(purchase, state),
        "codes_used": if purchase.code.is_empty() { Vec::new() } else { vec![purchase.code] },
    }})
}

fn number(purchase: &Purchase) -> String {
    format!("{}-{}", purchase.shop.country, 1_001 + purchase.number)
}

/// The shop learns of the delivery with the refund: what is given back has arrived.
fn delivered_at(state: &State) -> Option<String> {
    let arrived = later(state.sent_at?, TRAVEL);
    (arrived <= state.revision).then(|| arrived.to_string())
}

const fn payment(state: &State) -> &'static str {
    match state.given_back {
        GivenBack::Everything => "refunded",
        _ if state.paid => "paid",
        _ => "pending",
    }
}

fn customer(purchase: &Purchase) -> Value {
    let buyer = &purchase.buyer;
    json!({
        "email": (!buyer.email.is_empty()).then_some(&buyer.email),
        "number": (!purchase.is_guest).then(|| format!("L{:06}", 204_000 + buyer.number)),
        "first_name": buyer.first_name,
        "language": buyer.lang.code(),
        "country": purchase.shop.country,
    })
}

fn consent(purchase: &Purchase) -> Value {
    if !purchase.agreed {
        return Value::Null;
    }
    json!({
        "at": purchase.placed_at.to_string(),
        "source": "checkout",
        "text_version": "checkout-2026-01",
    })
}

fn lines(purchase: &Purchase) -> Vec<Value> {
    purchase
        .items
        .iter()
        .zip(1_u32..)
        .map(|(item, line)| {
            json!({
                "id": line.to_string(),
                "sku": item.product.sku,
                "product_id": item.product.id(),
                "title": item.title,
                "quantity": item.quantity,
                "unit_price": item.unit_price.to_decimal(),
            })
        })
        .collect()
}

fn refunds(purchase: &Purchase, state: &State) -> Vec<Value> {
    let returned: Vec<Value> = state
        .returned(purchase)
        .into_iter()
        .map(|(line, _, pieces)| json!({ "line": (line + 1).to_string(), "pieces": pieces }))
        .collect();
    if returned.is_empty() {
        return Vec::new();
    }
    vec![json!({ "id": "r1", "at": state.revision.to_string(), "lines": returned })]
}
