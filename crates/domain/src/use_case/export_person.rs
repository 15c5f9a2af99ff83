//! Tells everything that is known of one person (articles 15 and 20 of Regulation (EU) 2016/679).

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::suppress::Reach;
use super::{Desk, UseCaseError};
use crate::contact::{Contact, KNOWN_ORDERS};
use crate::id::{ContactId, OrderKey};
use crate::order::Order;
use crate::person::{PersonRecord, ShopRecord};
use crate::ports::{Contacts, OrderSearch, Orders};

/// Tells what one shop, or each, knows of a person. A shop that knows nothing of her is left out.
///
/// # Errors
/// [`UseCaseError`] when the store does not answer.
pub async fn export_person<W>(
    desk: Desk<'_, W>,
    contact: ContactId,
    reach: &Reach,
    now: Timestamp,
) -> Result<PersonRecord, UseCaseError>
where
    W: Contacts + Orders + OrderSearch,
{
    let mut shops = Vec::new();
    for shop in reach.shops(desk.catalog) {
        if let Some((contact, _)) = desk.world.load_contact(shop, contact).await? {
            shops.push(ShopRecord::of(&contact, &orders(desk.world, &contact).await?));
        }
    }
    Ok(PersonRecord { exported_at: now, shops, named_in: Vec::new() })
}

/// Her orders, oldest first. Those that she no longer knows are looked for, and one that is another's now is left out.
async fn orders<W: Orders + OrderSearch>(world: &W, contact: &Contact) -> Result<Vec<Order>, UseCaseError> {
    let mut keys: BTreeSet<OrderKey> = contact.orders.iter().map(|known| known.key.clone()).collect();
    if keys.len() >= KNOWN_ORDERS {
        keys.extend(world.orders_of(&contact.shop, contact.id).await?);
    }
    let keys: Vec<OrderKey> = keys.into_iter().collect();
    let read = world.load_orders(&keys).await?;
    let mut orders: Vec<Order> = read.into_iter().map(|(order, _)| order).collect();
    orders.retain(|order| order.contact == Some(contact.id));
    orders
        .sort_by_key(|order| (order.snapshot.as_ref().map(|snapshot| snapshot.placed_at), order.key.clone()));
    Ok(orders)
}

#[cfg(test)]
mod tests;
