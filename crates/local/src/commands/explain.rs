//! `explain`: what happened to an order, and why, or why not.

use std::process::ExitCode;

use anyhow::bail;
use nachklang_domain::id::{OrderKey, OrderNumber, ShopId, Source};
use nachklang_domain::order::Order;

use super::{answer, open};
use crate::cli::Place;
use crate::explanation::explain;
use crate::site::Site;

/// Prints the story of an order.
pub(super) async fn run(place: &Place, order: &str) -> anyhow::Result<ExitCode> {
    let site = open(place).await?;
    let orders = find(&site, order).await?;
    let mut explanations = Vec::with_capacity(orders.len());
    for order in &orders {
        explanations.push(explain(&site, order).await?);
    }
    answer(place, &explanations, || {
        let words: Vec<String> = explanations.iter().map(ToString::to_string).collect();
        words.join("\n\n")
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The order with a whole key, or all with a number.
async fn find(site: &Site, wanted: &str) -> anyhow::Result<Vec<Order>> {
    if let Some(key) = key(wanted) {
        use nachklang_domain::ports::Orders as _;
        if let Some((order, _)) = site.store.load_order(&key).await? {
            return Ok(vec![order]);
        }
    }
    let mut found = Vec::new();
    let keep = |order: Order| {
        if order.key.number.as_str() == wanted {
            found.push(order);
        }
    };
    site.store.all_orders(keep).await?;
    if found.is_empty() {
        bail!("there is no order {wanted:?}: name it as <shop>/<source>/<number>, such as de/shopify/1001");
    }
    Ok(found)
}

fn key(text: &str) -> Option<OrderKey> {
    let (shop, rest) = text.split_once('/')?;
    let (source, number) = rest.split_once('/')?;
    Some(OrderKey {
        shop: ShopId::parse(shop).ok()?,
        source: Source::parse(source).ok()?,
        number: OrderNumber::parse(number).ok()?,
    })
}
