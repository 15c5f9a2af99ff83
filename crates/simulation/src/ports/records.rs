//! Each call of the ports to the orders, codes and due entries, on its way.

use jiff::civil::Date;
use nachklang_domain::coupon::file::CouponRow;
use nachklang_domain::coupon::{CouponCode, PoolCounts, StockCode};
use nachklang_domain::id::{ContactId, OrderKey, PoolId, ShopId};
use nachklang_domain::order::Order;
use nachklang_domain::ports::{
    AddedCode, CouponStock, DueEntry, DueList, DuePage, OrderSearch, Orders, PortResult, Saved, Version,
};

use super::Ports;

impl Orders for Ports {
    async fn load_order(&self, key: &OrderKey) -> PortResult<Option<(Order, Version)>> {
        let line = self.read("load_order").await?;
        line.back(self.store().load_order(key)).await
    }

    async fn glance_order(&self, key: &OrderKey) -> PortResult<Option<(Order, Version)>> {
        let (line, seen) = self.glance("glance_order").await?;
        line.back(seen.glance_order(key)).await
    }

    async fn save_order(&self, order: &Order, expected: Version) -> PortResult<Saved> {
        let line = self.write("save_order").await?;
        line.twice(|| self.store().save_order(order, expected)).await
    }

    async fn load_orders(&self, keys: &[OrderKey]) -> PortResult<Vec<(Order, Version)>> {
        let line = self.read("load_orders").await?;
        line.back(self.store().load_orders(keys)).await
    }

    async fn glance_orders(&self, keys: &[OrderKey]) -> PortResult<Vec<(Order, Version)>> {
        let (line, seen) = self.glance("glance_orders").await?;
        line.back(seen.glance_orders(keys)).await
    }
}

impl OrderSearch for Ports {
    async fn orders_of(&self, shop: &ShopId, contact: ContactId) -> PortResult<Vec<OrderKey>> {
        let line = self.read("orders_of").await?;
        line.back(self.store().orders_of(shop, contact)).await
    }
}

impl CouponStock for Ports {
    async fn add_codes(&self, pool: &PoolId, rows: &[CouponRow]) -> PortResult<Vec<AddedCode>> {
        let line = self.write("add_codes").await?;
        line.twice(|| self.store().add_codes(pool, rows)).await
    }

    async fn free_codes(
        &self,
        pool: &PoolId,
        day: Date,
        not_before: Date,
        seed: u64,
        limit: usize,
    ) -> PortResult<Vec<StockCode>> {
        let (line, seen) = self.glance("free_codes").await?;
        line.back(seen.free_codes(pool, day, not_before, seed, limit)).await
    }

    async fn pool_counts(&self, pool: &PoolId, day: Date) -> PortResult<PoolCounts> {
        let (line, seen) = self.glance("pool_counts").await?;
        line.back(seen.pool_counts(pool, day)).await
    }

    async fn free_ending_before(&self, pool: &PoolId, day: Date) -> PortResult<u64> {
        let (line, seen) = self.glance("free_ending_before").await?;
        line.back(seen.free_ending_before(pool, day)).await
    }

    async fn claimed_since(&self, pool: &PoolId, day: Date) -> PortResult<u64> {
        let (line, seen) = self.glance("claimed_since").await?;
        line.back(seen.claimed_since(pool, day)).await
    }

    async fn void_codes(&self, pool: &PoolId, codes: &[CouponCode]) -> PortResult<u64> {
        let line = self.write("void_codes").await?;
        line.twice(|| self.store().void_codes(pool, codes)).await
    }
}

impl DueList for Ports {
    async fn put_due(&self, entries: &[DueEntry]) -> PortResult<()> {
        let line = self.write("put_due").await?;
        line.twice(|| self.store().put_due(entries)).await
    }

    async fn due_page(
        &self,
        shop: &ShopId,
        day: Date,
        shard: u32,
        from: Option<&str>,
    ) -> PortResult<DuePage> {
        let (line, seen) = self.glance("due_page").await?;
        line.back(seen.due_page(shop, day, shard, from)).await
    }

    async fn due_counts(&self, shop: &ShopId, first: Date, days: u16) -> PortResult<Vec<u64>> {
        let (line, seen) = self.glance("due_counts").await?;
        line.back(seen.due_counts(shop, first, days)).await
    }
}
