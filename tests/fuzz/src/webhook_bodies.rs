//! The bodies of webhooks, once their signature holds: every topic of every wire.

use std::collections::BTreeSet;

use nachklang_domain::money::Currency;
use nachklang_domain::order::{Absorbed, Order, OrderEvent, OrderSnapshot};
use nachklang_domain::secret::SecretBytes;
use nachklang_domain::text::is_unsafe;
use nachklang_domain::webhook::shopify::Topic;
use nachklang_domain::webhook::{
    Endpoint, MAX_FIRST_NAME, MAX_LINES, MAX_PIECES, MAX_TITLE, MAX_WORD, Received, WebhookError, Wire,
    order_api, read_verified,
};

use crate::Outcome;
use crate::fixed::{CANARY, shop_id, sure};

/// Longest answer in bytes: it names a field and what to do.
const MAX_ANSWER: usize = 8_000;

/// Reads the bytes as each kind of message. What is taken keeps within the caps and means the same when it comes again;
/// what is not taken is answered without a word about the buyer.
pub fn check(data: &[u8]) -> Outcome {
    let mut taken = read(order_api::TOPIC, data, &endpoint(Wire::OrderApi));
    for domains in [&[][..], &["lunaria.example".to_owned()]] {
        let shopify = sure(endpoint(Wire::Shopify).with_shopify_domains(domains));
        for topic in Topic::ALL {
            taken |= read(topic.path(), data, &shopify);
        }
    }
    Outcome::of(taken)
}

fn endpoint(wire: Wire) -> Endpoint {
    let secrets = [SecretBytes::new(b"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".to_vec())];
    sure(Endpoint::new(shop_id(), wire, &secrets, Currency::CHF))
}

/// Tells whether the body was taken.
fn read(topic: &str, data: &[u8], endpoint: &Endpoint) -> bool {
    let received = read_verified(topic, data, endpoint);
    match &received {
        Ok(received) => taken(received, data, endpoint),
        Err(error) => refused(error),
    }
    received.is_ok()
}

fn refused(error: &WebhookError) {
    assert!([202, 400, 413].contains(&error.status()), "{error}");
    assert_eq!(error.is_parked(), error.status() == 202);
    let answer = error.answer();
    assert!(answer.len() <= MAX_ANSWER, "{} bytes", answer.len());
    assert!(!answer.contains(CANARY), "{answer}");
}

fn taken(received: &Received, data: &[u8], endpoint: &Endpoint) {
    assert!(serde_json::from_slice::<serde_json::Value>(data).is_ok(), "what is no JSON was taken");
    let [event] = received.events.as_slice() else {
        unreachable!("one body tells one thing");
    };
    assert_eq!(event.key.shop, *endpoint.shop());
    assert_eq!(event.key.source.as_str(), endpoint.wire().path());
    if let Some(snapshot) = &event.snapshot {
        check_snapshot(snapshot);
    }
    assert!(event.refunds.len() <= MAX_LINES);
    check_order(event);
}

fn check_snapshot(snapshot: &OrderSnapshot) {
    assert!(snapshot.lines.len() <= MAX_LINES);
    let ids: BTreeSet<_> = snapshot.lines.iter().map(|line| &line.id).collect();
    assert_eq!(ids.len(), snapshot.lines.len(), "two lines have one id");
    for line in &snapshot.lines {
        assert!(line.quantity <= MAX_PIECES);
        check_text(&line.title, MAX_TITLE);
        assert_eq!(line.unit_price.currency, snapshot.currency);
    }
    snapshot.first_name.iter().for_each(|name| check_text(name, MAX_FIRST_NAME));
    snapshot.codes_used.iter().for_each(|code| check_text(code, MAX_WORD));
}

fn check_text(text: &str, most: usize) {
    assert!(text.chars().count() <= most && !text.contains(is_unsafe));
}

/// The same webhook twice makes one order, and what is kept of it is never more than was bought.
pub(crate) fn check_order(event: &OrderEvent) {
    let mut order = Order::empty(event.key.clone());
    order.absorb(event.clone());
    let once = order.clone();
    assert_eq!(order.absorb(event.clone()), Absorbed::Nothing);
    assert_eq!(order, once);
    assert!(order.kept_lines().all(|line| (1..=line.quantity).contains(&order.kept(line))));
    if let (Some(value), Some(snapshot)) = (order.kept_value(), &order.snapshot) {
        assert_eq!(value.currency, snapshot.currency);
    }
}
