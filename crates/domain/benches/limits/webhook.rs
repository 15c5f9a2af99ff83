//! P1: a signed order of Shopify, verified and read.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use divan::Bencher;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use nachklang_domain::id::ShopId;
use nachklang_domain::money::Currency;
use nachklang_domain::secret::SecretBytes;
use nachklang_domain::webhook::{Endpoint, Headers, WebhookRequest, Wire, verify_and_parse};

const ORDER: &[u8] = include_bytes!("shopify_order.json");
const SECRET: &[u8] = b"a secret of 32 bytes, as they are";

#[divan::bench]
fn verify_and_read_an_order(bencher: Bencher<'_, '_>) {
    let endpoint = endpoint();
    let headers = [
        ("content-type".to_owned(), "application/json".to_owned()),
        ("user-agent".to_owned(), "Shopify-Captain-Hook".to_owned()),
        ("x-shopify-topic".to_owned(), "orders/create".to_owned()),
        ("x-shopify-hmac-sha256".to_owned(), signature()),
    ];
    let request = WebhookRequest {
        shop: "de",
        wire: "shopify",
        topic: "orders-create",
        headers: Headers::new(&headers),
        body: ORDER,
    };
    let now: Timestamp = "2026-11-22T10:00:00Z".parse().expect("a time");
    bencher.bench_local(|| {
        verify_and_parse(divan::black_box(&request), Some(&endpoint), now).expect("it is signed")
    });
}

fn endpoint() -> Endpoint {
    let shop = ShopId::parse("de").expect("a shop");
    let secrets = [SecretBytes::new(SECRET.to_vec())];
    Endpoint::new(shop, Wire::Shopify, &secrets, Currency::EUR)
        .and_then(|endpoint| endpoint.with_shopify_domains(&["www.lunaria.example".to_owned()]))
        .expect("an endpoint")
}

fn signature() -> String {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET).expect("any key will do");
    mac.update(ORDER);
    STANDARD.encode(mac.finalize().into_bytes())
}
