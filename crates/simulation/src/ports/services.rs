//! Each call of the ports to the queues, the content, the runs and the products, on its way.

use jiff::Timestamp;
use jiff::civil::Date;
use nachklang_domain::id::{ProductId, ShopId, Sku};
use nachklang_domain::language::Language;
use nachklang_domain::ports::{
    Content, FeedChange, Halt, Ledger, ListKey, ListKind, MailTask, NewContent, Parts, PortResult, Products,
    Queues, RunStart, Sending, ShardTask,
};
use nachklang_domain::product::Product;

use super::Ports;

impl Queues for Ports {
    async fn to_assignment(&self, tasks: &[MailTask]) -> PortResult<()> {
        let line = self.write("to_assignment").await?;
        line.twice(|| self.store().to_assignment(tasks)).await
    }

    async fn to_delivery(&self, tasks: &[MailTask]) -> PortResult<()> {
        let line = self.write("to_delivery").await?;
        line.twice(|| self.store().to_delivery(tasks)).await
    }
}

impl Parts for Ports {
    async fn to_planning(&self, tasks: &[ShardTask]) -> PortResult<()> {
        let line = self.write("to_planning").await?;
        line.twice(|| self.store().to_planning(tasks)).await
    }

    async fn finish_part(&self, shop: &ShopId, run_day: Date, part: &str) -> PortResult<u64> {
        let line = self.write("finish_part").await?;
        line.twice(|| self.store().finish_part(shop, run_day, part)).await
    }
}

impl Content for Ports {
    async fn publish(&self, kind: &str, name: &str, content: &[u8]) -> PortResult<String> {
        let line = self.write("publish").await?;
        line.twice(|| self.store().publish(kind, name, content)).await
    }

    async fn publish_all(&self, contents: &[NewContent]) -> PortResult<Vec<String>> {
        let line = self.write("publish_all").await?;
        line.twice(|| self.store().publish_all(contents)).await
    }

    async fn active(&self, kind: &str, name: &str) -> PortResult<Option<String>> {
        let line = self.read("active").await?;
        line.back(self.store().active(kind, name)).await
    }

    async fn glance_active(&self, kind: &str, name: &str) -> PortResult<Option<String>> {
        let (line, seen) = self.glance("glance_active").await?;
        line.back(seen.glance_active(kind, name)).await
    }

    async fn all_active(&self, kind: &str) -> PortResult<Vec<(String, String)>> {
        let line = self.read("all_active").await?;
        line.back(self.store().all_active(kind)).await
    }

    async fn content(&self, version: &str) -> PortResult<Option<Vec<u8>>> {
        let line = self.read("content").await?;
        line.back(self.store().content(version)).await
    }
}

impl Ledger for Ports {
    async fn begin_run(
        &self,
        shop: &ShopId,
        day: Date,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> PortResult<RunStart> {
        let line = self.write("begin_run").await?;
        line.twice(|| self.store().begin_run(shop, day, now, lease_until)).await
    }

    async fn last_completed(&self, shop: &ShopId) -> PortResult<Option<Date>> {
        let (line, seen) = self.glance("last_completed").await?;
        line.back(seen.last_completed(shop)).await
    }

    async fn finish_run(&self, shop: &ShopId, day: Date) -> PortResult<()> {
        let line = self.write("finish_run").await?;
        line.twice(|| self.store().finish_run(shop, day)).await
    }

    async fn sending(&self) -> PortResult<Sending> {
        let line = self.read("sending").await?;
        line.back(self.store().sending()).await
    }

    async fn halt(&self, why: Halt, until: Timestamp) -> PortResult<()> {
        let line = self.write("halt").await?;
        line.twice(|| self.store().halt(why, until)).await
    }

    async fn set_stopped(&self, stopped: bool) -> PortResult<()> {
        let line = self.write("set_stopped").await?;
        line.twice(|| self.store().set_stopped(stopped)).await
    }

    async fn set_mark(&self, name: &str, on: bool) -> PortResult<bool> {
        let line = self.write("set_mark").await?;
        line.twice(|| self.store().set_mark(name, on)).await
    }

    async fn mark(&self, name: &str) -> PortResult<bool> {
        let line = self.read("mark").await?;
        line.back(self.store().mark(name)).await
    }

    async fn set_moment(&self, name: &str, at: Timestamp) -> PortResult<()> {
        let line = self.write("set_moment").await?;
        line.twice(|| self.store().set_moment(name, at)).await
    }

    async fn moment(&self, name: &str) -> PortResult<Option<Timestamp>> {
        let line = self.read("moment").await?;
        line.back(self.store().moment(name)).await
    }
}

impl Products for Ports {
    async fn products(
        &self,
        shop: &ShopId,
        language: Language,
        ids: &[ProductId],
    ) -> PortResult<Vec<Product>> {
        let line = self.read("products").await?;
        line.back(self.store().products(shop, language, ids)).await
    }

    async fn product_of_line(
        &self,
        shop: &ShopId,
        language: Language,
        ids: &[ProductId],
        sku: Option<&Sku>,
    ) -> PortResult<Option<Product>> {
        let line = self.read("product_of_line").await?;
        line.back(self.store().product_of_line(shop, language, ids, sku)).await
    }

    async fn list(&self, shop: &ShopId, key: &ListKey) -> PortResult<Vec<ProductId>> {
        let line = self.read("list").await?;
        line.back(self.store().list(shop, key)).await
    }

    async fn list_count(&self, shop: &ShopId, kind: ListKind) -> PortResult<u64> {
        let line = self.read("list_count").await?;
        line.back(self.store().list_count(shop, kind)).await
    }

    async fn product_count(&self, shop: &ShopId, language: Language) -> PortResult<u64> {
        let line = self.read("product_count").await?;
        line.back(self.store().product_count(shop, language)).await
    }

    async fn stage_products(
        &self,
        shop: &ShopId,
        language: Language,
        import: &str,
        products: &[Product],
    ) -> PortResult<()> {
        let line = self.write("stage_products").await?;
        line.twice(|| self.store().stage_products(shop, language, import, products)).await
    }

    async fn publish_staged(
        &self,
        shop: &ShopId,
        language: Language,
        import: &str,
    ) -> PortResult<FeedChange> {
        let line = self.write("publish_staged").await?;
        line.twice(|| self.store().publish_staged(shop, language, import)).await
    }

    async fn discard_staged(&self, import: &str) -> PortResult<()> {
        let line = self.write("discard_staged").await?;
        line.twice(|| self.store().discard_staged(import)).await
    }

    async fn replace_lists(
        &self,
        shop: &ShopId,
        kind: ListKind,
        lists: &[(ListKey, Vec<ProductId>)],
    ) -> PortResult<()> {
        let line = self.write("replace_lists").await?;
        line.twice(|| self.store().replace_lists(shop, kind, lists)).await
    }
}
