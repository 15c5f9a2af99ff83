//! Orders.

use std::collections::BTreeSet;

use nachklang_domain::id::{ContactId, OrderKey, ShopId};
use nachklang_domain::order::Order;
use nachklang_domain::ports::{OrderSearch, Orders, PortResult, Saved, Version};

use super::AwsStore;
use super::batch_get::{Batch, batch_get};
use super::body::Item;
use super::fault::fault;
use super::item::key;
use super::versioned::{Place, VersionedPut, load, read};
use crate::config::Setting;

const NOUN: &str = "an order";

impl Orders for AwsStore {
    async fn load_order(&self, key: &OrderKey) -> PortResult<Option<(Order, Version)>> {
        load(&self.clients.dynamo, self.orders_place()?, order_key(key), true).await
    }

    async fn glance_order(&self, key: &OrderKey) -> PortResult<Option<(Order, Version)>> {
        load(&self.clients.dynamo, self.orders_place()?, order_key(key), false).await
    }

    async fn save_order(&self, order: &Order, expected: Version) -> PortResult<Saved> {
        let put = VersionedPut::new(self.orders_place()?, order_key(&order.key), order, expected)?;
        put.write(&self.clients.dynamo).await
    }

    async fn load_orders(&self, keys: &[OrderKey]) -> PortResult<Vec<(Order, Version)>> {
        self.read_orders(keys, true).await
    }

    async fn glance_orders(&self, keys: &[OrderKey]) -> PortResult<Vec<(Order, Version)>> {
        self.read_orders(keys, false).await
    }
}

/// One scan of the table, paid by its size: a million orders of a kilobyte are 250,000 read units. Bodies are packed, so
/// the table cannot look into them for us. A strongly consistent scan sees what was written before it began.
///
/// Source: <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Scan.html>
impl OrderSearch for AwsStore {
    async fn orders_of(&self, shop: &ShopId, contact: ContactId) -> PortResult<Vec<OrderKey>> {
        let place = self.orders_place()?;
        let scan = self.clients.dynamo.scan().table_name(place.table).consistent_read(true);
        let mut pages = scan.into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| fault("look for a contact's orders", place.table, &error))?;
            for item in page.items() {
                let (order, _) = read::<Order>(NOUN, item)?;
                if order.contact == Some(contact) && order.key.shop == *shop {
                    found.push(order.key);
                }
            }
        }
        Ok(found)
    }
}

impl AwsStore {
    /// Most people have one order, and a single read tells its units everywhere.
    async fn read_orders(&self, keys: &[OrderKey], consistent: bool) -> PortResult<Vec<(Order, Version)>> {
        if let [only] = keys {
            let found = load(&self.clients.dynamo, self.orders_place()?, order_key(only), consistent).await?;
            return Ok(found.into_iter().collect());
        }
        let batch = Batch { doing: "load orders", table: self.orders_place()?.table, consistent };
        // A key that stands twice in one call is refused.
        let distinct: BTreeSet<&OrderKey> = keys.iter().collect();
        let items =
            batch_get(&self.clients.dynamo, batch, distinct.into_iter().map(order_key).collect()).await?;
        items.iter().map(|item| read(NOUN, item)).collect()
    }

    fn orders_place(&self) -> PortResult<Place<'_>> {
        Ok(Place { noun: NOUN, table: self.config.get(Setting::Orders)? })
    }
}

/// Shop and source hold no `#`, and the number comes last: no two orders share a key.
fn order_key(order: &OrderKey) -> Item {
    key(format!("{}#{}#{}", order.shop, order.source, order.number), "order")
}

#[cfg(test)]
mod tests {
    use nachklang_domain::id::{OrderNumber, ShopId, Source};

    use super::super::item::text_of;
    use super::*;

    #[test]
    fn no_two_orders_share_a_key() {
        let of = |source: &str, number: &str| {
            let key = order_key(&OrderKey {
                shop: ShopId::parse("de").unwrap(),
                source: Source::parse(source).unwrap(),
                number: OrderNumber::parse(number).unwrap(),
            });
            text_of(&key, "pk").unwrap().to_owned()
        };
        assert_eq!(of("till", "7#8"), "de#till#7#8");
        assert_ne!(of("till", "7#8"), of("till-7", "8"));
    }
}
