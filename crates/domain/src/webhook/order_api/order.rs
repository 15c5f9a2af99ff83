//! From the order API's words to an order.

use std::collections::BTreeMap;

use crate::consent::ConsentProof;
use crate::id::{InvalidId, LineId, ProductId, RefundId, Sku};
use crate::money::Currency;
use crate::order::{Channel, Line, LineDetails, OrderSnapshot, Payment, Refund};
use crate::webhook::error::Unreadable;
use crate::webhook::json::Value;
use crate::webhook::{MAX_LINES, MAX_TITLE, MAX_WORD, Note, lines};

use super::buyer::buyer;
use super::message::{ConsentMessage, LineMessage, OrderMessage, PaymentWord, PiecesMessage, RefundEntry};

/// The snapshot of an order message; `shop_currency` holds where it names none.
pub(super) fn snapshot(
    whole: &Value<'_>,
    order: &OrderMessage<'_>,
    shop_currency: Currency,
    notes: &mut Vec<Note>,
) -> Result<OrderSnapshot, Unreadable> {
    let field = |name, raw| whole.part(name, raw);
    let revision = field("revision", order.revision);
    let placed_at = field("placed_at", order.placed_at);
    let payment = field("payment", order.payment);
    let buyer = buyer(&field("customer", order.customer), notes)?;
    let currency = currency(&field("currency", order.currency))?.unwrap_or(shop_currency);
    Ok(OrderSnapshot {
        revision: revision.required(revision.time()?)?,
        placed_at: placed_at.required(placed_at.time()?)?,
        delivered_at: field("delivered_at", order.delivered_at).time()?,
        channel: channel(&field("channel", order.channel))?,
        payment: payment.required(payment_of(&payment)?)?,
        test: field("test", order.test).flag()?.unwrap_or_default(),
        email: buyer.email,
        customer_number: buyer.number,
        first_name: buyer.first_name,
        language: buyer.language,
        country: buyer.country,
        consent: consent(&field("consent", order.consent))?,
        currency,
        lines: all_lines(&field("lines", order.lines), currency)?,
        lines_add_up: false,
        returns: Vec::new(),
        codes_used: codes(&field("codes_used", order.codes_used))?,
    })
}

/// The refunds that an order lists.
pub(super) fn refunds(field: &Value<'_>) -> Result<BTreeMap<RefundId, Refund>, Unreadable> {
    let items = field.list()?;
    lines::check_count(field, items.len(), MAX_LINES)?;
    let one = |item: &Value<'_>| {
        let entry: RefundEntry<'_> = item.required(item.shape()?)?;
        let part = |name, raw| item.part(name, raw);
        refund(&part("id", entry.id), &part("at", entry.at), &part("lines", entry.lines))
    };
    let refunds = items.iter().map(one).collect::<Result<Vec<_>, _>>()?;
    lines::check_unique(field, refunds.iter().map(|(id, _)| id))?;
    Ok(refunds.into_iter().collect())
}

/// One refund by its three fields.
pub(super) fn refund(
    id: &Value<'_>,
    at: &Value<'_>,
    given_back: &Value<'_>,
) -> Result<(RefundId, Refund), Unreadable> {
    let items = given_back.list()?;
    lines::check_count(given_back, items.len(), MAX_LINES)?;
    let refund =
        Refund { at: at.time()?, pieces: lines::sum_pieces(items.iter().map(pieces))?, ..Refund::default() };
    Ok((id.required(name(id, RefundId::parse)?)?, refund))
}

fn pieces(item: &Value<'_>) -> Result<(LineId, u32), Unreadable> {
    let entry: PiecesMessage<'_> = item.required(item.shape()?)?;
    let line = item.part("line", entry.line);
    let pieces = item.part("pieces", entry.pieces);
    Ok((line.required(name(&line, LineId::parse)?)?, pieces.required(pieces.pieces()?)?))
}

fn all_lines(field: &Value<'_>, currency: Currency) -> Result<Vec<Line>, Unreadable> {
    let items = field.list()?;
    if items.is_empty() {
        return Err(field.unreadable("holds no line", "send what was bought, at least one line"));
    }
    lines::check_count(field, items.len(), MAX_LINES)?;
    let lines = items.iter().map(|item| line(item, currency)).collect::<Result<Vec<_>, _>>()?;
    lines::check_unique(field, lines.iter().map(|line| &line.id))?;
    Ok(lines)
}

fn line(item: &Value<'_>, currency: Currency) -> Result<Line, Unreadable> {
    let line: LineMessage<'_> = item.required(item.shape()?)?;
    let part = |name, raw| item.part(name, raw);
    let id = part("id", line.id);
    let quantity = part("quantity", line.quantity);
    let price = part("unit_price", line.unit_price);
    Ok(Line {
        id: id.required(name(&id, LineId::parse)?)?,
        sku: name(&part("sku", line.sku), Sku::parse)?,
        product_ids: name(&part("product_id", line.product_id), ProductId::parse)?.into_iter().collect(),
        title: part("title", line.title).line(MAX_TITLE)?.unwrap_or_default(),
        quantity: quantity.required(quantity.pieces()?)?,
        unit_price: price.required(price.amount(currency)?)?,
        odd_minor: 0,
        details: LineDetails::default(),
    })
}

/// A number or code from outside.
fn name<T>(field: &Value<'_>, parse: fn(&str) -> Result<T, InvalidId>) -> Result<Option<T>, Unreadable> {
    let wrong = || field.unreadable("is not valid", "send 1 to 128 bytes without control characters");
    field.text()?.map(|text| parse(&text).map_err(|_| wrong())).transpose()
}

fn currency(field: &Value<'_>) -> Result<Option<Currency>, Unreadable> {
    let wrong = || field.unreadable("is no currency", "send three letters such as CHF");
    field.text()?.map(|code| Currency::parse(&code).map_err(|_| wrong())).transpose()
}

fn channel(field: &Value<'_>) -> Result<Channel, Unreadable> {
    let word = field.word("is no channel", "send online or retail")?;
    Ok(word.unwrap_or(Channel::Online))
}

fn payment_of(field: &Value<'_>) -> Result<Option<Payment>, Unreadable> {
    let word = field.word("is no payment state", "send pending, paid or refunded")?;
    Ok(word.map(|word| match word {
        PaymentWord::Pending => Payment::Pending,
        PaymentWord::Paid => Payment::Paid,
        PaymentWord::Refunded => Payment::Refunded,
    }))
}

fn consent(field: &Value<'_>) -> Result<Option<ConsentProof>, Unreadable> {
    let Some(proof) = field.shape::<ConsentMessage<'_>>()? else {
        return Ok(None);
    };
    let part = |name, raw| field.part(name, raw);
    let at = part("at", proof.at);
    let source = part("source", proof.source);
    let text_version = part("text_version", proof.text_version);
    Ok(Some(ConsentProof {
        at: at.required(at.time()?)?,
        source: source.required(source.line(MAX_WORD)?)?,
        text_version: text_version.required(text_version.line(MAX_WORD)?)?,
    }))
}

fn codes(field: &Value<'_>) -> Result<Vec<String>, Unreadable> {
    let items = field.list()?;
    lines::check_count(field, items.len(), MAX_LINES)?;
    items.iter().filter_map(|item| item.line(MAX_WORD).transpose()).collect()
}
