//! Orders as Shopify tells them: 2.4 KB of JSON each, signed.

#![expect(clippy::expect_used, reason = "a fixture that is broken leaves nothing to measure")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use jiff::civil::Date;
use nachklang_domain::id::ShopId;
use nachklang_domain::money::Currency;
use nachklang_domain::secret::SecretBytes;
use nachklang_domain::webhook::{
    Endpoint, Headers, Received, WebhookError, WebhookRequest, Wire, verify_and_parse,
};

const ORDER: &str = include_str!("shopify_order.json");
const SECRET: &[u8] = b"a secret of 32 bytes, as they are";
/// What stands in the example and differs from order to order.
const EXAMPLE: Purchase<'_> =
    Purchase { number: 10_042, buyer: "mira", day: jiff::civil::date(2026, 11, 20) };

/// Stands for the id while the rest is put in.
const ID: &str = "{id}";

/// What differs from order to order.
#[derive(Debug, Clone, Copy)]
pub struct Purchase<'a> {
    /// The order's number; its id follows from it.
    pub number: u64,
    /// The buyer's name in her address.
    pub buyer: &'a str,
    /// The day of the purchase.
    pub day: Date,
}

/// An order as it arrives.
#[derive(Debug, Clone)]
pub struct Signed {
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Signed {
    /// The example itself.
    #[must_use]
    pub fn example() -> Self {
        Self::of(ORDER.as_bytes().to_vec())
    }

    /// An order like the example.
    #[must_use]
    pub fn order(purchase: Purchase<'_>) -> Self {
        let id = |purchase: Purchase<'_>| (7_281_640_003_783 + purchase.number).to_string();
        // The id goes in last: it may hold the digits of the example's number.
        let body = ORDER
            .replace(&id(EXAMPLE), ID)
            .replace(&EXAMPLE.number.to_string(), &purchase.number.to_string())
            .replace(ID, &id(purchase))
            .replace(&format!("{}@", EXAMPLE.buyer), &format!("{}@", purchase.buyer))
            .replace(&EXAMPLE.day.to_string(), &purchase.day.to_string());
        Self::of(body.into_bytes())
    }

    fn of(body: Vec<u8>) -> Self {
        let headers = [
            ("content-type", "application/json".to_owned()),
            ("user-agent", "Shopify-Captain-Hook".to_owned()),
            ("x-shopify-topic", "orders/create".to_owned()),
            ("x-shopify-hmac-sha256", signature(&body)),
        ];
        Self { headers: headers.map(|(name, value)| (name.to_owned(), value)).to_vec(), body }
    }

    /// Verifies and reads it.
    ///
    /// # Errors
    /// When the endpoint is not its own.
    pub fn read(&self, endpoint: &Endpoint, now: Timestamp) -> Result<Received, WebhookError> {
        let request = WebhookRequest {
            shop: "de",
            wire: "shopify",
            topic: "orders-create",
            headers: Headers::new(&self.headers),
            body: &self.body,
        };
        verify_and_parse(&request, Some(endpoint), now)
    }

    /// Its headers.
    #[must_use]
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// Its bytes.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

/// The door of the German shop.
#[must_use]
pub fn endpoint() -> Endpoint {
    let shop = ShopId::parse("de").expect("a shop");
    let secrets = [SecretBytes::new(SECRET.to_vec())];
    Endpoint::new(shop, Wire::Shopify, &secrets, Currency::EUR)
        .and_then(|endpoint| endpoint.with_shopify_domains(&["de.lunaria.example".to_owned()]))
        .expect("an endpoint")
}

/// A moment after the example was sent.
#[must_use]
pub fn now() -> Timestamp {
    "2026-11-22T10:00:00Z".parse().expect("a time")
}

/// The secret and the signature of the example, for those who do the same work.
#[must_use]
pub fn secret_and_signature() -> (&'static str, String) {
    (std::str::from_utf8(SECRET).expect("it is text"), signature(ORDER.as_bytes()))
}

fn signature(body: &[u8]) -> String {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET).expect("any key will do");
    mac.update(body);
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_like_the_example_differs_in_number_buyer_and_day_alone() {
        let day = jiff::civil::date(2026, 3, 4);
        let made = Signed::order(Purchase { number: 7, buyer: "person-3", day });
        let received = made.read(&endpoint(), now()).unwrap();
        let [event] = received.events.as_slice() else { panic!("one order") };
        let snapshot = event.snapshot.as_ref().unwrap();
        assert_eq!(event.key.number.as_str(), "7281640003790");
        assert_eq!(snapshot.email.as_ref().unwrap().expose(), "person-3@example.com");
        assert_eq!(snapshot.placed_at.to_string(), "2026-03-04T17:24:09Z");
        assert_eq!(Signed::order(EXAMPLE).body(), ORDER.as_bytes());
    }

    #[test]
    fn an_order_keeps_its_id_though_it_holds_the_digits_of_the_example() {
        let order = Signed::order(Purchase { number: 6_259, ..EXAMPLE });
        let body = String::from_utf8(order.body().to_vec()).expect("it is text");
        assert!(body.contains("7281640010042") && body.contains("6259"), "{body}");
    }
}
