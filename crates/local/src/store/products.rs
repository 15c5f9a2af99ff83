//! Products and the lists over them, as everybody sees them.

use nachklang_domain::id::{ProductId, ShopId, Sku};
use nachklang_domain::language::Language;
use nachklang_domain::ports::{FeedChange, ListKey, ListKind, PortResult, Products};
use nachklang_domain::product::Product;
use rusqlite::{Connection, OptionalExtension, params};

use super::fault::Fault;
use super::row::{body, unsigned, value};
use super::{SqliteStore, feeds};

pub(super) const NOUN: &str = "a product";
const LIST_NOUN: &str = "a product list";

const BY_ID: &str = "SELECT body FROM products WHERE shop = ?1 AND language = ?2 AND id = ?3";
/// Of several with one SKU always the same one.
const BY_SKU: &str =
    "SELECT body FROM products WHERE shop = ?1 AND language = ?2 AND sku = ?3 ORDER BY id LIMIT 1";
const COUNT: &str = "SELECT count(*) FROM products WHERE shop = ?1 AND language = ?2";
const LIST: &str = "SELECT products FROM product_lists WHERE shop = ?1 AND list = ?2";
const COUNT_LISTS: &str = "SELECT count(*) FROM product_lists WHERE shop = ?1 AND kind = ?2";
const DROP_LISTS: &str = "DELETE FROM product_lists WHERE shop = ?1 AND kind = ?2";
const PUT_LIST: &str =
    "INSERT OR REPLACE INTO product_lists (shop, kind, list, products) VALUES (?1, ?2, ?3, ?4)";

impl Products for SqliteStore {
    async fn products(
        &self,
        shop: &ShopId,
        language: Language,
        ids: &[ProductId],
    ) -> PortResult<Vec<Product>> {
        self.read("load products", |db| {
            let found = ids.iter().map(|id| find(db, BY_ID, shop, language, id.as_str()));
            found.filter_map(Result::transpose).collect()
        })
        .await
    }

    async fn product_of_line(
        &self,
        shop: &ShopId,
        language: Language,
        ids: &[ProductId],
        sku: Option<&Sku>,
    ) -> PortResult<Option<Product>> {
        self.read("find the product of an order line", |db| of_line(db, shop, language, ids, sku)).await
    }

    async fn list(&self, shop: &ShopId, key: &ListKey) -> PortResult<Vec<ProductId>> {
        self.read("load a product list", |db| list(db, shop, key)).await
    }

    async fn list_count(&self, shop: &ShopId, kind: ListKind) -> PortResult<u64> {
        self.read("count product lists", |db| {
            let of = params![shop.as_str(), kind.as_str()];
            unsigned(db.prepare_cached(COUNT_LISTS)?.query_row(of, |row| row.get(0))?)
        })
        .await
    }

    async fn product_count(&self, shop: &ShopId, language: Language) -> PortResult<u64> {
        self.read("count products", |db| {
            let of = params![shop.as_str(), language.as_str()];
            unsigned(db.prepare_cached(COUNT)?.query_row(of, |row| row.get(0))?)
        })
        .await
    }

    async fn stage_products(
        &self,
        shop: &ShopId,
        language: Language,
        import: &str,
        products: &[Product],
    ) -> PortResult<()> {
        self.write("stage products", |db| feeds::stage(db, &feeds::Feed { shop, language, import }, products))
            .await
    }

    async fn publish_staged(
        &self,
        shop: &ShopId,
        language: Language,
        import: &str,
    ) -> PortResult<FeedChange> {
        self.write("publish a product feed", |db| feeds::publish(db, &feeds::Feed { shop, language, import }))
            .await
    }

    async fn discard_staged(&self, import: &str) -> PortResult<()> {
        self.write("discard a product feed", |db| feeds::discard(db, import)).await
    }

    async fn replace_lists(
        &self,
        shop: &ShopId,
        kind: ListKind,
        lists: &[(ListKey, Vec<ProductId>)],
    ) -> PortResult<()> {
        self.write("replace product lists", |db| replace(db, shop, kind, lists)).await
    }
}

fn find(
    db: &Connection,
    statement: &str,
    shop: &ShopId,
    language: Language,
    by: &str,
) -> Result<Option<Product>, Fault> {
    let body: Option<String> = db
        .prepare_cached(statement)?
        .query_row(params![shop.as_str(), language.as_str(), by], |row| row.get(0))
        .optional()?;
    body.map(|body| value(NOUN, &body)).transpose()
}

fn of_line(
    db: &Connection,
    shop: &ShopId,
    language: Language,
    ids: &[ProductId],
    sku: Option<&Sku>,
) -> Result<Option<Product>, Fault> {
    for id in ids {
        if let Some(product) = find(db, BY_ID, shop, language, id.as_str())? {
            return Ok(Some(product));
        }
    }
    sku.map_or(Ok(None), |sku| find(db, BY_SKU, shop, language, sku.as_str()))
}

fn list(db: &Connection, shop: &ShopId, key: &ListKey) -> Result<Vec<ProductId>, Fault> {
    let ids: Option<String> = db
        .prepare_cached(LIST)?
        .query_row(params![shop.as_str(), key.as_text()], |row| row.get(0))
        .optional()?;
    ids.map_or(Ok(Vec::new()), |ids| value(LIST_NOUN, &ids))
}

fn replace(
    db: &Connection,
    shop: &ShopId,
    kind: ListKind,
    lists: &[(ListKey, Vec<ProductId>)],
) -> Result<(), Fault> {
    db.prepare_cached(DROP_LISTS)?.execute(params![shop.as_str(), kind.as_str()])?;
    for (key, products) in lists {
        db.prepare_cached(PUT_LIST)?.execute(params![
            shop.as_str(),
            kind.as_str(),
            key.as_text(),
            body(LIST_NOUN, products)?,
        ])?;
    }
    Ok(())
}
