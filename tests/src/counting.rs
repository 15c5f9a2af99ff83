//! A store that counts the calls of each port's method and passes them on, so that a mail's price can be told.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
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

type Seen<K, T> = Mutex<BTreeMap<K, Option<(T, Version)>>>;

/// What somebody else does just before the call of a method that is the so-manieth from now on.
struct Meanwhile {
    method: &'static str,
    calls_before: u32,
    deed: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl fmt::Debug for Meanwhile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Meanwhile({} calls of {})", self.calls_before, self.method)
    }
}

/// A store that counts.
#[derive(Debug)]
pub struct Counting<S> {
    /// Where the calls go.
    pub inner: S,
    sight: Sight,
    calls: Mutex<Calls>,
    contacts: Seen<String, Contact>,
    orders: Seen<String, Order>,
    meanwhile: Mutex<Option<Meanwhile>>,
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
        let (calls, contacts, orders) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self { inner, sight, calls, contacts, orders, meanwhile: Mutex::default() }
    }

    /// Lets somebody else do something just before a later call of `commit` or `save_order`: after `calls_before` others.
    pub fn before(
        &self,
        method: &'static str,
        calls_before: u32,
        deed: impl Future<Output = ()> + Send + 'static,
    ) {
        let meanwhile = Meanwhile { method, calls_before, deed: Box::pin(deed) };
        *self.meanwhile.lock().unwrap_or_else(PoisonError::into_inner) = Some(meanwhile);
    }

    /// Whether what was to happen meanwhile has happened.
    pub fn has_happened(&self) -> bool {
        self.meanwhile.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    async fn meanwhile(&self, method: &str) {
        let due = {
            let mut meanwhile = self.meanwhile.lock().unwrap_or_else(PoisonError::into_inner);
            match meanwhile.as_mut().filter(|meanwhile| meanwhile.method == method) {
                Some(Meanwhile { calls_before: 0, .. }) => meanwhile.take(),
                Some(later) => {
                    later.calls_before -= 1;
                    None
                }
                None => None,
            }
        };
        if let Some(due) = due {
            due.deed.await;
        }
    }

    /// What was asked since the last time.
    #[must_use]
    pub fn take(&self) -> Calls {
        std::mem::take(&mut *self.calls.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, name: impl Into<String>) -> &S {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        *calls.entry(name.into()).or_default() += 1;
        &self.inner
    }

    /// What a glance shows of something that now is as it is.
    fn seen<T: Clone>(
        &self,
        known: &Seen<String, T>,
        key: String,
        now: Option<(T, Version)>,
    ) -> Option<(T, Version)> {
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

impl<S: Orders + Sync> Orders for Counting<S> {
    async fn load_order(&self, key: &OrderKey) -> PortResult<Option<(Order, Version)>> {
        self.note("load_order").load_order(key).await
    }

    async fn glance_order(&self, key: &OrderKey) -> PortResult<Option<(Order, Version)>> {
        let now = self.note("glance_order").glance_order(key).await?;
        Ok(self.seen(&self.orders, key.to_string(), now))
    }

    async fn save_order(&self, order: &Order, expected: Version) -> PortResult<Saved> {
        self.meanwhile("save_order").await;
        self.note("save_order").save_order(order, expected).await
    }

    async fn load_orders(&self, keys: &[OrderKey]) -> PortResult<Vec<Order>> {
        self.note(format!("load_orders of {}", keys.len())).load_orders(keys).await
    }

    async fn glance_orders(&self, keys: &[OrderKey]) -> PortResult<Vec<Order>> {
        self.note(format!("glance_orders of {}", keys.len()));
        let mut seen = Vec::new();
        for key in keys {
            let now = self.inner.glance_order(key).await?;
            seen.extend(self.seen(&self.orders, key.to_string(), now).map(|(order, _)| order));
        }
        Ok(seen)
    }
}

impl<S: Contacts + Sync> Contacts for Counting<S> {
    async fn load_contact(&self, shop: &ShopId, id: ContactId) -> PortResult<Option<(Contact, Version)>> {
        self.note("load_contact").load_contact(shop, id).await
    }

    async fn glance_contact(&self, shop: &ShopId, id: ContactId) -> PortResult<Option<(Contact, Version)>> {
        let now = self.note("glance_contact").glance_contact(shop, id).await?;
        Ok(self.seen(&self.contacts, format!("{shop}#{id}"), now))
    }

    async fn commit(
        &self,
        contact: &Contact,
        expected: Version,
        codes: &[CodeChange],
    ) -> PortResult<Committed> {
        self.meanwhile("commit").await;
        self.note(format!("commit with {} codes", codes.len())).commit(contact, expected, codes).await
    }
}

impl<S: DueList + Sync> DueList for Counting<S> {
    async fn put_due(&self, entries: &[DueEntry]) -> PortResult<()> {
        self.note(format!("put_due of {}", entries.len())).put_due(entries).await
    }

    async fn due_page(
        &self,
        shop: &ShopId,
        day: Date,
        shard: u32,
        from: Option<&str>,
    ) -> PortResult<DuePage> {
        self.note("due_page").due_page(shop, day, shard, from).await
    }

    async fn due_counts(&self, shop: &ShopId, first: Date, days: u16) -> PortResult<Vec<u64>> {
        self.note("due_counts").due_counts(shop, first, days).await
    }
}

impl<S: Queues + Sync> Queues for Counting<S> {
    async fn to_assignment(&self, tasks: &[MailTask]) -> PortResult<()> {
        self.note("to_assignment").to_assignment(tasks).await
    }

    async fn to_delivery(&self, tasks: &[MailTask]) -> PortResult<()> {
        self.note("to_delivery").to_delivery(tasks).await
    }
}

impl<S: Parts + Sync> Parts for Counting<S> {
    async fn to_planning(&self, tasks: &[ShardTask]) -> PortResult<()> {
        self.note("to_planning").to_planning(tasks).await
    }

    async fn finish_part(&self, shop: &ShopId, run_day: Date, part: &str) -> PortResult<u64> {
        self.note("finish_part").finish_part(shop, run_day, part).await
    }
}

impl<S: Ledger + Sync> Ledger for Counting<S> {
    async fn begin_run(
        &self,
        shop: &ShopId,
        day: Date,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> PortResult<RunStart> {
        self.note("begin_run").begin_run(shop, day, now, lease_until).await
    }

    async fn last_completed(&self, shop: &ShopId) -> PortResult<Option<Date>> {
        self.note("last_completed").last_completed(shop).await
    }

    async fn finish_run(&self, shop: &ShopId, day: Date) -> PortResult<()> {
        self.note("finish_run").finish_run(shop, day).await
    }

    async fn is_stopped(&self) -> PortResult<bool> {
        self.note("is_stopped").is_stopped().await
    }

    async fn set_stopped(&self, stopped: bool) -> PortResult<()> {
        self.note("set_stopped").set_stopped(stopped).await
    }

    async fn set_mark(&self, name: &str, on: bool) -> PortResult<bool> {
        self.note("set_mark").set_mark(name, on).await
    }

    async fn mark(&self, name: &str) -> PortResult<bool> {
        self.note("mark").mark(name).await
    }

    async fn set_moment(&self, name: &str, at: Timestamp) -> PortResult<()> {
        self.note("set_moment").set_moment(name, at).await
    }

    async fn moment(&self, name: &str) -> PortResult<Option<Timestamp>> {
        self.note("moment").moment(name).await
    }
}

impl<S: Content + Sync> Content for Counting<S> {
    async fn publish(&self, kind: &str, name: &str, content: &[u8]) -> PortResult<String> {
        self.note("publish").publish(kind, name, content).await
    }

    async fn publish_all(&self, contents: &[NewContent]) -> PortResult<Vec<String>> {
        self.note("publish_all").publish_all(contents).await
    }

    async fn active(&self, kind: &str, name: &str) -> PortResult<Option<String>> {
        self.note("active").active(kind, name).await
    }

    async fn glance_active(&self, kind: &str, name: &str) -> PortResult<Option<String>> {
        self.note("glance_active").glance_active(kind, name).await
    }

    async fn all_active(&self, kind: &str) -> PortResult<Vec<(String, String)>> {
        self.note("all_active").all_active(kind).await
    }

    async fn content(&self, version: &str) -> PortResult<Option<Vec<u8>>> {
        self.note("content").content(version).await
    }
}

impl<S: CouponStock + Sync> CouponStock for Counting<S> {
    async fn add_codes(&self, pool: &PoolId, rows: &[CouponRow]) -> PortResult<Vec<AddedCode>> {
        self.note("add_codes").add_codes(pool, rows).await
    }

    async fn free_codes(
        &self,
        pool: &PoolId,
        day: Date,
        not_before: Date,
        seed: u64,
        limit: usize,
    ) -> PortResult<Vec<StockCode>> {
        self.note("free_codes").free_codes(pool, day, not_before, seed, limit).await
    }

    async fn pool_counts(&self, pool: &PoolId, day: Date) -> PortResult<PoolCounts> {
        self.note("pool_counts").pool_counts(pool, day).await
    }

    async fn free_ending_before(&self, pool: &PoolId, day: Date) -> PortResult<u64> {
        self.note("free_ending_before").free_ending_before(pool, day).await
    }

    async fn claimed_since(&self, pool: &PoolId, day: Date) -> PortResult<u64> {
        self.note("claimed_since").claimed_since(pool, day).await
    }

    async fn void_codes(&self, pool: &PoolId, codes: &[CouponCode]) -> PortResult<u64> {
        self.note("void_codes").void_codes(pool, codes).await
    }
}

impl<S: Products + Sync> Products for Counting<S> {
    async fn products(
        &self,
        shop: &ShopId,
        language: Language,
        ids: &[ProductId],
    ) -> PortResult<Vec<Product>> {
        self.note("products").products(shop, language, ids).await
    }

    async fn product_of_line(
        &self,
        shop: &ShopId,
        language: Language,
        ids: &[ProductId],
        sku: Option<&Sku>,
    ) -> PortResult<Option<Product>> {
        self.note("product_of_line").product_of_line(shop, language, ids, sku).await
    }

    async fn list(&self, shop: &ShopId, key: &ListKey) -> PortResult<Vec<ProductId>> {
        self.note("list").list(shop, key).await
    }

    async fn product_count(&self, shop: &ShopId, language: Language) -> PortResult<u64> {
        self.note("product_count").product_count(shop, language).await
    }

    async fn stage_products(
        &self,
        shop: &ShopId,
        language: Language,
        import: &str,
        products: &[Product],
    ) -> PortResult<()> {
        self.note("stage_products").stage_products(shop, language, import, products).await
    }

    async fn publish_staged(
        &self,
        shop: &ShopId,
        language: Language,
        import: &str,
    ) -> PortResult<FeedChange> {
        self.note("publish_staged").publish_staged(shop, language, import).await
    }

    async fn discard_staged(&self, import: &str) -> PortResult<()> {
        self.note("discard_staged").discard_staged(import).await
    }

    async fn replace_lists(
        &self,
        shop: &ShopId,
        kind: ListKind,
        lists: &[(ListKey, Vec<ProductId>)],
    ) -> PortResult<()> {
        self.note("replace_lists").replace_lists(shop, kind, lists).await
    }
}
