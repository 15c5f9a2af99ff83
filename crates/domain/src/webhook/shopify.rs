//! Shopify's order and refund webhooks (REST shape, `orders/*` and `refunds/create`).
//!
//! Shopify signs the body alone, and one app secret serves all shops: a body that was signed for one topic or shop
//! can be sent again under another. So the body itself must look like the topic and the shop of the path.
//!
//! Source: Shopify, "Webhooks", topics and payloads of the Admin API.

mod buyer;
mod line;
mod order;
mod refund;
mod unread;

pub use unread::unread;

use std::collections::BTreeMap;

use crate::id::{OrderKey, OrderNumber, Source};
use crate::order::OrderEvent;

use super::document::Document;
use super::endpoint::Endpoint;
use super::error::Unreadable;
use super::json::{Object, Value};
use super::{Note, Received};

/// What Shopify tells by a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    /// `orders/create`
    OrderCreated,
    /// `orders/paid`
    OrderPaid,
    /// `orders/updated`
    OrderUpdated,
    /// `orders/cancelled`
    OrderCancelled,
    /// `refunds/create`
    RefundCreated,
}

impl Topic {
    /// Every topic that is read.
    pub const ALL: [Self; 5] =
        [Self::OrderCreated, Self::OrderPaid, Self::OrderUpdated, Self::OrderCancelled, Self::RefundCreated];

    /// Its name in the path: Shopify's name with `-` for `/`.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::OrderCreated => "orders-create",
            Self::OrderPaid => "orders-paid",
            Self::OrderUpdated => "orders-updated",
            Self::OrderCancelled => "orders-cancelled",
            Self::RefundCreated => "refunds-create",
        }
    }

    /// The topic of a path.
    #[must_use]
    pub fn from_path(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.path() == path)
    }
}

/// Reads a verified body.
///
/// # Errors
/// [`Unreadable`] when it is not what the topic and the shop promise, or a value that an order cannot do without
/// is missing or malformed.
pub fn parse(body: &Document<'_>, topic: Topic, endpoint: &Endpoint) -> Result<Received, Unreadable> {
    let body = Value::body(body);
    let object = body.required(body.object()?)?;
    let mut notes = Vec::new();
    let event = match topic {
        Topic::RefundCreated => refund_event(&object, endpoint)?,
        _ => order_event(&object, topic, endpoint, &mut notes)?,
    };
    Ok(Received { events: vec![event], notes })
}

fn order_event(
    body: &Object<'_>,
    topic: Topic,
    endpoint: &Endpoint,
    notes: &mut Vec<Note>,
) -> Result<OrderEvent, Unreadable> {
    check_kind(body, "Order", &["financial_status", "line_items"])?;
    check_shop(body, endpoint.shopify_domains())?;
    let cancelled = body.get("cancelled_at");
    let cancelled_at = cancelled.time()?;
    if topic == Topic::OrderCancelled && cancelled_at.is_none() {
        return Err(cancelled.unreadable("is missing although the path says orders-cancelled", PATH_REMEDY));
    }
    let refunds = refund::listed(&body.get("refunds"))?;
    let snapshot = Some(order::snapshot(body, &refunds, notes)?);
    Ok(OrderEvent { key: key(&body.get("id"), endpoint)?, snapshot, cancelled_at, refunds })
}

/// A refund names no shop. Sent again under another shop it falls on an order number that this shop never gives,
/// because Shopify's ids are unique over all shops.
fn refund_event(body: &Object<'_>, endpoint: &Endpoint) -> Result<OrderEvent, Unreadable> {
    check_kind(body, "Refund", &["order_id", "refund_line_items"])?;
    let (id, refund) = refund::one(body)?;
    Ok(OrderEvent {
        key: key(&body.get("order_id"), endpoint)?,
        snapshot: None,
        cancelled_at: None,
        refunds: BTreeMap::from([(id, refund)]),
    })
}

const PATH_REMEDY: &str = "give each topic its own path, as documented, and look who sent this";

/// The body must be of the kind that the path says. Shopify names the kind in `admin_graphql_api_id`; bodies of old
/// API versions lack it and are known by keys that no other kind has together.
fn check_kind(body: &Object<'_>, kind: &str, keys: &[&'static str]) -> Result<(), Unreadable> {
    let gid = body.get("admin_graphql_api_id");
    if let Some(named) = gid.text_as(|gid| number_of(gid, kind).map(str::to_owned))? {
        let id = body.get("id");
        if named != Some(id.required(id.whole()?)?.to_string()) {
            return Err(gid.unreadable(&format!("names no {kind} of this id"), PATH_REMEDY));
        }
    }
    match keys.iter().find(|key| !body.has(key)) {
        Some(key) => Err(body.get(key).unreadable(&format!("is missing, so this is no {kind}"), PATH_REMEDY)),
        None => Ok(()),
    }
}

/// The number in `gid://shopify/Order/1` of a kind.
fn number_of<'g>(gid: &'g str, kind: &str) -> Option<&'g str> {
    gid.strip_prefix("gid://shopify/")?.strip_prefix(kind)?.strip_prefix('/')
}

/// The order's status page must be on one of the shop's hosts; Shopify gives every order such a page.
fn check_shop(body: &Object<'_>, domains: &[String]) -> Result<(), Unreadable> {
    if domains.is_empty() {
        return Ok(());
    }
    let field = body.get("order_status_url");
    let lies_there =
        |page: &str| domains.iter().any(|domain| begins_with(page, domain)) || lies_on(page, domains);
    if field.required(field.text_as(lies_there)?)? {
        return Ok(());
    }
    Err(field.unreadable(
        "lies on no domain of this shop",
        "add the domain to the shop's file if it is the shop's; else look who sent this",
    ))
}

fn lies_on(page: &str, domains: &[String]) -> bool {
    let page = url::Url::parse(page).ok();
    page.as_ref().and_then(url::Url::host_str).is_some_and(|host| domains.iter().any(|domain| domain == host))
}

/// Whether a page is written with a domain as the endpoint knows it. Then nobody needs to take the address apart: up to
/// the slash it can mean nothing else.
fn begins_with(page: &str, domain: &str) -> bool {
    let rest = page.strip_prefix("https://").and_then(|page| page.strip_prefix(domain));
    rest.is_some_and(|rest| rest.starts_with('/'))
}

fn key(number: &Value<'_>, endpoint: &Endpoint) -> Result<OrderKey, Unreadable> {
    let digits = number.required(number.whole()?)?.to_string();
    let wrong = || number.unreadable("is no order number", "send Shopify's id");
    Ok(OrderKey {
        shop: endpoint.shop().clone(),
        source: Source::parse(endpoint.wire().path()).map_err(|_| wrong())?,
        number: OrderNumber::parse(&digits).map_err(|_| wrong())?,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::value::RawValue;

    use super::*;
    use crate::email::EmailAddress;
    use crate::id::{LineId, ShopId};
    use crate::money::{Currency, Money};
    use crate::order::{Channel, Order, OrderSnapshot, Payment};
    use crate::secret::SecretBytes;
    use crate::webhook::endpoint::Wire;
    use crate::webhook::fixtures::{SHOPIFY_ORDER, SHOPIFY_POS_ORDER, SHOPIFY_REFUND};
    use crate::webhook::guard;

    fn endpoint(domains: &[&str]) -> Endpoint {
        let secrets = [SecretBytes::new(b"secret".to_vec())];
        let shop = ShopId::parse("ch").unwrap();
        let domains: Vec<_> = domains.iter().map(|domain| (*domain).to_owned()).collect();
        Endpoint::new(shop, Wire::Shopify, &secrets, Currency::CHF)
            .and_then(|endpoint| endpoint.with_shopify_domains(&domains))
            .unwrap()
    }

    fn read(body: &str, topic: Topic) -> Result<Received, Unreadable> {
        parse(
            &guard::check(body.as_bytes()).unwrap(),
            topic,
            &endpoint(&["lunaria.example", "lunaria.myshopify.com"]),
        )
    }

    fn refused(body: &str, topic: Topic) -> String {
        read(body, topic).unwrap_err().field
    }

    fn snapshot(body: &str) -> OrderSnapshot {
        read(body, Topic::OrderCreated).unwrap().events.remove(0).snapshot.unwrap()
    }

    /// The order with one field changed; `value` is JSON.
    fn with(field: &str, value: &str) -> String {
        let mut order: serde_json::Value = serde_json::from_str(SHOPIFY_ORDER).unwrap();
        *order.pointer_mut(field).unwrap() = serde_json::from_str(value).unwrap();
        order.to_string()
    }

    #[test]
    fn an_order_keeps_its_number_beyond_53_bits() {
        let event = read(SHOPIFY_ORDER, Topic::OrderCreated).unwrap().events.remove(0);
        assert_eq!(event.key.to_string(), "ch/shopify/820982911946154509");
    }

    #[test]
    fn an_order_is_mapped_field_by_field() {
        let order = snapshot(SHOPIFY_ORDER);
        assert_eq!(order.revision.to_string(), "2026-11-03T07:00:00Z");
        assert_eq!(order.placed_at.to_string(), "2026-11-02T09:12:00Z");
        assert_eq!((order.channel, order.payment, order.test), (Channel::Online, Payment::Paid, false));
        assert_eq!(order.email.as_ref().map(EmailAddress::expose), Some("mira@example.com"));
        assert_eq!(order.customer_number.as_deref(), Some("7064055069300"));
        assert_eq!(order.first_name.as_deref(), Some("Mira"));
        assert_eq!(order.language.unwrap().as_str(), "de");
        assert_eq!(order.country.unwrap().as_str(), "CH");
        assert_eq!(order.currency, Currency::CHF);
        assert_eq!(order.codes_used, ["Mond 10"]);
        let consent = order.consent.unwrap();
        assert_eq!(
            (consent.at, consent.source.as_str(), consent.text_version.as_str()),
            (order.placed_at, "shopify checkout", "buyer_accepts_marketing")
        );
    }

    #[test]
    fn lines_carry_shop_prices_and_every_id_and_a_gift_card_is_a_line() {
        let lines = snapshot(SHOPIFY_ORDER).lines;
        let chf = |minor| Money::new(minor, Currency::CHF);
        let prices: Vec<_> = lines.iter().map(|line| line.unit_price).collect();
        assert_eq!(prices, [chf(3_900), chf(5_000), chf(12_000)]);
        let ids: Vec<_> = lines[0].product_ids.iter().map(ToString::to_string).collect();
        assert_eq!(ids, ["39072856", "632910392"]);
        let skus: Vec<_> = lines.iter().map(|line| line.sku.as_ref().map(ToString::to_string)).collect();
        assert_eq!(skus, [Some("CC-001".to_owned()), None, None]);
        assert_eq!(lines[1].title, "Gutschein 50");
    }

    #[test]
    fn pieces_edited_out_are_gone_and_refunded_pieces_are_subtracted_once() {
        let event = read(SHOPIFY_ORDER, Topic::OrderUpdated).unwrap().events.remove(0);
        let mut order = Order::empty(event.key.clone());
        order.absorb(event);
        let lines = &order.snapshot.as_ref().unwrap().lines;
        let bought: Vec<_> = lines.iter().map(|line| line.quantity).collect();
        assert_eq!(bought, [2, 1, 1]);
        let kept: Vec<_> = lines.iter().map(|line| order.kept(line)).collect();
        assert_eq!(kept, [1, 1, 1]);
    }

    #[test]
    fn an_order_at_the_till_has_no_consent_by_checkbox_and_needs_no_address() {
        let order = snapshot(SHOPIFY_POS_ORDER);
        assert_eq!(order.channel, Channel::Retail);
        assert_eq!((order.consent, order.email, order.language), (None, None, None));
        assert_eq!(order.placed_at.to_string(), "2026-11-02T09:15:00Z");
    }

    #[test]
    fn the_payment_follows_the_financial_status() {
        for (status, payment) in [
            ("\"pending\"", Payment::Pending),
            ("\"authorized\"", Payment::Pending),
            ("\"partially_paid\"", Payment::Pending),
            ("\"expired\"", Payment::Pending),
            ("null", Payment::Pending),
            ("\"paid\"", Payment::Paid),
            ("\"partially_refunded\"", Payment::Paid),
            ("\"refunded\"", Payment::Refunded),
            ("\"voided\"", Payment::Refunded),
        ] {
            let received = read(&with("/financial_status", status), Topic::OrderPaid).unwrap();
            let order = received.events[0].snapshot.as_ref().unwrap();
            assert_eq!(order.payment, payment, "{status}");
            assert_eq!(received.notes, [], "{status}");
        }
    }

    #[test]
    fn an_unknown_payment_status_counts_as_unpaid_and_is_noted() {
        let received = read(&with("/financial_status", "\"on_the_moon\""), Topic::OrderPaid).unwrap();
        assert_eq!(received.events[0].snapshot.as_ref().unwrap().payment, Payment::Pending);
        assert_eq!(received.notes[0].field, "financial_status");
    }

    #[test]
    fn an_unreadable_address_never_costs_the_order_and_is_noted_without_it() {
        let received = read(&with("/contact_email", "\"mira at example\""), Topic::OrderCreated).unwrap();
        let order = received.events[0].snapshot.as_ref().unwrap();
        assert_eq!(order.email.as_ref().map(EmailAddress::expose), Some("mira@example.com"));
        assert_eq!(received.notes[0].field, "contact_email");
        assert!(!format!("{:?}", received.notes).contains("mira"));
        let none = with("/contact_email", "7").replace("mira@example.com", "mira@localhost");
        assert_eq!(snapshot(&none).email, None);
    }

    #[test]
    fn the_country_falls_back_from_shipping_to_billing_to_home() {
        let country = |body: &str| snapshot(body).country.map(|country| country.to_string());
        let no_shipping = with("/shipping_address", "null");
        assert_eq!(country(&no_shipping).as_deref(), Some("DE"));
        let no_billing =
            no_shipping.replace(r#""billing_address":{"country_code":"DE"}"#, r#""billing_address":null"#);
        assert_eq!(country(&no_billing).as_deref(), Some("AT"));
        assert_eq!(country(SHOPIFY_POS_ORDER), None);
    }

    #[test]
    fn a_refund_tells_its_order_and_the_pieces_by_line() {
        let event = read(SHOPIFY_REFUND, Topic::RefundCreated).unwrap().events.remove(0);
        assert_eq!(event.key.to_string(), "ch/shopify/820982911946154509");
        assert!(event.snapshot.is_none() && event.cancelled_at.is_none());
        let (id, refund) = event.refunds.first_key_value().unwrap();
        assert_eq!(
            (id.as_str(), refund.at.unwrap().to_string().as_str()),
            ("929361462", "2026-11-05T11:01:00Z")
        );
        assert_eq!(refund.pieces, BTreeMap::from([(LineId::parse("14105500000003").unwrap(), 2)]));
    }

    #[test]
    fn a_cancelled_order_leaves_its_tombstone() {
        let cancelled = with("/cancelled_at", "\"2026-11-04T09:00:00+01:00\"");
        let event = read(&cancelled, Topic::OrderCancelled).unwrap().events.remove(0);
        assert_eq!(event.cancelled_at.unwrap().to_string(), "2026-11-04T08:00:00Z");
        assert!(event.snapshot.is_some());
    }

    #[test]
    fn a_body_signed_for_another_topic_is_not_believed() {
        assert_eq!(refused(SHOPIFY_ORDER, Topic::OrderCancelled), "cancelled_at");
        assert_eq!(refused(SHOPIFY_ORDER, Topic::RefundCreated), "admin_graphql_api_id");
        assert_eq!(refused(SHOPIFY_REFUND, Topic::OrderCreated), "admin_graphql_api_id");
        for gid in ["gid://shopify/DraftOrder/820982911946154509", "gid://shopify/Order/1", "Order"] {
            let body = with("/admin_graphql_api_id", &format!("{gid:?}"));
            assert_eq!(refused(&body, Topic::OrderCreated), "admin_graphql_api_id");
        }
        assert_eq!(refused(r#"{"id":1}"#, Topic::OrderUpdated), "financial_status");
    }

    #[test]
    fn a_body_signed_for_another_shop_is_not_believed() {
        for url in [
            "\"https://solaria.example/orders/1\"",
            "\"https://lunaria.example.evil.example/\"",
            "\"https://evil.example/@lunaria.example\"",
            "\"lunaria.example\"",
            "null",
        ] {
            assert_eq!(
                refused(&with("/order_status_url", url), Topic::OrderPaid),
                "order_status_url",
                "{url}"
            );
        }
        let body = guard::check(SHOPIFY_ORDER.as_bytes()).unwrap();
        assert!(parse(&body, Topic::OrderPaid, &endpoint(&[])).is_ok());
    }

    proptest! {
        #[test]
        fn what_begins_with_a_domain_of_the_shop_lies_there(rest in "([/@:?#\\\\.%]|\\PC|[\t\n]|evil\\.example){0,30}") {
            let domains = ["lunaria.example".to_owned()];
            let page = format!("https://lunaria.example{rest}");
            prop_assert!(!begins_with(&page, &domains[0]) || lies_on(&page, &domains), "{page}");
            let slash = format!("https://lunaria.example/{rest}");
            prop_assert!(begins_with(&slash, &domains[0]) && lies_on(&slash, &domains), "{slash}");
        }
    }

    #[test]
    fn what_an_order_cannot_do_without_is_named_with_its_place() {
        for (field, value, place) in [
            ("/updated_at", "null", "updated_at"),
            ("/updated_at", "\"yesterday\"", "updated_at"),
            ("/currency", "\"Franken\"", "currency"),
            ("/line_items/1/price", "null", "line_items[1].price"),
            ("/line_items/1/price", "\"12,50\"", "line_items[1].price"),
            ("/line_items/1/price", "12.505", "line_items[1].price"),
            ("/line_items/2/quantity", "-1", "line_items[2].quantity"),
            ("/line_items/2/quantity", "1.5", "line_items[2].quantity"),
            ("/line_items/2/quantity", "100001", "line_items[2].quantity"),
            ("/line_items/0/id", "14105500000002", "line_items"),
            ("/line_items/0", "7", "line_items[0]"),
            ("/line_items", "{}", "line_items"),
            (
                "/refunds/0/refund_line_items/0/line_item_id",
                "null",
                "refunds[0].refund_line_items[0].line_item_id",
            ),
            ("/customer", "[]", "customer"),
            ("/test", "\"no\"", "test"),
        ] {
            assert_eq!(refused(&with(field, value), Topic::OrderCreated), place, "{field} = {value}");
        }
    }

    #[test]
    fn an_order_of_more_lines_than_anybody_buys_is_kept_for_a_look() {
        let line = |id| format!(r#"{{"id":{id},"quantity":1,"price":"1.00"}}"#);
        let body = |count: u32| {
            with("/line_items", &format!("[{}]", (0..count).map(line).collect::<Vec<_>>().join(",")))
        };
        assert_eq!(snapshot(&body(1_000)).lines.len(), 1_000);
        assert_eq!(refused(&body(1_001), Topic::OrderCreated), "line_items");
    }

    const TAKEN: Result<(), &str> = Ok(());
    const NO_ORDER: Result<(), &str> = Err("financial_status");
    const NO_LINES: Result<(), &str> = Err("line_items");
    const NO_REFUND: Result<(), &str> = Err("order_id");
    const NO_PIECES: Result<(), &str> = Err("refund_line_items");
    const NO_OBJECT: Result<(), &str> = Err("body");
    const OTHER_KIND: Result<(), &str> = Err("admin_graphql_api_id");

    /// A sample, and what it leads to under `orders-create` and under `refunds-create`: taken, or the field complained of.
    type Expected = (&'static str, Result<(), &'static str>, Result<(), &'static str>);

    const SAMPLES: &[Expected] = &[
        ("rest-fixture-carts.json", NO_ORDER, NO_REFUND),
        ("rest-fixture-checkouts.json", NO_ORDER, NO_REFUND),
        ("rest-fixture-customer.json", NO_ORDER, NO_REFUND),
        ("rest-fixture-customers_search.json", NO_ORDER, NO_REFUND),
        ("rest-fixture-discount_code.json", NO_ORDER, NO_REFUND),
        ("rest-fixture-discount_codes.json", NO_ORDER, NO_REFUND),
        ("rest-fixture-draft_order.json", NO_ORDER, NO_PIECES),
        ("rest-fixture-fulfillment.json", NO_ORDER, NO_PIECES),
        ("rest-fixture-gift_card.json", NO_ORDER, NO_PIECES),
        ("rest-fixture-order.json", TAKEN, NO_REFUND),
        ("rest-fixture-orders.json", NO_LINES, OTHER_KIND),
        ("rest-fixture-price_rule.json", NO_ORDER, NO_REFUND),
        ("rest-fixture-price_rules.json", NO_ORDER, NO_REFUND),
        ("rest-fixture-product.json", NO_ORDER, NO_REFUND),
        ("rest-fixture-products.json", NO_ORDER, NO_REFUND),
        ("rest-fixture-refund.json", NO_ORDER, TAKEN),
        ("rest-fixture-shop.json", NO_ORDER, NO_REFUND),
        ("rest-fixture-tags.json", NO_OBJECT, NO_OBJECT),
        ("rest-fixture-transaction.json", NO_ORDER, NO_PIECES),
        ("webhook-carts-update-cart_updated_payload.json", NO_ORDER, NO_REFUND),
        ("webhook-carts-update-cart_updated_payload_with_null_note.json", NO_ORDER, NO_REFUND),
        ("webhook-carts-update-cart_updated_payload_with_properties.json", NO_ORDER, NO_REFUND),
        ("webhook-checkouts-update-docs-2026.json", NO_ORDER, NO_REFUND),
        ("webhook-customers-update-webhookdb-2021-04.json", OTHER_KIND, OTHER_KIND),
        ("webhook-customers_data_request.json", NO_ORDER, NO_REFUND),
        ("webhook-customers_redact.json", NO_ORDER, NO_REFUND),
        ("webhook-shop_redact.json", NO_ORDER, NO_REFUND),
    ];

    #[test]
    fn every_real_sample_is_taken_or_refused_for_the_right_reason() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/samples/shopify");
        let Ok(files) = std::fs::read_dir(folder) else {
            println!("skipped: no samples");
            return;
        };
        let mut found = 0;
        for file in files.map(Result::unwrap) {
            let name = file.file_name().into_string().unwrap();
            let body = unwrapped(&std::fs::read_to_string(file.path()).unwrap());
            let outcome = |topic| {
                let body = guard::check(body.as_bytes()).unwrap();
                parse(&body, topic, &endpoint(&[])).map(|_| ()).map_err(|e| e.field)
            };
            let (_, order, refund) = SAMPLES.iter().find(|sample| sample.0 == name).expect(&name);
            let expected = |field: &Result<(), &str>| field.map_err(str::to_owned);
            assert_eq!(outcome(Topic::OrderCreated), expected(order), "{name} as an order");
            assert_eq!(outcome(Topic::RefundCreated), expected(refund), "{name} as a refund");
            found += 1;
        }
        assert_eq!(found, SAMPLES.len());
    }

    #[test]
    fn the_wrapper_of_the_rest_api_is_not_taken_for_a_webhook() {
        let wrapped = format!("{{\"order\":{SHOPIFY_ORDER}}}");
        assert_eq!(refused(&wrapped, Topic::OrderCreated), "financial_status");
    }

    /// The REST API wraps what a webhook sends bare, alone or in a list of which the first serves.
    fn unwrapped(text: &str) -> String {
        let wrapper: BTreeMap<String, Box<RawValue>> = serde_json::from_str(text).unwrap_or_default();
        let inner = match wrapper.values().next() {
            Some(inner) if wrapper.len() == 1 => inner.get(),
            _ => text,
        };
        let list: Vec<Box<RawValue>> = serde_json::from_str(inner).unwrap_or_default();
        list.first().map_or(inner, |first| first.get()).to_owned()
    }
}
