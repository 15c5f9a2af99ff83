//! `/orders/{shop}/{source}/{number}`: an order, how it ended, and why.

use axum::extract::{Path, State};
use axum::response::Html;
use nachklang_domain::catalog::Catalog;
use nachklang_domain::disposition::Disposition;
use nachklang_domain::id::{MailId, OrderKey, OrderNumber, ShopId, Source};
use nachklang_domain::money::Money;
use nachklang_domain::order::{Channel, Line, Order, OrderSnapshot, Payment};
use nachklang_domain::ports::Orders;
use serde::Serialize;

use super::page::{self, Moment, Reference};
use super::{App, Fault};
use crate::explanation::{Explanation, explain};

#[derive(Debug, Serialize)]
struct OrderPage {
    key: String,
    /// How it ended, in a sentence.
    because: String,
    mail: Option<Reference>,
    steps: Vec<String>,
    contact: Option<Reference>,
    cancelled: Option<Moment>,
    bought: Option<Bought>,
    lines: Vec<LineRow>,
    kept_value: Option<String>,
    refunds: usize,
}

#[derive(Debug, Serialize)]
struct Bought {
    placed: Moment,
    revision: Moment,
    delivered: Option<Moment>,
    channel: &'static str,
    payment: &'static str,
    test: bool,
    language: Option<String>,
    country: Option<String>,
    consent: bool,
    codes_used: Vec<String>,
}

#[derive(Debug, Serialize)]
struct LineRow {
    title: String,
    sku: Option<String>,
    product: Option<String>,
    series: Option<String>,
    bought: u32,
    kept: u32,
    price: String,
}

/// The page.
pub async fn show(
    State(app): State<App>,
    Path((shop, source, number)): Path<(String, String, String)>,
) -> Result<Html<String>, Fault> {
    let key = key(&shop, &source, &number).ok_or(Fault::NotFound)?;
    let stored = app.site.store.load_order(&key).await?;
    let (order, _) = stored.ok_or(Fault::NotFound)?;
    let explanation = explain(&app.site, &order).await?;
    let catalog = app.site.catalog()?;
    let data = order_page(&catalog, &order, explanation);
    Ok(page::render(&format!("Order {key}"), page::ORDER, &data)?)
}

fn key(shop: &str, source: &str, number: &str) -> Option<OrderKey> {
    Some(OrderKey {
        shop: ShopId::parse(shop).ok()?,
        source: Source::parse(source).ok()?,
        number: OrderNumber::parse(number).ok()?,
    })
}

fn order_page(catalog: &Catalog, order: &Order, explanation: Explanation) -> OrderPage {
    let at = |at| page::moment(at, &order.key.shop, Some(catalog));
    let lines = order.snapshot.iter().flat_map(|snapshot| &snapshot.lines);
    OrderPage {
        key: order.key.to_string(),
        mail: mail_of(&explanation.disposition).map(page::mail_reference),
        because: explanation.because,
        steps: explanation.steps,
        contact: order.contact.map(|id| page::contact_reference(&order.key.shop, id)),
        cancelled: order.cancelled_at.map(at),
        bought: order.snapshot.as_ref().map(|snapshot| bought(snapshot, &at)),
        lines: lines.map(|line| row(order, line)).collect(),
        kept_value: order.kept_value().map(amount),
        refunds: order.refunds.len(),
    }
}

const fn mail_of(end: &Disposition) -> Option<MailId> {
    match end {
        Disposition::Mailed { mail }
        | Disposition::Underway { mail }
        | Disposition::Unknown { mail }
        | Disposition::Failed { mail } => Some(*mail),
        Disposition::Waiting { .. } | Disposition::Skipped { .. } => None,
    }
}

fn bought(snapshot: &OrderSnapshot, at: &impl Fn(jiff::Timestamp) -> Moment) -> Bought {
    Bought {
        placed: at(snapshot.placed_at),
        revision: at(snapshot.revision),
        delivered: snapshot.delivered_at.map(at),
        channel: match snapshot.channel {
            Channel::Online => "online",
            Channel::Retail => "retail",
        },
        payment: match snapshot.payment {
            Payment::Pending => "pending",
            Payment::Paid => "paid",
            Payment::Refunded => "refunded",
        },
        test: snapshot.test,
        language: snapshot.language.map(|language| language.to_string()),
        country: snapshot.country.map(|country| country.to_string()),
        consent: snapshot.consent.is_some(),
        codes_used: snapshot.codes_used.clone(),
    }
}

fn row(order: &Order, line: &Line) -> LineRow {
    LineRow {
        title: line.title.clone(),
        sku: line.sku.as_ref().map(ToString::to_string),
        product: line.details.product.as_ref().map(ToString::to_string),
        series: line.details.series.as_ref().map(ToString::to_string),
        bought: line.quantity,
        kept: order.kept(line),
        price: amount(line.unit_price),
    }
}

fn amount(money: Money) -> String {
    format!("{} {}", money.to_decimal(), money.currency)
}
