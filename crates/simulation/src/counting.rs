//! A store that counts the calls of each port's method and passes them on, so that a mail's price can be told. Something
//! may stand in their way: another's turn, or a program that ends before or after a call.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::future::Future;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use jiff::civil::Date;
use nachklang_domain::contact::Contact;
use nachklang_domain::coupon::file::CouponRow;
use nachklang_domain::coupon::{CodeChange, CouponCode, PoolCounts, StockCode};
use nachklang_domain::id::{ContactId, OrderKey, PoolId, ProductId, ShopId, Sku};
use nachklang_domain::language::Language;
use nachklang_domain::order::Order;
use nachklang_domain::ports::{
    AddedCode, Committed, Contacts, Content, CouponStock, DueEntry, DueList, DuePage, FeedChange, Ledger,
    ListKey, ListKind, MailTask, NewContent, Orders, Parts, PortResult, Products, Queues, RunStart, Saved,
    ShardTask, Version,
};
use nachklang_domain::product::Product;

/// Calls by method. Lists of keys, entries and codes are in the name where they make the price.
pub type Calls = BTreeMap<String, u64>;

/// What a glance shows. It may be behind, and these are the two worst ways to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// Everything.
    Clear,
    /// Nothing, ever.
    Blind,
    /// What was there when it was first looked at.
    Frozen,
}

/// What stands in the way of calls.
pub trait Trouble: Debug + Send + Sync {
    /// What comes before a call is made: others get their turn here.
    ///
    /// # Errors
    /// When the program ends before the call.
    fn before(&self, call: &str) -> impl Future<Output = PortResult<()>> + Send;

    /// What comes after a call was made.
    ///
    /// # Errors
    /// When the program ends after the call: it happened, and its caller never learns so.
    fn after(&self, call: &str) -> PortResult<()>;
}

/// Nothing stands in the way.
#[derive(Debug, Clone, Copy, Default)]
pub struct Calm;

impl Trouble for Calm {
    async fn before(&self, _call: &str) -> PortResult<()> {
        Ok(())
    }

    fn after(&self, _call: &str) -> PortResult<()> {
        Ok(())
    }
}

type Seen<K, T> = Mutex<BTreeMap<K, Option<(T, Version)>>>;

/// A store that counts.
#[derive(Debug)]
pub struct Counting<S, T = Calm> {
    /// Where the calls go.
    pub inner: S,
    /// What stands in their way.
    pub trouble: T,
    sight: Sight,
    calls: Mutex<Calls>,
    contacts: Seen<String, Contact>,
    orders: Seen<String, Order>,
}

impl<S> Counting<S> {
    /// Counts what a store is asked.
    #[must_use]
    pub fn new(inner: S) -> Self {
        Self::with_sight(inner, Sight::Clear)
    }

    /// Counts what a store is asked, and lets glances be behind.
    #[must_use]
    pub fn with_sight(inner: S, sight: Sight) -> Self {
        Self::over(inner, Calm, sight)
    }
}

impl<S, T> Counting<S, T> {
    /// Counts what a store is asked, with something in the way.
    #[must_use]
    pub fn with_trouble(inner: S, trouble: T) -> Self {
        Self::over(inner, trouble, Sight::Clear)
    }

    fn over(inner: S, trouble: T, sight: Sight) -> Self {
        let (calls, contacts, orders) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self { inner, trouble, sight, calls, contacts, orders }
    }

    /// What was asked since the last time.
    #[must_use]
    pub fn take(&self) -> Calls {
        std::mem::take(&mut *self.calls.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, name: &str) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        match calls.get_mut(name) {
            Some(count) => *count += 1,
            None => drop(calls.insert(name.to_owned(), 1)),
        }
    }

    /// What a glance shows of something that now is as it is.
    fn seen<V: Clone>(
        &self,
        known: &Seen<String, V>,
        key: String,
        now: Option<(V, Version)>,
    ) -> Option<(V, Version)> {
        match self.sight {
            Sight::Clear => now,
            Sight::Blind => None,
            Sight::Frozen => {
                let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
                known.entry(key).or_insert(now).clone()
            }
        }
    }
}

impl<S: Sync, T: Trouble> Counting<S, T> {
    /// Makes a call, counted.
    async fn pass<R>(
        &self,
        name: impl Into<String> + Send,
        call: impl Future<Output = PortResult<R>> + Send,
    ) -> PortResult<R> {
        let name = name.into();
        self.trouble.before(&name).await?;
        self.note(&name);
        let answer = call.await?;
        self.trouble.after(&name)?;
        Ok(answer)
    }
}

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

    async fn load_orders(&self, keys: &[OrderKey]) -> PortResult<Vec<Order>> {
        self.pass(format!("load_orders of {}", keys.len()), self.inner.load_orders(keys)).await
    }

    async fn glance_orders(&self, keys: &[OrderKey]) -> PortResult<Vec<Order>> {
        let glances = async {
            let mut seen = Vec::new();
            for key in keys {
                let now = self.inner.glance_order(key).await?;
                seen.extend(self.seen(&self.orders, key.to_string(), now).map(|(order, _)| order));
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

impl<S: Queues + Sync, T: Trouble> Queues for Counting<S, T> {
    async fn to_assignment(&self, tasks: &[MailTask]) -> PortResult<()> {
        self.pass("to_assignment", self.inner.to_assignment(tasks)).await
    }

    async fn to_delivery(&self, tasks: &[MailTask]) -> PortResult<()> {
        self.pass("to_delivery", self.inner.to_delivery(tasks)).await
    }
}

impl<S: Parts + Sync, T: Trouble> Parts for Counting<S, T> {
    async fn to_planning(&self, tasks: &[ShardTask]) -> PortResult<()> {
        self.pass("to_planning", self.inner.to_planning(tasks)).await
    }

    async fn finish_part(&self, shop: &ShopId, run_day: Date, part: &str) -> PortResult<u64> {
        self.pass("finish_part", self.inner.finish_part(shop, run_day, part)).await
    }
}

impl<S: Ledger + Sync, T: Trouble> Ledger for Counting<S, T> {
    async fn begin_run(
        &self,
        shop: &ShopId,
        day: Date,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> PortResult<RunStart> {
        self.pass("begin_run", self.inner.begin_run(shop, day, now, lease_until)).await
    }

    async fn last_completed(&self, shop: &ShopId) -> PortResult<Option<Date>> {
        self.pass("last_completed", self.inner.last_completed(shop)).await
    }

    async fn finish_run(&self, shop: &ShopId, day: Date) -> PortResult<()> {
        self.pass("finish_run", self.inner.finish_run(shop, day)).await
    }

    async fn is_stopped(&self) -> PortResult<bool> {
        self.pass("is_stopped", self.inner.is_stopped()).await
    }

    async fn set_stopped(&self, stopped: bool) -> PortResult<()> {
        self.pass("set_stopped", self.inner.set_stopped(stopped)).await
    }

    async fn set_mark(&self, name: &str, on: bool) -> PortResult<bool> {
        self.pass("set_mark", self.inner.set_mark(name, on)).await
    }

    async fn mark(&self, name: &str) -> PortResult<bool> {
        self.pass("mark", self.inner.mark(name)).await
    }

    async fn set_moment(&self, name: &str, at: Timestamp) -> PortResult<()> {
        self.pass("set_moment", self.inner.set_moment(name, at)).await
    }

    async fn moment(&self, name: &str) -> PortResult<Option<Timestamp>> {
        self.pass("moment", self.inner.moment(name)).await
    }
}

impl<S: Content + Sync, T: Trouble> Content for Counting<S, T> {
    async fn publish(&self, kind: &str, name: &str, content: &[u8]) -> PortResult<String> {
        self.pass("publish", self.inner.publish(kind, name, content)).await
    }

    async fn publish_all(&self, contents: &[NewContent]) -> PortResult<Vec<String>> {
        self.pass("publish_all", self.inner.publish_all(contents)).await
    }

    async fn active(&self, kind: &str, name: &str) -> PortResult<Option<String>> {
        self.pass("active", self.inner.active(kind, name)).await
    }

    async fn glance_active(&self, kind: &str, name: &str) -> PortResult<Option<String>> {
        self.pass("glance_active", self.inner.glance_active(kind, name)).await
    }

    async fn all_active(&self, kind: &str) -> PortResult<Vec<(String, String)>> {
        self.pass("all_active", self.inner.all_active(kind)).await
    }

    async fn content(&self, version: &str) -> PortResult<Option<Vec<u8>>> {
        self.pass("content", self.inner.content(version)).await
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

impl<S: Products + Sync, T: Trouble> Products for Counting<S, T> {
    async fn products(
        &self,
        shop: &ShopId,
        language: Language,
        ids: &[ProductId],
    ) -> PortResult<Vec<Product>> {
        self.pass("products", self.inner.products(shop, language, ids)).await
    }

    async fn product_of_line(
        &self,
        shop: &ShopId,
        language: Language,
        ids: &[ProductId],
        sku: Option<&Sku>,
    ) -> PortResult<Option<Product>> {
        self.pass("product_of_line", self.inner.product_of_line(shop, language, ids, sku)).await
    }

    async fn list(&self, shop: &ShopId, key: &ListKey) -> PortResult<Vec<ProductId>> {
        self.pass("list", self.inner.list(shop, key)).await
    }

    async fn product_count(&self, shop: &ShopId, language: Language) -> PortResult<u64> {
        self.pass("product_count", self.inner.product_count(shop, language)).await
    }

    async fn stage_products(
        &self,
        shop: &ShopId,
        language: Language,
        import: &str,
        products: &[Product],
    ) -> PortResult<()> {
        self.pass("stage_products", self.inner.stage_products(shop, language, import, products)).await
    }

    async fn publish_staged(
        &self,
        shop: &ShopId,
        language: Language,
        import: &str,
    ) -> PortResult<FeedChange> {
        self.pass("publish_staged", self.inner.publish_staged(shop, language, import)).await
    }

    async fn discard_staged(&self, import: &str) -> PortResult<()> {
        self.pass("discard_staged", self.inner.discard_staged(import)).await
    }

    async fn replace_lists(
        &self,
        shop: &ShopId,
        kind: ListKind,
        lists: &[(ListKey, Vec<ProductId>)],
    ) -> PortResult<()> {
        self.pass("replace_lists", self.inner.replace_lists(shop, kind, lists)).await
    }
}
