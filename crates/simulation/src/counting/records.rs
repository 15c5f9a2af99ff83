//! Each call to the orders, contacts, codes and due entries, counted.

use jiff::civil::Date;
use nachklang_domain::contact::Contact;
use nachklang_domain::coupon::file::CouponRow;
use nachklang_domain::coupon::{CodeChange, CouponCode, PoolCounts, StockCode};
use nachklang_domain::id::{ContactId, OrderKey, PoolId, ShopId};
use nachklang_domain::order::Order;
use nachklang_domain::ports::{
    AddedCode, Committed, Contacts, CouponStock, DueEntry, DueList, DuePage, Orders, PortResult, Saved,
    Version,
};

use super::{Counting, Trouble};

impl<S: Orders + Sync, T: Trouble> Orders for Counting<S, T> {
    async fn load_order(&self, key: &OrderKey) -> PortResult<Option<(Order, Version)>> {
        self.pass("load_order", self.inner.load_order(key)).await
    }

    async fn glance_order(&self, key: &OrderKey) -> PortResult<Option<(Order, Version)>> {
        let now = self.pass("glance_order", self.inner.glance_order(key)).await?;
        Ok(self.seen(&self.orders, key.to_string(), now))
    }

    async fn save_order(&self, order: &Order, expected: Version) -> PortResult<Saved> {
        self.pass("save_order", self.inner.save_order(order, expected)).await
    }

    async fn load_orders(&self, keys: &[OrderKey]) -> PortResult<Vec<(Order, Version)>> {
        self.pass(format!("load_orders of {}", keys.len()), self.inner.load_orders(keys)).await
    }

    async fn glance_orders(&self, keys: &[OrderKey]) -> PortResult<Vec<(Order, Version)>> {
        let glances = async {
            let mut seen = Vec::new();
            for key in keys {
                let now = self.inner.glance_order(key).await?;
                seen.extend(self.seen(&self.orders, key.to_string(), now));
            }
            Ok(seen)
        };
        self.pass(format!("glance_orders of {}", keys.len()), glances).await
    }
}

impl<S: Contacts + Sync, T: Trouble> Contacts for Counting<S, T> {
    async fn load_contact(&self, shop: &ShopId, id: ContactId) -> PortResult<Option<(Contact, Version)>> {
        self.pass("load_contact", self.inner.load_contact(shop, id)).await
    }

    async fn glance_contact(&self, shop: &ShopId, id: ContactId) -> PortResult<Option<(Contact, Version)>> {
        let now = self.pass("glance_contact", self.inner.glance_contact(shop, id)).await?;
        Ok(self.seen(&self.contacts, format!("{shop}#{id}"), now))
    }

    async fn commit(
        &self,
        contact: &Contact,
        expected: Version,
        codes: &[CodeChange],
    ) -> PortResult<Committed> {
        self.pass(format!("commit with {} codes", codes.len()), self.inner.commit(contact, expected, codes))
            .await
    }
}

impl<S: DueList + Sync, T: Trouble> DueList for Counting<S, T> {
    async fn put_due(&self, entries: &[DueEntry]) -> PortResult<()> {
        self.pass(format!("put_due of {}", entries.len()), self.inner.put_due(entries)).await
    }

    async fn due_page(
        &self,
        shop: &ShopId,
        day: Date,
        shard: u32,
        from: Option<&str>,
    ) -> PortResult<DuePage> {
        self.pass("due_page", self.inner.due_page(shop, day, shard, from)).await
    }

    async fn due_counts(&self, shop: &ShopId, first: Date, days: u16) -> PortResult<Vec<u64>> {
        self.pass("due_counts", self.inner.due_counts(shop, first, days)).await
    }
}

impl<S: CouponStock + Sync, T: Trouble> CouponStock for Counting<S, T> {
    async fn add_codes(&self, pool: &PoolId, rows: &[CouponRow]) -> PortResult<Vec<AddedCode>> {
        self.pass("add_codes", self.inner.add_codes(pool, rows)).await
    }

    async fn free_codes(
        &self,
        pool: &PoolId,
        day: Date,
        not_before: Date,
        seed: u64,
        limit: usize,
    ) -> PortResult<Vec<StockCode>> {
        self.pass("free_codes", self.inner.free_codes(pool, day, not_before, seed, limit)).await
    }

    async fn pool_counts(&self, pool: &PoolId, day: Date) -> PortResult<PoolCounts> {
        self.pass("pool_counts", self.inner.pool_counts(pool, day)).await
    }

    async fn free_ending_before(&self, pool: &PoolId, day: Date) -> PortResult<u64> {
        self.pass("free_ending_before", self.inner.free_ending_before(pool, day)).await
    }

    async fn claimed_since(&self, pool: &PoolId, day: Date) -> PortResult<u64> {
        self.pass("claimed_since", self.inner.claimed_since(pool, day)).await
    }

    async fn void_codes(&self, pool: &PoolId, codes: &[CouponCode]) -> PortResult<u64> {
        self.pass("void_codes", self.inner.void_codes(pool, codes)).await
    }
}
