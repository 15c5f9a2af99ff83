//! Lines and parcels of an order.

use serde_json::{Map, Value, json};

use super::{object, order_id, price};
use crate::sample::catalogue::SampleProduct;
use crate::sample::language::Lang;
use crate::sample::orders::basket::Item;
use crate::sample::orders::history::State;
use crate::sample::orders::moment::local;
use crate::sample::orders::purchase::Purchase;
use crate::sample::random::fingerprint;

const LINE_IDS: u64 = 866_550_311_766_430_000;
const PRODUCT_IDS: u64 = 788_032_000_000_000_000;
const VARIANT_IDS: u64 = 642_667_000_000_000_000;

/// Lines, parcels and shipping.
pub fn fields(purchase: &Purchase, state: &State) -> Map<String, Value> {
    let lines: Vec<Value> = purchase
        .items
        .iter()
        .enumerate()
        .map(|(at, item)| {
            let mut line = line(purchase, at, item);
            line.extend(left(purchase, state, at, item));
            Value::Object(line)
        })
        .collect();
    object(json!({
        "line_items": lines,
        "fulfillments": parcels(purchase, state),
        "shipping_lines": [shipping(purchase)],
        "total_weight": purchase.items.len() * 12,
    }))
}

/// The id of the line at an index.
pub fn line_id(purchase: &Purchase, at: usize) -> u64 {
    LINE_IDS + u64::from(purchase.number) * 10 + u64::try_from(at).unwrap_or(9)
}

/// One line, without what changes after the purchase.
pub fn line(purchase: &Purchase, at: usize, item: &Item) -> Map<String, Value> {
    let id = line_id(purchase, at);
    object(json!({
        "id": id,
        "admin_graphql_api_id": format!("gid://shopify/LineItem/{id}"),
        "product_id": PRODUCT_IDS + foreign_id("product", &item.product.family()),
        "variant_id": VARIANT_IDS + foreign_id("variant", &item.product.sku),
        "product_exists": true,
        "sku": item.product.sku,
        "title": item.title,
        "name": item.title,
        "variant_title": variant_title(item.product, purchase.buyer.lang),
        "vendor": "Lunaria",
        "quantity": item.quantity,
        "price": item.unit_price.to_decimal(),
        "price_set": price::set(item.unit_price),
        "total_discount": "0.00",
        "total_discount_set": price::set(price::of(0, purchase.shop)),
        "grams": 12,
        "gift_card": false,
        "taxable": true,
        "requires_shipping": true,
        "fulfillment_service": "manual",
        "variant_inventory_management": "shopify",
        "properties": [],
        "tax_lines": [],
        "duties": [],
        "discount_allocations": [],
    }))
}

/// What changes after the purchase: pieces that are left, pieces still to be sent.
fn left(purchase: &Purchase, state: &State, at: usize, item: &Item) -> Map<String, Value> {
    let returned = state.returned(purchase);
    let back: i64 = returned.iter().filter(|(line, ..)| *line == at).map(|(.., pieces)| pieces).sum();
    let is_open = state.sent_at.is_none() && state.cancelled_at.is_none();
    object(json!({
        "current_quantity": if state.cancelled_at.is_some() { 0 } else { item.quantity - back },
        "fulfillable_quantity": if is_open { item.quantity } else { 0 },
        "fulfillment_status": state.sent_at.map(|_| "fulfilled"),
    }))
}

fn variant_title(product: &SampleProduct, lang: Lang) -> Option<&'static str> {
    product.has_variants.then(|| product.metal.name().get(lang))
}

fn foreign_id(what: &str, name: &str) -> u64 {
    fingerprint(&[what, name]) % 1_000_000_000_000
}

fn parcels(purchase: &Purchase, state: &State) -> Vec<Value> {
    let parcel = state.sent_at.map(|at| {
        json!({
            "id": order_id(purchase) + 7_000_000_000,
            "order_id": order_id(purchase),
            "name": format!("#{}{}.1", purchase.shop.country, super::FIRST_NUMBER + purchase.number),
            "service": "manual",
            "status": "success",
            "shipment_status": null,
            "created_at": local(at, purchase.shop),
            "updated_at": local(at, purchase.shop),
            "tracking_company": null,
            "tracking_number": null,
            "tracking_numbers": [],
            "tracking_urls": [],
        })
    });
    parcel.into_iter().collect()
}

fn shipping(purchase: &Purchase) -> Value {
    json!({
        "id": order_id(purchase) + 9_000_000_000,
        "code": "Standard",
        "title": "Standard",
        "source": "shopify",
        "price": "0.00",
        "price_set": price::set(price::of(0, purchase.shop)),
        "discounted_price": "0.00",
        "phone": null,
        "tax_lines": [],
        "discount_allocations": [],
    })
}
