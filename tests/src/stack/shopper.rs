//! A customer of a shop, and what the shop system tells of her purchases.

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{Answer, Stack};

const SHOPS: [&str; 7] = ["at", "ch", "de", "es", "fr", "it", "uk"];
/// Every purchase lies so far back that its mail is due, after two days or after twelve.
const BOUGHT_AGO: SignedDuration = SignedDuration::from_hours(14 * 24);

/// A customer.
#[derive(Debug, Clone)]
pub struct Shopper {
    /// The shop she buys from.
    pub shop: &'static str,
    /// Her address.
    pub email: String,
    /// Her first name.
    pub first_name: &'static str,
    /// The language of her browser.
    pub language: &'static str,
}

/// What the shop system sends.
#[derive(Debug, Clone)]
pub struct Order {
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    /// The number under which it is stored.
    pub number: String,
}

impl Shopper {
    /// Someone who buys a charm and earrings, as Shopify tells it.
    ///
    /// # Errors
    /// Never, for a number.
    pub fn buys(&self, number: u32) -> anyhow::Result<Order> {
        let at = Timestamp::now().checked_sub(BOUGHT_AGO)?.to_string();
        let line = |id: u64, sku: &str, title: &str, price: &str| json!({ "id": id, "sku": sku, "title": title, "quantity": 1, "current_quantity": 1, "price": price });
        let body = json!({
            "id": shopify_id(number),
            "name": format!("#{number}"),
            "order_number": number,
            "created_at": at,
            "processed_at": at,
            "updated_at": at,
            "currency": currency(self.shop),
            "financial_status": "paid",
            "source_name": "web",
            "test": false,
            "email": self.email,
            "customer_locale": self.language,
            "order_status_url": format!("https://{}.lunaria.example/orders/{number}", self.shop),
            "customer": { "id": number, "email": self.email, "first_name": self.first_name },
            "line_items": [
                line(1, "CC-011", "Charm Blatt mit Gravur", "39.00"),
                line(2, "ER-013", "Ohrringe Blatt im Etui", "49.00"),
            ],
            "refunds": [],
        });
        Ok(self.told(number, "orders-create", &body))
    }

    /// What Shopify sends under a topic, signed.
    #[must_use]
    pub fn told(&self, number: u32, topic: &str, body: &Value) -> Order {
        let body = body.to_string().into_bytes();
        let headers = vec![
            ("content-type", "application/json".to_owned()),
            ("x-shopify-hmac-sha256", STANDARD.encode(hmac(shopify_secret(self.shop).as_bytes(), &body))),
            ("x-shopify-webhook-id", format!("{}-{number}-{topic}", self.shop)),
        ];
        let path = format!("/webhooks/{}/shopify/{topic}", self.shop);
        Order { path, headers, body, number: shopify_id(number).to_string() }
    }

    /// The same purchase as the order API tells it.
    ///
    /// # Errors
    /// When the calendar has no such moment.
    pub fn buys_by_api(&self, number: u32) -> anyhow::Result<Order> {
        let at = Timestamp::now().checked_sub(BOUGHT_AGO)?.to_string();
        let line = |id: &str, sku: &str, title: &str, price: &str| json!({ "id": id, "sku": sku, "title": title, "quantity": 1, "unit_price": price });
        let number = format!("{}-{number}", self.shop.to_uppercase());
        let body = json!({ "order": {
            "number": number,
            "revision": at,
            "placed_at": at,
            "channel": "online",
            "payment": "paid",
            "currency": currency(self.shop),
            "customer": { "email": self.email, "first_name": self.first_name, "language": self.language },
            "lines": [
                line("1", "CC-011", "Charm Blatt mit Gravur", "39.00"),
                line("2", "ER-013", "Ohrringe Blatt im Etui", "49.00"),
            ],
        }});
        Ok(self.told_by_api(&number, &format!("msg-{number}"), &body))
    }

    /// What the order API is told of an order under the id of a message, signed now.
    #[must_use]
    pub fn told_by_api(&self, number: &str, id: &str, body: &Value) -> Order {
        let (body, seconds) = (body.to_string().into_bytes(), Timestamp::now().as_second());
        let signed = [format!("{id}.{seconds}.").as_bytes(), &body].concat();
        let signature = STANDARD.encode(hmac(api_key(self.shop).as_bytes(), &signed));
        let headers = vec![
            ("content-type", "application/json".to_owned()),
            ("webhook-id", id.to_owned()),
            ("webhook-timestamp", seconds.to_string()),
            ("webhook-signature", format!("v1,{signature}")),
        ];
        Order {
            path: format!("/webhooks/{}/api/orders", self.shop),
            headers,
            body,
            number: number.to_owned(),
        }
    }
}

impl Order {
    /// The same under the signature of somebody else.
    #[must_use]
    pub fn badly_signed(mut self) -> Self {
        let forged = STANDARD.encode(hmac(b"not the secret", &self.body));
        for (name, value) in &mut self.headers {
            if *name == "x-shopify-hmac-sha256" {
                value.clone_from(&forged);
            }
        }
        self
    }
}

impl Stack {
    /// Posts what the shop system sends.
    ///
    /// # Errors
    /// When nobody answers.
    pub async fn post(&self, order: &Order) -> anyhow::Result<Answer> {
        self.ask("POST", &order.path, &order.headers, &order.body).await
    }

    /// Posts a purchase that is new, and expects that it is taken.
    ///
    /// # Errors
    /// When it is not.
    pub async fn takes(&self, order: &Order) -> anyhow::Result<()> {
        let answer = self.post(order).await?;
        let taken = answer.json().with_context(|| format!("order {}", order.number))?;
        anyhow::ensure!(taken == json!({ "stored": 1, "known": 0 }), "order {}: {taken}", order.number);
        Ok(())
    }
}

/// The secret of the webhooks, as an operator stores it.
pub(super) fn secrets() -> Value {
    let shopify = SHOPS.iter().map(|shop| (format!("shopify-{shop}"), shopify_secret(shop)));
    let api = SHOPS
        .iter()
        .map(|shop| (format!("order-api-{shop}"), format!("whsec_{}", STANDARD.encode(api_key(shop)))));
    shopify
        .chain(api)
        .map(|(name, secret)| (name, Value::String(secret)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// Shopify's ids are larger than 2^53.
fn shopify_id(number: u32) -> u64 {
    820_982_911_946_154_000 + u64::from(number)
}

fn shopify_secret(shop: &str) -> String {
    format!("the app secret of {shop}")
}

fn api_key(shop: &str) -> String {
    format!("the key of {shop}, of 32 bytes")
}

fn currency(shop: &str) -> &'static str {
    match shop {
        "ch" => "CHF",
        "uk" => "GBP",
        _ => "EUR",
    }
}

fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap_or_else(|_| unreachable!("HMAC takes any key"));
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}
