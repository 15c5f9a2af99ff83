//! The order itself: what it says at the moment of the webhook.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::consent::ConsentProof;
use crate::id::RefundId;
use crate::money::Currency;
use crate::order::{Channel, OrderSnapshot, Payment, Refund};
use crate::webhook::error::Unreadable;
use crate::webhook::json::{Object, Value};
use crate::webhook::{MAX_WORD, Note};

use super::{buyer, line};

/// The snapshot of an order body.
pub(super) fn snapshot(
    body: &Object<'_>,
    refunds: &BTreeMap<RefundId, Refund>,
    notes: &mut Vec<Note>,
) -> Result<OrderSnapshot, Unreadable> {
    let customer = body.get("customer").object()?;
    let customer = customer.as_ref();
    let currency = currency(&body.get("currency"))?;
    let placed_at = placed_at(body)?;
    let updated = body.get("updated_at");
    let channel = channel(&body.get("source_name"))?;
    Ok(OrderSnapshot {
        revision: updated.required(updated.time()?)?,
        placed_at,
        delivered_at: None,
        channel,
        payment: payment(&body.get("financial_status"), notes),
        test: body.get("test").flag()?.unwrap_or_default(),
        email: buyer::email(body, customer, notes),
        customer_number: buyer::customer_number(customer)?,
        first_name: buyer::first_name(customer, notes),
        language: buyer::language(body, notes),
        country: buyer::country(body, customer, notes)?,
        consent: consent(&body.get("buyer_accepts_marketing"), channel, placed_at)?,
        currency,
        lines: line::all(&body.get("line_items"), currency, refunds, notes)?,
        lines_add_up: false,
        returns: Vec::new(),
        codes_used: codes(&body.get("discount_codes"))?,
    })
}

fn currency(field: &Value<'_>) -> Result<Currency, Unreadable> {
    let currency = field.required(field.text_as(Currency::parse)?)?;
    currency.map_err(|_| field.unreadable("is no currency", "send three letters such as CHF"))
}

/// `processed_at` is when the buyer bought; `created_at` when Shopify learnt of it, later for imported orders.
fn placed_at(body: &Object<'_>) -> Result<Timestamp, Unreadable> {
    let created = body.get("created_at");
    match body.get("processed_at").time()? {
        Some(processed) => Ok(processed),
        None => created.required(created.time()?),
    }
}

fn channel(source_name: &Value<'_>) -> Result<Channel, Unreadable> {
    let at_the_till = source_name.text_as(|name| name == "pos")?;
    Ok(if at_the_till == Some(true) { Channel::Retail } else { Channel::Online })
}

/// A status that is not known counts as unpaid: then no mail goes out until a later webhook says more.
fn payment(status: &Value<'_>, notes: &mut Vec<Note>) -> Payment {
    let known = status.if_readable(
        notes,
        "is no payment status that is known; it counts as unpaid",
        |text| match text {
            "paid" | "partially_refunded" => Ok(Payment::Paid),
            "refunded" | "voided" => Ok(Payment::Refunded),
            "pending" | "authorized" | "partially_paid" | "expired" => Ok(Payment::Pending),
            _ => Err(()),
        },
    );
    known.unwrap_or(Payment::Pending)
}

/// The checkbox at checkout. At a till the flag repeats what the customer record says; nobody ticked anything there.
fn consent(
    checkbox: &Value<'_>,
    channel: Channel,
    at: Timestamp,
) -> Result<Option<ConsentProof>, Unreadable> {
    let ticked = checkbox.flag()?.unwrap_or_default() && channel == Channel::Online;
    Ok(ticked.then(|| ConsentProof {
        at,
        source: "shopify checkout".to_owned(),
        text_version: "buyer_accepts_marketing".to_owned(),
    }))
}

/// Titles of manual discounts stand among them too; whether one is a code of ours is decided by our pools alone.
fn codes(field: &Value<'_>) -> Result<Vec<String>, Unreadable> {
    let code = |item: Value<'_>| match item.object()? {
        Some(object) => object.get("code").line(MAX_WORD),
        None => Ok(None),
    };
    field.list()?.into_iter().filter_map(|item| code(item).transpose()).collect()
}
