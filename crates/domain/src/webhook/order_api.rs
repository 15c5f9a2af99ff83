//! Nachklang's own order API: for any shop system that can send JSON, signed by Standard Webhooks.
//!
//! A body is one of three messages: `{"order":{…}}`, `{"cancelled":{…}}`, `{"refund":{…}}`. Unknown keys are refused
//! by name, so that a misspelt optional field is noticed on the first day and not when a mail is wrong.

mod message;
mod order;

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::id::{OrderKey, OrderNumber, Source};
use crate::order::OrderEvent;

use super::endpoint::Endpoint;
use super::error::Unreadable;
use super::json::Value;
use super::{Note, Received};
use message::{CancelledMessage, Message, RefundMessage};

/// The topic of the path `/webhooks/{shop}/api/orders`.
pub const TOPIC: &str = "orders";

/// The JSON Schema of a body (draft 2020-12).
#[must_use]
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(Message<'static>).to_value()
}

/// Reads a verified body.
///
/// # Errors
/// [`Unreadable`] names the field, what is wrong with it and what to do.
pub fn parse(body: &RawValue, endpoint: &Endpoint) -> Result<Received, Unreadable> {
    let mut notes = Vec::new();
    let event = match message(body)? {
        Message::Order(raw) => order_event(raw, endpoint, &mut notes)?,
        Message::Cancelled(raw) => cancelled_event(raw, endpoint)?,
        Message::Refund(raw) => refund_event(raw, endpoint)?,
    };
    Ok(Received {
        events: vec![event],
        notes,
    })
}

fn message(body: &RawValue) -> Result<Message<'_>, Unreadable> {
    serde_json::from_str(body.get()).map_err(|_| {
        Value::body(body).unreadable(
            "is none of the three messages",
            "send one object with exactly one key: order, cancelled or refund",
        )
    })
}

fn order_event(raw: &RawValue, endpoint: &Endpoint, notes: &mut Vec<Note>) -> Result<OrderEvent, Unreadable> {
    let place = Value::new("", "order", Some(raw));
    let order: message::OrderMessage<'_> = place.required(place.shape()?)?;
    Ok(OrderEvent {
        key: key(&Value::new("order", "number", order.number), endpoint)?,
        cancelled_at: Value::new("order", "cancelled_at", order.cancelled_at).time()?,
        refunds: order::refunds(&Value::new("order", "refunds", order.refunds))?,
        snapshot: Some(order::snapshot(&order, endpoint.currency(), notes)?),
    })
}

fn cancelled_event(raw: &RawValue, endpoint: &Endpoint) -> Result<OrderEvent, Unreadable> {
    let place = Value::new("", "cancelled", Some(raw));
    let cancelled: CancelledMessage<'_> = place.required(place.shape()?)?;
    let at = Value::new("cancelled", "at", cancelled.at);
    Ok(OrderEvent {
        key: key(&Value::new("cancelled", "number", cancelled.number), endpoint)?,
        snapshot: None,
        cancelled_at: Some(at.required(at.time()?)?),
        refunds: BTreeMap::new(),
    })
}

fn refund_event(raw: &RawValue, endpoint: &Endpoint) -> Result<OrderEvent, Unreadable> {
    let place = Value::new("", "refund", Some(raw));
    let refund: RefundMessage<'_> = place.required(place.shape()?)?;
    let id = Value::new("refund", "id", refund.id);
    let at = Value::new("refund", "at", refund.at);
    let lines = Value::new("refund", "lines", refund.lines);
    Ok(OrderEvent {
        key: key(&Value::new("refund", "number", refund.number), endpoint)?,
        snapshot: None,
        cancelled_at: None,
        refunds: BTreeMap::from([order::refund(&id, &at, &lines)?]),
    })
}

fn key(number: &Value<'_>, endpoint: &Endpoint) -> Result<OrderKey, Unreadable> {
    let wrong = || {
        number.unreadable(
            "is no order number",
            "send 1 to 128 bytes without control characters",
        )
    };
    Ok(OrderKey {
        shop: endpoint.shop().clone(),
        source: Source::parse(endpoint.wire().path()).map_err(|_| wrong())?,
        number: OrderNumber::parse(&number.required(number.text()?)?).map_err(|_| wrong())?,
    })
}
