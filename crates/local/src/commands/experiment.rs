//! `experiment`: what the variants of a flow brought, in equal windows after the purchase.

use std::collections::HashMap;
use std::process::ExitCode;

use nachklang_domain::contact::Contact;
use nachklang_domain::experiment::{Measure, Results, measure};
use nachklang_domain::id::{ContactId, FlowId, ShopId};
use nachklang_domain::money::Money;
use nachklang_domain::order::Order;

use super::{answer, open};
use crate::cli::Place;

/// Measures and prints every variant.
pub(super) async fn run(place: &Place, flow: &FlowId, window_days: u16) -> anyhow::Result<ExitCode> {
    let site = open(place).await?;
    let (catalog, now) = (site.catalog()?, site.now().await?);
    anyhow::ensure!(catalog.flows.contains_key(flow), "there is no flow {flow}");
    let mut orders: HashMap<(ShopId, ContactId), Vec<Order>> = HashMap::new();
    let gather = |order: Order| {
        if let Some(contact) = order.contact {
            orders.entry((order.key.shop.clone(), contact)).or_default().push(order);
        }
    };
    site.store.all_orders(gather).await?;
    let mut results = Results::new();
    let add = |contact: Contact| {
        let (Some(shop), Some(own)) =
            (catalog.shop(&contact.shop), orders.get(&(contact.shop.clone(), contact.id)))
        else {
            return;
        };
        measure(
            &mut results,
            Measure { flow, window_days, today: shop.local_date(now) },
            shop,
            &contact,
            own,
        );
    };
    site.store.all_contacts(add).await?;
    answer(place, &results, || words(&results, window_days))?;
    Ok(ExitCode::SUCCESS)
}

fn words(results: &Results, window_days: u16) -> String {
    let mut text = format!("within {window_days} days after the purchase");
    for (variant, result) in results {
        text += &format!(
            "\n  {variant}: {} purchases ({} mailed, {} still open), {} bought again, {} further orders",
            result.purchases, result.mailed, result.open, result.bought_again, result.orders
        );
        for (currency, minor) in &result.revenue {
            text += &format!(", {}", Money::new(*minor, *currency));
        }
    }
    text
}
