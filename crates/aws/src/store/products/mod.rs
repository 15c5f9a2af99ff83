//! Products and lists: sheets that are published whole.
//!
//! A sheet is a set of rows that belong together: the products of a shop and language, or a shop's lists of a kind. A
//! feed may have a million rows, most of them as they were yesterday, and nobody may see half of it. So:
//!
//! * A row in DynamoDB holds what it says now and what it said before, with the generations in which either holds
//!   ([`row`]). The sheet's pointer names the generation that everybody sees ([`pointer`]). Publishing writes the rows
//!   that changed, for the next generation, which nobody reads yet; then it moves the pointer. One write makes all
//!   of them visible.
//! * Which rows changed is found without reading the table: each published sheet lies in the bucket as well, sorted and
//!   compressed ([`snapshot`]). The new one is sorted in runs that spill into the bucket ([`staging`]), then old and
//!   new are walked side by side ([`merge`], [`difference`]). Memory does not grow with the feed.
//! * The pointer also names what unfinished publications may have written. Whoever publishes next mends it ([`publish`]).
//!
//! An order line that names only a SKU is found by a hint, a row of SKU and id; the product itself confirms it.
//!
//! See `docs/adr/0005-feeds-on-aws.md` for what else was considered.

mod difference;
mod merge;
mod pointer;
mod publish;
mod read;
mod row;
mod sheet;
mod snapshot;
mod staging;

use nachklang_domain::id::{ProductId, ShopId, Sku};
use nachklang_domain::language::Language;
use nachklang_domain::ports::{FeedChange, ListKey, ListKind, PortError, PortResult, Products};
use nachklang_domain::product::Product;

use super::AwsStore;
pub(super) use read::Remembered;
use read::parsed;
use sheet::Sheet;
use snapshot::Line;
use staging::Staging;

const PRODUCT: &str = "a product";
const LIST: &str = "a product list";

impl Products for AwsStore {
    async fn products(
        &self,
        shop: &ShopId,
        language: Language,
        ids: &[ProductId],
    ) -> PortResult<Vec<Product>> {
        let keys: Vec<&str> = ids.iter().map(ProductId::as_str).collect();
        let rows = self.rows(&Sheet::products(shop, language), &keys).await?;
        rows.iter().flatten().map(|json| parsed(PRODUCT, json)).collect()
    }

    async fn product_of_line(
        &self,
        shop: &ShopId,
        language: Language,
        ids: &[ProductId],
        sku: Option<&Sku>,
    ) -> PortResult<Option<Product>> {
        let sheet = Sheet::products(shop, language);
        let keys: Vec<&str> = ids.iter().map(ProductId::as_str).collect();
        if let Some(json) = self.rows(&sheet, &keys).await?.into_iter().flatten().next() {
            return parsed(PRODUCT, &json).map(Some);
        }
        match sku {
            Some(sku) => self.product_of_sku(&sheet, sku).await,
            None => Ok(None),
        }
    }

    async fn list(&self, shop: &ShopId, key: &ListKey) -> PortResult<Vec<ProductId>> {
        let sheet = Sheet::lists(shop, kind_of(key));
        let rows = self.rows(&sheet, &[&key.as_text()]).await?;
        rows.into_iter().flatten().next().map_or(Ok(Vec::new()), |json| parsed(LIST, &json))
    }

    async fn list_count(&self, shop: &ShopId, kind: ListKind) -> PortResult<u64> {
        let pointer = self.fresh_pointer(&Sheet::lists(shop, kind)).await?;
        Ok(pointer.current.as_ref().map_or(0, |snapshot| snapshot.rows))
    }

    async fn product_count(&self, shop: &ShopId, language: Language) -> PortResult<u64> {
        let pointer = self.fresh_pointer(&Sheet::products(shop, language)).await?;
        Ok(pointer.current.as_ref().map_or(0, |snapshot| snapshot.rows))
    }

    /// Staged products belong to the process that imports them: two imports of one feed at once never mix.
    async fn stage_products(
        &self,
        shop: &ShopId,
        language: Language,
        import: &str,
        products: &[Product],
    ) -> PortResult<()> {
        let staging = self.staging(import, &Sheet::products(shop, language)).await;
        let mut staging = staging.lock().await;
        for product in products {
            staging.add(self, Line::of(PRODUCT, product.id.as_str(), product)?).await?;
        }
        Ok(())
    }

    async fn publish_staged(
        &self,
        shop: &ShopId,
        language: Language,
        import: &str,
    ) -> PortResult<FeedChange> {
        let sheet = Sheet::products(shop, language);
        let staging = self.staging(import, &sheet).await;
        let mut staging = staging.lock().await;
        if staging.is_empty() {
            let problem = "nothing is staged under this import; import the feed again";
            return Err(PortError::permanent(format!("cannot publish {sheet}: {problem}")));
        }
        let change = self.publish_sheet(&sheet, &mut staging).await?;
        drop(staging);
        self.discard_staging(import, Some(&sheet)).await?;
        Ok(change)
    }

    async fn discard_staged(&self, import: &str) -> PortResult<()> {
        self.discard_staging(import, None).await
    }

    async fn replace_lists(
        &self,
        shop: &ShopId,
        kind: ListKind,
        lists: &[(ListKey, Vec<ProductId>)],
    ) -> PortResult<()> {
        let sheet = Sheet::lists(shop, kind);
        let mut staging = Staging::new(&sheet);
        for (key, products) in lists {
            if kind_of(key) != kind {
                let problem = format!("a list of {} holds {}", kind.as_str(), key.as_text());
                return Err(PortError::permanent(format!("cannot replace product lists: {problem}")));
            }
            staging.add(self, Line::of(LIST, &key.as_text(), products)?).await?;
        }
        self.publish_sheet(&sheet, &mut staging).await?;
        staging.discard(self).await
    }
}

/// The file that a list comes from: the two never hold lists of the same thing.
const fn kind_of(key: &ListKey) -> ListKind {
    match key {
        ListKey::Series(_)
        | ListKey::Category(_)
        | ListKey::Country(_)
        | ListKey::Language(_)
        | ListKey::Shop => ListKind::Topsellers,
        ListKey::Customer(_) | ListKey::Product(_) => ListKind::Recommendations,
    }
}
