//! Orders.

use nachklang_domain::id::{ContactId, OrderKey, OrderNumber, ShopId, Source};
use nachklang_domain::order::Order;
use nachklang_domain::ports::{OrderSearch, Orders, PortResult, Saved, Version};
use rusqlite::{Connection, OptionalExtension, params};

use super::SqliteStore;
use super::fault::Fault;
use super::row::{body, signed, unsigned, value};

pub(super) const NOUN: &str = "an order";

const LOAD: &str = "SELECT body, version FROM orders WHERE shop = ?1 AND source = ?2 AND number = ?3";
const INSERT: &str = "INSERT INTO orders (shop, source, number, body, version) \
    VALUES (?1, ?2, ?3, ?4, ?5 + 1) ON CONFLICT DO NOTHING";
const UPDATE: &str = "UPDATE orders SET body = ?4, version = version + 1 \
    WHERE shop = ?1 AND source = ?2 AND number = ?3 AND version = ?5";
const OF: &str = "SELECT source, number FROM orders WHERE shop = ?1 AND body ->> '$.contact' = ?2";

impl OrderSearch for SqliteStore {
    async fn orders_of(&self, shop: &ShopId, contact: ContactId) -> PortResult<Vec<OrderKey>> {
        self.read("look for the orders of a contact", |db| {
            let mut statement = db.prepare_cached(OF)?;
            let mut rows = statement.query(params![shop.as_str(), contact.to_string()])?;
            let mut keys = Vec::new();
            while let Some(row) = rows.next()? {
                keys.push(key(shop, &row.get::<_, String>(0)?, &row.get::<_, String>(1)?)?);
            }
            Ok(keys)
        })
        .await
    }
}

impl Orders for SqliteStore {
    async fn load_order(&self, key: &OrderKey) -> PortResult<Option<(Order, Version)>> {
        self.read("load an order", |db| load(db, key)).await
    }

    async fn glance_order(&self, key: &OrderKey) -> PortResult<Option<(Order, Version)>> {
        self.load_order(key).await
    }

    async fn save_order(&self, order: &Order, expected: Version) -> PortResult<Saved> {
        self.write("save an order", |db| save(db, order, expected)).await
    }

    async fn load_orders(&self, keys: &[OrderKey]) -> PortResult<Vec<(Order, Version)>> {
        self.read("load orders", |db| keys.iter().filter_map(|key| load(db, key).transpose()).collect()).await
    }

    async fn glance_orders(&self, keys: &[OrderKey]) -> PortResult<Vec<(Order, Version)>> {
        self.load_orders(keys).await
    }
}

fn load(db: &Connection, key: &OrderKey) -> Result<Option<(Order, Version)>, Fault> {
    let key = params![key.shop.as_str(), key.source.as_str(), key.number.as_str()];
    let row: Option<(String, i64)> =
        db.prepare_cached(LOAD)?.query_row(key, |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    row.map(|(body, version)| Ok((value(NOUN, &body)?, Version(unsigned(version)?)))).transpose()
}

fn save(db: &Connection, order: &Order, expected: Version) -> Result<Saved, Fault> {
    let statement = if expected == Version(0) { INSERT } else { UPDATE };
    let written = db.prepare_cached(statement)?.execute(params![
        order.key.shop.as_str(),
        order.key.source.as_str(),
        order.key.number.as_str(),
        body(NOUN, order)?,
        signed(expected.0)?,
    ])?;
    Ok(if written == 1 { Saved::Done } else { Saved::Conflict })
}

fn key(shop: &ShopId, source: &str, number: &str) -> Result<OrderKey, Fault> {
    let unreadable = |_| Fault::Unreadable("the key of an order");
    let (source, number) = (Source::parse(source), OrderNumber::parse(number));
    Ok(OrderKey {
        shop: shop.clone(),
        source: source.map_err(unreadable)?,
        number: number.map_err(unreadable)?,
    })
}
