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

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::id::{OrderKey, OrderNumber, Source};
use crate::order::OrderEvent;

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
    pub const ALL: [Self; 5] = [
        Self::OrderCreated,
        Self::OrderPaid,
        Self::OrderUpdated,
        Self::OrderCancelled,
        Self::RefundCreated,
    ];

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
pub fn parse(body: &RawValue, topic: Topic, endpoint: &Endpoint) -> Result<Received, Unreadable> {
    let body = Value::body(body);
    let object = body.required(body.object()?)?;
    let mut notes = Vec::new();
    let event = match topic {
        Topic::RefundCreated => refund_event(&object, endpoint)?,
        _ => order_event(&object, topic, endpoint, &mut notes)?,
    };
    Ok(Received {
        events: vec![event],
        notes,
    })
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
    Ok(OrderEvent {
        key: key(&body.get("id"), endpoint)?,
        snapshot: Some(order::snapshot(body, notes)?),
        cancelled_at,
        refunds: refund::listed(&body.get("refunds"))?,
    })
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
fn check_kind(body: &Object<'_>, kind: &str, keys: &[&str]) -> Result<(), Unreadable> {
    let gid = body.get("admin_graphql_api_id");
    if let Some(found) = gid.text()? {
        let id = body.get("id");
        let expected = format!("gid://shopify/{kind}/{}", id.required(id.whole()?)?);
        if found != expected {
            return Err(gid.unreadable(&format!("names no {kind} of this id"), PATH_REMEDY));
        }
    }
    match keys.iter().find(|key| !body.has(key)) {
        Some(key) => Err(body
            .get(key)
            .unreadable(&format!("is missing, so this is no {kind}"), PATH_REMEDY)),
        None => Ok(()),
    }
}

/// The order's status page must be on one of the shop's hosts; Shopify gives every order such a page.
fn check_shop(body: &Object<'_>, domains: &[String]) -> Result<(), Unreadable> {
    if domains.is_empty() {
        return Ok(());
    }
    let field = body.get("order_status_url");
    let page = field.required(field.text()?)?;
    let host = url::Url::parse(&page)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned));
    match host {
        Some(host) if domains.contains(&host) => Ok(()),
        _ => Err(field.unreadable(
            "lies on no domain of this shop",
            "add the domain to the shop's file if it is the shop's; else look who sent this",
        )),
    }
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
