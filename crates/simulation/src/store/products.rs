//! Products and the lists over them.

use std::collections::BTreeMap;

use nachklang_domain::id::{ProductId, ShopId, Sku};
use nachklang_domain::language::Language;
use nachklang_domain::ports::{FeedChange, ListKey, ListKind, PortError, PortResult, Products};
use nachklang_domain::product::Product;

use super::Store;

type Feed = BTreeMap<ProductId, Product>;
type FeedKey = (ShopId, String);
/// A kind of lists, with each list by its key.
type Lists = BTreeMap<String, Vec<ProductId>>;

#[derive(Debug, Default)]
pub(super) struct Tables {
    published: BTreeMap<FeedKey, Feed>,
    staged: BTreeMap<String, BTreeMap<FeedKey, Feed>>,
    lists: BTreeMap<(ShopId, &'static str), Lists>,
}

fn key(shop: &ShopId, language: Language) -> FeedKey {
    (shop.clone(), language.as_str().to_owned())
}

impl Store {
    /// Looks into a published feed.
    fn in_feed<T>(&self, shop: &ShopId, language: Language, look: impl Fn(&Feed) -> T) -> T {
        let state = self.lock();
        state.products.published.get(&key(shop, language)).map_or_else(|| look(&Feed::new()), &look)
    }
}

impl Products for Store {
    async fn products(
        &self,
        shop: &ShopId,
        language: Language,
        ids: &[ProductId],
    ) -> PortResult<Vec<Product>> {
        Ok(self.in_feed(shop, language, |feed| ids.iter().filter_map(|id| feed.get(id)).cloned().collect()))
    }

    async fn product_of_line(
        &self,
        shop: &ShopId,
        language: Language,
        ids: &[ProductId],
        sku: Option<&Sku>,
    ) -> PortResult<Option<Product>> {
        Ok(self.in_feed(shop, language, |feed| {
            let by_id = ids.iter().find_map(|id| feed.get(id));
            let by_sku = || feed.values().find(|product| sku.is_some() && product.sku.as_ref() == sku);
            by_id.or_else(by_sku).cloned()
        }))
    }

    async fn list(&self, shop: &ShopId, key: &ListKey) -> PortResult<Vec<ProductId>> {
        let (state, key) = (self.lock(), key.as_text());
        let kinds = state.products.lists.iter().filter(|((of, _), _)| of == shop);
        Ok(kinds.filter_map(|(_, lists)| lists.get(&key)).next().cloned().unwrap_or_default())
    }

    async fn list_count(&self, shop: &ShopId, kind: ListKind) -> PortResult<u64> {
        let state = self.lock();
        let lists = state.products.lists.get(&(shop.clone(), kind.as_str()));
        Ok(lists.map_or(0, |lists| u64::try_from(lists.len()).unwrap_or(u64::MAX)))
    }

    async fn product_count(&self, shop: &ShopId, language: Language) -> PortResult<u64> {
        Ok(self.in_feed(shop, language, |feed| u64::try_from(feed.len()).unwrap_or(u64::MAX)))
    }

    async fn stage_products(
        &self,
        shop: &ShopId,
        language: Language,
        import: &str,
        products: &[Product],
    ) -> PortResult<()> {
        let mut state = self.write();
        let import = state.products.staged.entry(import.to_owned()).or_default();
        let feed = import.entry(key(shop, language)).or_default();
        feed.extend(products.iter().map(|product| (product.id.clone(), product.clone())));
        Ok(())
    }

    async fn publish_staged(
        &self,
        shop: &ShopId,
        language: Language,
        import: &str,
    ) -> PortResult<FeedChange> {
        let (mut state, key) = (self.write(), key(shop, language));
        let staged = state.products.staged.get_mut(import).and_then(|feeds| feeds.remove(&key));
        let next = staged.ok_or_else(|| PortError::permanent("nothing is staged under this import"))?;
        let before = state.products.published.insert(key, next.clone()).unwrap_or_default();
        Ok(change(&before, &next))
    }

    async fn discard_staged(&self, import: &str) -> PortResult<()> {
        self.write().products.staged.remove(import);
        Ok(())
    }

    async fn replace_lists(
        &self,
        shop: &ShopId,
        kind: ListKind,
        lists: &[(ListKey, Vec<ProductId>)],
    ) -> PortResult<()> {
        let lists = lists.iter().map(|(key, ids)| (key.as_text(), ids.clone())).collect();
        self.write().products.lists.insert((shop.clone(), kind.as_str()), lists);
        Ok(())
    }
}

fn change(before: &Feed, after: &Feed) -> FeedChange {
    let mut change = FeedChange::default();
    for (id, product) in after {
        match before.get(id) {
            None => change.added += 1,
            Some(known) if known == product => change.unchanged += 1,
            Some(_) => change.changed += 1,
        }
    }
    let removed = before.keys().filter(|id| !after.contains_key(*id)).count();
    change.removed = u64::try_from(removed).unwrap_or(u64::MAX);
    change
}
