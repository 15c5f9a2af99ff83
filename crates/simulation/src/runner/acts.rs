//! What shops, people, marketers and operators do, by the real use cases.

use std::collections::BTreeMap;
use std::io::Cursor;

use anyhow::Context as _;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use nachklang_domain::coupon::CouponCode;
use nachklang_domain::id::{ContactId, LineId, OrderKey, PoolId, RefundId, ShopId};
use nachklang_domain::language::Country;
use nachklang_domain::link::{Link, Purpose};
use nachklang_domain::money::{Currency, Money};
use nachklang_domain::order::{Channel, Line, LineDetails, OrderEvent, OrderSnapshot, Payment, Refund};
use nachklang_domain::ports::{CouponStock, Ledger, PortError};
use nachklang_domain::use_case::UseCaseError;
use nachklang_domain::use_case::erase::erase;
use nachklang_domain::use_case::import_coupons::import_coupons;
use nachklang_domain::use_case::import_feed::{FeedImport, import_lists, import_products};
use nachklang_domain::use_case::publish::publish_draft;
use nachklang_domain::use_case::receive_order::receive_orders;
use nachklang_domain::use_case::suppress::Reach;
use nachklang_domain::use_case::unsubscribe::{Visit, Visitor, unsubscribe};
use nachklang_domain::use_case::watch_pools::watch_pools;

use super::site::Site;
use super::stations::{Ended, Worked, Working, run};
use crate::content::{address, catalog, code, order_key, order_number, title};
use crate::keys::contact_key;
use crate::script::{Action, Purchase};

/// Each order has one line of so many pieces.
const PIECES: u32 = 2;

/// Does what somebody does.
pub(super) async fn act(site: &Site, desk: Working<'_>, action: &Action) -> Worked {
    let now = desk.world.world().now();
    match action {
        Action::Buy(_) | Action::Cancel { .. } | Action::Return { .. } => {
            let event = told(action, now).map_err(|error| broken(&error))?;
            receive_orders(desk, &[event], now).await?;
        }
        Action::Import { pool, first, count, ends } => {
            let file = code_file(pool, *first, *count, *ends).map_err(|error| broken(&error))?;
            let report = import_coupons(desk, pool, "coupons/codes.csv", Cursor::new(file)).await?;
            if report.has_errors() {
                return Ok(Ended::Failed(report.to_string()));
            }
        }
        Action::Void { pool, first, count } => {
            desk.world
                .void_codes(pool, &codes(pool, *first, *count).map_err(|error| broken(&error))?)
                .await?;
        }
        Action::Unsubscribe { shop, person } => return no(site, desk, shop, *person, now).await,
        Action::Erase { shop, person } => {
            let id = contact(*person).map_err(|error| broken(&error))?;
            erase(desk, id, &shop.clone().map_or(Reach::AllShops, Reach::Shop), now).await?;
        }
        Action::Switch { stopped } => desk.world.set_stopped(*stopped).await?,
        Action::Account { stopped } => desk.world.world().lock().post.stopped = *stopped,
        Action::Publish(upload) => {
            publish_draft(desk.world, upload.draft()).await?;
        }
        Action::Feed { shop, products } => return feed(desk, shop, *products).await,
        Action::Watch => {
            watch_pools(desk, now, |_| ()).await?;
        }
        Action::Run { shop } => return run(site, desk, shop).await,
    }
    Ok(Ended::Done)
}

/// A feed that shrank is held and changes nothing, as it should.
async fn feed(desk: Working<'_>, shop: &ShopId, products: u32) -> Worked {
    let of = desk.catalog.shop(shop).ok_or_else(|| UseCaseError::NoShop(shop.clone()))?;
    let (products, bestsellers) = (product_file(products, of.currency), bestseller_file(products));
    for language in &of.languages {
        let read = Cursor::new(&products);
        let (import, report) =
            import_products(desk, (shop, *language), "feeds/products.csv", read, false).await?;
        if import == FeedImport::Refused {
            return Ok(Ended::Failed(report.to_string()));
        }
    }
    let read = Cursor::new(bestsellers);
    let (import, report) = import_lists(desk, shop, "feeds/topsellers.csv", read, false).await?;
    Ok(if import == FeedImport::Refused { Ended::Failed(report.to_string()) } else { Ended::Done })
}

fn product_file(products: u32, currency: Currency) -> String {
    let row = |number| {
        let place = format!("https://shop.example/stone-{number}");
        format!("STONE-{number},Stone {number},{place},{place}.png,{number}.00 {currency},in_stock\n")
    };
    let rows = (1..=products).map(row).collect::<String>();
    format!("id,title,link,image_link,price,availability\n{rows}")
}

fn bestseller_file(products: u32) -> String {
    let rows = (1..=products).map(|number| format!("{number},STONE-{number}\n")).collect::<String>();
    format!("rank,product_id\n{rows}")
}

/// By the link that stands in each of her mails.
async fn no(site: &Site, desk: Working<'_>, shop: &ShopId, person: u32, now: Timestamp) -> Worked {
    let link = Link {
        purpose: Purpose::Unsubscribe,
        shop: shop.clone(),
        contact: contact(person).map_err(|error| broken(&error))?,
        mail: None,
        expires: now.checked_add(24.hours()).unwrap_or(now),
    };
    let token = site.link_keys.sign(&link);
    let visitor = Visitor { token: &token, languages: "" };
    let (visit, _) = unsubscribe(desk.world, desk.catalog, &site.link_keys, visitor, now).await?;
    Ok(match visit {
        Visit::Ended(_) => Ended::Done,
        Visit::Asked | Visit::Refused(_) => Ended::Failed("the link opened nothing".to_owned()),
    })
}

/// The scenario itself is wrong.
fn broken(error: &anyhow::Error) -> UseCaseError {
    PortError::permanent(format!("the scenario cannot be told: {error:#}")).into()
}

/// The contact id of a person.
pub(super) fn contact(person: u32) -> anyhow::Result<ContactId> {
    Ok(ContactId::of(&address(person)?, contact_key()))
}

/// Codes by their numbers.
pub(super) fn codes(pool: &PoolId, first: u32, count: u32) -> anyhow::Result<Vec<CouponCode>> {
    (first..first.saturating_add(count)).map(|number| code(pool, number)).collect()
}

fn code_file(pool: &PoolId, first: u32, count: u32, ends: Option<Date>) -> anyhow::Result<String> {
    let ends = ends.map(|day| day.to_string()).unwrap_or_default();
    let rows = codes(pool, first, count)?.into_iter().map(|code| format!("{},{ends}\n", code.expose()));
    Ok(format!("Code,Expires\n{}", rows.collect::<String>()))
}

/// The key of an order by its number.
pub(super) fn key(shop: &ShopId, order: u32) -> anyhow::Result<OrderKey> {
    Ok(order_key(shop, order_number(order)?))
}

fn told(action: &Action, now: Timestamp) -> anyhow::Result<OrderEvent> {
    let event = |key, snapshot| OrderEvent { key, snapshot, cancelled_at: None, refunds: BTreeMap::new() };
    Ok(match action {
        Action::Buy(purchase) => event(key(&purchase.shop, purchase.order)?, Some(snapshot(purchase)?)),
        Action::Cancel { shop, order } => {
            OrderEvent { cancelled_at: Some(now), ..event(key(shop, *order)?, None) }
        }
        Action::Return { shop, order, refund, pieces } => {
            let pieces = BTreeMap::from([(LineId::parse("1")?, *pieces)]);
            let id = RefundId::parse(&format!("R{refund}"))?;
            let refund = Refund { at: Some(now), pieces, ..Refund::default() };
            let refunds = BTreeMap::from([(id, refund)]);
            OrderEvent { refunds, ..event(key(shop, *order)?, None) }
        }
        other => anyhow::bail!("{other} is nothing that a shop tells of an order"),
    })
}

fn snapshot(purchase: &Purchase) -> anyhow::Result<OrderSnapshot> {
    let shop = catalog()?.shop(&purchase.shop).context("a shop of the content")?;
    let line = Line {
        id: LineId::parse("1")?,
        sku: None,
        product_ids: Vec::new(),
        title: title(&order_number(purchase.order)?),
        quantity: PIECES,
        unit_price: Money::new(4_990, shop.currency),
        odd_minor: 0,
        details: LineDetails::default(),
    };
    Ok(OrderSnapshot {
        revision: purchase.revision,
        placed_at: purchase.placed_at,
        delivered_at: None,
        channel: if purchase.told { Channel::Online } else { Channel::Retail },
        payment: if purchase.paid { Payment::Paid } else { Payment::Pending },
        test: purchase.test,
        email: purchase.person.map(address).transpose()?,
        customer_number: None,
        first_name: None,
        language: None,
        country: Some(Country::parse(&shop.country.to_string())?),
        consent: None,
        currency: shop.currency,
        lines: vec![line],
        lines_add_up: false,
        returns: Vec::new(),
        codes_used: Vec::new(),
    })
}
