//! The whole way: from HTTP to events, in the order that is promised.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use proptest::prelude::*;

use super::fixtures::{API_ORDER, SHOPIFY_ORDER, SHOPIFY_REFUND};
use super::signature::hmac_sha256;
use super::*;
use crate::id::ShopId;
use crate::money::Currency;
use crate::secret::SecretBytes;

const SECONDS: i64 = 1_793_610_720;
const KEY: &[u8] = b"thirty-two bytes of order api key";

fn endpoint(shop: &str, wire: Wire) -> Endpoint {
    let secret = match wire {
        Wire::Shopify => b"lunaria-app-secret".to_vec(),
        Wire::OrderApi => format!("whsec_{}", STANDARD.encode(KEY)).into_bytes(),
    };
    let shop = ShopId::parse(shop).unwrap();
    Endpoint::new(shop, wire, &[SecretBytes::new(secret)], Currency::CHF)
        .and_then(|endpoint| endpoint.with_shopify_domains(&["lunaria.example".to_owned()]))
        .unwrap()
}

fn shopify_headers(body: &[u8]) -> Vec<(String, String)> {
    let mac = STANDARD.encode(hmac_sha256(b"lunaria-app-secret", &[body]));
    vec![("X-Shopify-Hmac-SHA256".to_owned(), mac)]
}

fn api_headers(body: &[u8]) -> Vec<(String, String)> {
    let time = SECONDS.to_string();
    let mac = STANDARD.encode(hmac_sha256(KEY, &[b"msg_1.", time.as_bytes(), b".", body]));
    vec![
        ("webhook-id".to_owned(), "msg_1".to_owned()),
        ("webhook-timestamp".to_owned(), time),
        ("webhook-signature".to_owned(), format!("v1,{mac}")),
    ]
}

/// Receives at a path `shop/wire/topic`.
fn receive(
    path: &str,
    headers: &[(String, String)],
    body: &[u8],
    endpoint: Option<&Endpoint>,
) -> Result<Received, WebhookError> {
    let mut parts = path.split('/');
    let request = WebhookRequest {
        shop: parts.next().unwrap(),
        wire: parts.next().unwrap(),
        topic: parts.next().unwrap(),
        headers: Headers::new(headers),
        body,
    };
    verify_and_parse(&request, endpoint, Timestamp::from_second(SECONDS).unwrap())
}

fn shopify(topic: &str, body: &[u8]) -> Result<Received, WebhookError> {
    let endpoint = endpoint("ch", Wire::Shopify);
    receive(&format!("ch/shopify/{topic}"), &shopify_headers(body), body, Some(&endpoint))
}

fn api(body: &[u8]) -> Result<Received, WebhookError> {
    let endpoint = endpoint("ch", Wire::OrderApi);
    receive("ch/api/orders", &api_headers(body), body, Some(&endpoint))
}

#[test]
fn a_signed_body_becomes_an_event_of_its_shop_and_source() {
    for topic in ["orders-create", "orders-paid", "orders-updated"] {
        let received = shopify(topic, SHOPIFY_ORDER.as_bytes()).unwrap();
        assert_eq!(received.events[0].key.to_string(), "ch/shopify/820982911946154509");
    }
    let refund = shopify("refunds-create", SHOPIFY_REFUND.as_bytes()).unwrap();
    assert_eq!(refund.events[0].refunds.len(), 1);
    let order = api(API_ORDER.as_bytes()).unwrap();
    assert_eq!(order.events[0].key.to_string(), "ch/api/CH-1001");
}

#[test]
fn an_unknown_shop_and_a_wrong_signature_are_answered_alike() {
    let body = SHOPIFY_ORDER.as_bytes();
    let endpoint = endpoint("ch", Wire::Shopify);
    let good = shopify_headers(body);
    let wrong = shopify_headers(b"another body");
    let refusals = [
        receive("ch/shopify/orders-create", &wrong, body, Some(&endpoint)),
        receive("ch/shopify/orders-create", &[], body, Some(&endpoint)),
        receive("ch/shopify/nonsense", &wrong, body, Some(&endpoint)),
        receive("de/shopify/orders-create", &good, body, None),
        receive("de/shopify/orders-create", &[], body, None),
        receive("de/shopify/nonsense", &good, body, None),
        receive("ch/woo/orders-create", &good, body, None),
    ];
    for refusal in refusals {
        let error = refusal.unwrap_err();
        assert_eq!((error.status(), error.answer().as_str()), (401, "the signature was refused"));
    }
}

#[test]
fn an_endpoint_serves_its_own_shop_and_wire_only() {
    let body = SHOPIFY_ORDER.as_bytes();
    let endpoint = endpoint("ch", Wire::Shopify);
    for path in ["de/shopify/orders-create", "ch/api/orders", "ch/woo/orders-create"] {
        let mut headers = shopify_headers(body);
        headers.extend(api_headers(body));
        let refusal = receive(path, &headers, body, Some(&endpoint));
        assert_eq!(refusal, Err(WebhookError::UnknownShop), "{path}");
    }
}

#[test]
fn nothing_is_read_before_the_signature_holds() {
    let endpoint = endpoint("ch", Wire::Shopify);
    let refusal = receive("ch/shopify/orders-create", &shopify_headers(b""), b"{not json", Some(&endpoint));
    assert_eq!(refusal.unwrap_err().status(), 401);
}

#[test]
fn a_body_over_the_cap_is_refused_before_its_signature_is_computed() {
    let body = vec![b' '; guard::MAX_BODY + 1];
    assert_eq!(receive("ch/shopify/orders-create", &[], &body, None).unwrap_err().status(), 413);
}

#[test]
fn every_error_has_its_status() {
    assert_eq!(shopify("orders-delete", SHOPIFY_ORDER.as_bytes()).unwrap_err().status(), 404);
    assert_eq!(shopify("orders-create", b"{\"id\":1,\"id\":2}").unwrap_err().status(), 400);
    assert_eq!(shopify("orders-create", b"{\"id\":1}{}").unwrap_err().status(), 400);
    let parked = shopify("orders-create", b"{\"id\":1}").unwrap_err();
    assert!(parked.is_parked());
    assert_eq!(parked.status(), 202);
}

/// A signed webhook of Shopify under a path, with the topic that its header tells.
fn told(path: &str, topic: &str) -> Result<Received, WebhookError> {
    let (body, endpoint) = (b"{\"id\":1}", endpoint("ch", Wire::Shopify));
    let mut headers = shopify_headers(body);
    headers.push(("X-Shopify-Topic".to_owned(), topic.to_owned()));
    receive(&format!("ch/shopify/{path}"), &headers, body, Some(&endpoint))
}

#[test]
fn a_topic_that_is_not_read_is_taken_and_a_mistyped_path_is_not() {
    assert_eq!(told("orders-fulfilled", "orders/fulfilled").unwrap().events, []);
    assert_eq!(told("orders-crate", "orders/create"), Err(WebhookError::UnknownTopic));
}

#[test]
fn a_request_about_somebodys_data_is_kept_for_a_person_to_look_at() {
    for topic in ["customers/redact", "customers/data_request", "shop/redact"] {
        assert!(told(&topic.replace('/', "-"), topic).unwrap_err().is_parked(), "{topic}");
    }
}

#[test]
fn an_old_message_is_answered_like_a_wrong_signature() {
    let body = API_ORDER.as_bytes();
    let (headers, endpoint) = (api_headers(body), endpoint("ch", Wire::OrderApi));
    let request = WebhookRequest {
        shop: "ch",
        wire: "api",
        topic: order_api::TOPIC,
        headers: Headers::new(&headers),
        body,
    };
    let at = |seconds| verify_and_parse(&request, Some(&endpoint), Timestamp::from_second(seconds).unwrap());
    assert!(at(SECONDS + 300).is_ok());
    let stale = at(SECONDS + 301).unwrap_err();
    assert_eq!((stale.status(), stale.answer().as_str()), (401, "the signature was refused"));
}

#[test]
fn a_captured_body_does_nothing_under_another_topic_or_shop() {
    let body = SHOPIFY_ORDER.as_bytes();
    assert!(shopify("orders-cancelled", body).unwrap_err().is_parked());
    assert!(shopify("refunds-create", body).unwrap_err().is_parked());
    let other = endpoint("at", Wire::Shopify).with_shopify_domains(&["lunaria.at".to_owned()]).unwrap();
    let replayed = receive("at/shopify/orders-create", &shopify_headers(body), body, Some(&other));
    assert!(replayed.unwrap_err().is_parked());
}

#[test]
fn no_header_value_shows_in_debug_output() {
    let headers = shopify_headers(b"{}");
    let shown = format!("{:?}", Headers::new(&headers));
    assert!(!shown.contains(headers[0].1.as_str()), "{shown}");
}

/// A sound body with some bytes replaced, then signed: what a shop system with a fault of its own would send.
fn damaged(body: &str, at: &prop::sample::Index, other: &str) -> Vec<u8> {
    let at = at.index(body.len());
    let mut bytes = body.as_bytes().to_vec();
    bytes.splice(at..(at + other.len()).min(body.len()), other.bytes());
    bytes
}

proptest! {
    #[test]
    fn a_damaged_body_is_taken_parked_or_called_broken(
        at in any::<prop::sample::Index>(),
        other in "[\\[\\]{}\",:0-9a-z.é-]{1,6}",
    ) {
        for body in [SHOPIFY_ORDER, SHOPIFY_REFUND] {
            for topic in ["orders-updated", "refunds-create"] {
                let outcome = shopify(topic, &damaged(body, &at, &other));
                prop_assert!(outcome.map_or_else(|error| matches!(error.status(), 202 | 400), |_| true));
            }
        }
        let outcome = api(&damaged(API_ORDER, &at, &other));
        prop_assert!(outcome.map_or_else(|error| matches!(error.status(), 202 | 400), |_| true));
    }
}
