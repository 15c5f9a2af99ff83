//! A product feed on its way in: staged unseen, then published whole.

use nachklang_domain::id::{ShopId, content_hash};
use nachklang_domain::language::Language;
use nachklang_domain::ports::FeedChange;
use nachklang_domain::product::Product;
use rusqlite::{Connection, params};

use super::fault::Fault;
use super::products::NOUN;
use super::row::{body, unsigned};

/// Of two rows with one id the later one counts.
const STAGE: &str = "INSERT OR REPLACE INTO staged_products (shop, language, import, id, sku, hash, body) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
const STAGED: &str = "SELECT count(*) FROM staged_products WHERE shop = ?1 AND language = ?2 AND import = ?3";
const REMOVE: &str = "DELETE FROM products WHERE shop = ?1 AND language = ?2 AND id NOT IN \
    (SELECT id FROM staged_products WHERE shop = ?1 AND language = ?2 AND import = ?3)";
const CHANGE: &str = "UPDATE products SET sku = staged.sku, hash = staged.hash, body = staged.body \
    FROM staged_products AS staged \
    WHERE staged.import = ?3 AND staged.shop = ?1 AND staged.language = ?2 AND staged.id = products.id \
        AND products.shop = ?1 AND products.language = ?2 AND products.hash <> staged.hash";
const ADD: &str = "INSERT INTO products (shop, language, id, sku, hash, body) \
    SELECT shop, language, id, sku, hash, body FROM staged_products \
    WHERE shop = ?1 AND language = ?2 AND import = ?3 \
    ON CONFLICT DO NOTHING";
const FORGET: &str = "DELETE FROM staged_products WHERE shop = ?1 AND language = ?2 AND import = ?3";
const DISCARD: &str = "DELETE FROM staged_products WHERE import = ?1";

/// One feed of one import.
pub(super) struct Feed<'a> {
    pub(super) shop: &'a ShopId,
    pub(super) language: Language,
    pub(super) import: &'a str,
}

impl Feed<'_> {
    fn execute(&self, db: &Connection, statement: &str) -> Result<u64, Fault> {
        let of = params![self.shop.as_str(), self.language.as_str(), self.import];
        let rows = db.prepare_cached(statement)?.execute(of)?;
        u64::try_from(rows).map_err(|_| Fault::Unreadable("a number"))
    }

    fn staged(&self, db: &Connection) -> Result<u64, Fault> {
        let of = params![self.shop.as_str(), self.language.as_str(), self.import];
        unsigned(db.prepare_cached(STAGED)?.query_row(of, |row| row.get(0))?)
    }
}

pub(super) fn stage(db: &Connection, feed: &Feed<'_>, products: &[Product]) -> Result<(), Fault> {
    let mut statement = db.prepare_cached(STAGE)?;
    for product in products {
        let body = body(NOUN, product)?;
        statement.execute(params![
            feed.shop.as_str(),
            feed.language.as_str(),
            feed.import,
            product.id.as_str(),
            product.sku.as_ref().map(|sku| sku.as_str()),
            content_hash(body.as_bytes()),
            body,
        ])?;
    }
    Ok(())
}

/// An import that holds nothing is refused: publishing one twice must not empty the shop.
pub(super) fn publish(db: &Connection, feed: &Feed<'_>) -> Result<FeedChange, Fault> {
    let staged = feed.staged(db)?;
    if staged == 0 {
        return Err(Fault::Refused("nothing is staged under this import; import the feed again"));
    }
    let removed = feed.execute(db, REMOVE)?;
    let changed = feed.execute(db, CHANGE)?;
    let added = feed.execute(db, ADD)?;
    feed.execute(db, FORGET)?;
    Ok(FeedChange { added, changed, removed, unchanged: staged.saturating_sub(added + changed) })
}

pub(super) fn discard(db: &Connection, import: &str) -> Result<(), Fault> {
    db.prepare_cached(DISCARD)?.execute([import])?;
    Ok(())
}
