//! Each call to the queues, the content, the runs and the products, counted.

use jiff::Timestamp;
use jiff::civil::Date;
use nachklang_domain::id::{ProductId, ShopId, Sku};
use nachklang_domain::language::Language;
use nachklang_domain::ports::{
    Content, FeedChange, Halt, Ledger, ListKey, ListKind, MailTask, NewContent, Parts, PortResult, Products,
    Queues, RunStart, Sending, ShardTask,
};
use nachklang_domain::product::Product;

use super::{Counting, Trouble};

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

    async fn sending(&self) -> PortResult<Sending> {
        self.pass("sending", self.inner.sending()).await
    }

    async fn halt(&self, why: Halt, until: Timestamp) -> PortResult<()> {
        self.pass("halt", self.inner.halt(why, until)).await
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

    async fn list_count(&self, shop: &ShopId, kind: ListKind) -> PortResult<u64> {
        self.pass("list_count", self.inner.list_count(shop, kind)).await
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
