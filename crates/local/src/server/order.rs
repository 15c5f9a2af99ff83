//! `/orders/{shop}/{source}/{number}`: an order, how it ended, and why.

use axum::extract::{Path, State};
use axum::response::Html;
use nachklang_domain::contact::Contact;
use nachklang_domain::disposition::{Disposition, disposition};
use nachklang_domain::id::{OrderKey, OrderNumber, ShopId, Source};
use nachklang_domain::money::Money;
use nachklang_domain::order::{Channel, Line, Order, OrderSnapshot, Payment};
use nachklang_domain::ports::{Contacts, Orders};
use serde::Serialize;

use super::page::{self, Moment, Reference};
use super::{App, Fault};
use crate::site::Site;

#[derive(Debug, Serialize)]
struct OrderPage {
    key: String,
    end: End,
    contact: Option<Reference>,
    cancelled: Option<Moment>,
    bought: Option<Bought>,
    lines: Vec<LineRow>,
    kept_value: Option<String>,
    refunds: usize,
}

/// How the order ended, in a sentence, with the mail if there is one.
#[derive(Debug, Serialize)]
struct End {
    words: String,
    mail: Option<Reference>,
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
    let contact = match order.contact {
        Some(id) => app.site.store.load_contact(&key.shop, id).await?,
        None => None,
    };
    let contact = contact.map(|(contact, _)| contact);
    let data = order_page(&app.site, &order, contact.as_ref())?;
    Ok(page::render(&format!("Order {key}"), page::ORDER, &data)?)
}

fn key(shop: &str, source: &str, number: &str) -> Option<OrderKey> {
    Some(OrderKey {
        shop: ShopId::parse(shop).ok()?,
        source: Source::parse(source).ok()?,
        number: OrderNumber::parse(number).ok()?,
    })
}

fn order_page(site: &Site, order: &Order, contact: Option<&Contact>) -> anyhow::Result<OrderPage> {
    let catalog = site.catalog()?;
    let at = |at| page::moment(at, &order.key.shop, Some(&catalog));
    let lines = order.snapshot.iter().flat_map(|snapshot| &snapshot.lines);
    Ok(OrderPage {
        key: order.key.to_string(),
        end: end(&disposition(order, contact, &catalog)),
        contact: order.contact.map(|id| page::contact_reference(&order.key.shop, id)),
        cancelled: order.cancelled_at.map(at),
        bought: order.snapshot.as_ref().map(|snapshot| bought(snapshot, &at)),
        lines: lines.map(|line| row(order, line)).collect(),
        kept_value: order.kept_value().map(amount),
        refunds: order.refunds.len(),
    })
}

fn end(end: &Disposition) -> End {
    let (words, mail) = match end {
        Disposition::Mailed { mail } => ("Its mail was accepted.".to_owned(), Some(mail)),
        Disposition::Waiting { due } => (format!("Its mail is planned for {due}."), None),
        Disposition::Underway { mail } => ("Its mail is being made and handed over.".to_owned(), Some(mail)),
        Disposition::Unknown { mail } => (
            "Nobody knows yet whether its mail was accepted; it is not sent again.".to_owned(),
            Some(mail),
        ),
        Disposition::Failed { mail } => ("Its mail was refused for good.".to_owned(), Some(mail)),
        Disposition::Skipped { reason } => (format!("No mail of its own: {}.", reason.in_words()), None),
    };
    End {
        words,
        mail: mail.map(|mail| page::mail_reference(*mail)),
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
