//! Orders.

use std::collections::BTreeMap;

use nachklang_domain::id::{ContactId, OrderKey, ShopId};
use nachklang_domain::order::Order;
use nachklang_domain::ports::{OrderSearch, Orders, PortResult, Saved, Version};

use super::Store;
use super::past::Past;
use crate::planted::Planted;

pub(super) type Table = BTreeMap<OrderKey, Past<Order>>;

impl Store {
    fn order_as_of(&self, key: &OrderKey, writes: u64) -> Option<(Order, Version)> {
        let state = self.lock();
        let past = state.orders.get(key)?;
        past.seen(writes).map(|order| (order.clone(), Version(past.version(writes))))
    }

    fn orders_as_of(&self, keys: &[OrderKey], writes: u64) -> Vec<(Order, Version)> {
        keys.iter().filter_map(|key| self.order_as_of(key, writes)).collect()
    }
}

impl OrderSearch for Store {
    async fn orders_of(&self, shop: &ShopId, contact: ContactId) -> PortResult<Vec<OrderKey>> {
        let sure = self.sure();
        let state = self.lock();
        let orders = state.orders.values().filter_map(|past| past.seen(sure));
        let hers = orders.filter(|order| order.key.shop == *shop && order.contact == Some(contact));
        Ok(hers.map(|order| order.key.clone()).collect())
    }
}

impl Orders for Store {
    async fn load_order(&self, key: &OrderKey) -> PortResult<Option<(Order, Version)>> {
        Ok(self.order_as_of(key, self.sure()))
    }

    async fn glance_order(&self, key: &OrderKey) -> PortResult<Option<(Order, Version)>> {
        Ok(self.order_as_of(key, self.seen))
    }

    async fn save_order(&self, order: &Order, expected: Version) -> PortResult<Saved> {
        let mut state = self.write();
        let write = state.writes;
        let blind = state.has(Planted::OrderVersion);
        let past = state.orders.entry(order.key.clone()).or_default();
        if Version(past.version(u64::MAX)) != expected && !blind {
            return Ok(Saved::Conflict);
        }
        past.set(write, order.clone());
        Ok(Saved::Done)
    }

    async fn load_orders(&self, keys: &[OrderKey]) -> PortResult<Vec<(Order, Version)>> {
        Ok(self.orders_as_of(keys, self.sure()))
    }

    async fn glance_orders(&self, keys: &[OrderKey]) -> PortResult<Vec<(Order, Version)>> {
        Ok(self.orders_as_of(keys, self.seen))
    }
}
