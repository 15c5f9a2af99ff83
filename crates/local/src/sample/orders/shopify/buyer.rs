//! The buyer of an order.

use serde_json::{Map, Value, json};

use super::object;
use crate::sample::orders::moment::local;
use crate::sample::orders::people::Person;
use crate::sample::orders::purchase::Purchase;
use crate::sample::shop::Shop;

const CUSTOMER_IDS: u64 = 115_310_627_314_723_000;

/// Address, language, consent, account.
pub fn fields(purchase: &Purchase) -> Map<String, Value> {
    let buyer = &purchase.buyer;
    let address = address(buyer, purchase.shop);
    object(json!({
        "email": buyer.email,
        "contact_email": (!buyer.email.is_empty()).then_some(&buyer.email),
        "phone": null,
        "buyer_accepts_marketing": purchase.agreed,
        "customer_locale": format!("{}-{}", buyer.lang.code(), purchase.shop.country),
        "billing_address": address,
        "shipping_address": address,
        "customer": customer(purchase),
    }))
}

/// Guests have none.
fn customer(purchase: &Purchase) -> Value {
    if purchase.is_guest {
        return Value::Null;
    }
    let buyer = &purchase.buyer;
    let id = CUSTOMER_IDS + buyer.number;
    json!({
        "id": id,
        "admin_graphql_api_id": format!("gid://shopify/Customer/{id}"),
        "email": buyer.email,
        "first_name": buyer.first_name,
        "last_name": buyer.last_name,
        "state": "enabled",
        "verified_email": true,
        "created_at": local(purchase.placed_at, purchase.shop),
        "updated_at": local(purchase.placed_at, purchase.shop),
        "currency": purchase.shop.currency.as_str(),
        "note": null,
        "phone": null,
        "multipass_identifier": null,
        "tax_exempt": false,
        "tax_exemptions": [],
        "default_address": address(buyer, purchase.shop),
    })
}

fn address(buyer: &Person, shop: &Shop) -> Value {
    let (street, zip, city, country) = place(shop);
    json!({
        "first_name": buyer.first_name,
        "last_name": buyer.last_name,
        "name": format!("{} {}", buyer.first_name, buyer.last_name),
        "company": null,
        "address1": format!("{street} {}", buyer.number),
        "address2": null,
        "zip": zip,
        "city": city,
        "province": null,
        "province_code": null,
        "country": country,
        "country_code": shop.country,
        "phone": null,
        "latitude": null,
        "longitude": null,
    })
}

/// Street, postcode, town, country.
fn place(shop: &Shop) -> (&'static str, &'static str, &'static str, &'static str) {
    match shop.country {
        "AT" => ("Sternenweg", "1010", "Wien", "Austria"),
        "FR" => ("Rue des Étoiles", "75003", "Paris", "France"),
        "GB" => ("Moonlight Row", "WC2E 8RF", "London", "United Kingdom"),
        _ => ("Mondgasse", "20095", "Hamburg", "Germany"),
    }
}
