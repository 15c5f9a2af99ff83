//! Walks over everything, for summaries and reports on one machine. No port offers this: on AWS nothing scans.

use nachklang_domain::contact::Contact;
use nachklang_domain::order::Order;
use nachklang_domain::ports::PortResult;
use serde::de::DeserializeOwned;

use super::fault::Fault;
use super::row::value;
use super::{SqliteStore, contacts, orders};

/// Rows read at a time, so that others get their turn in between.
const PAGE: i64 = 500;

const ORDERS: &str = "SELECT id, body FROM orders WHERE id > ?1 ORDER BY id LIMIT ?2";
const CONTACTS: &str = "SELECT id, body FROM contacts WHERE id > ?1 ORDER BY id LIMIT ?2";

impl SqliteStore {
    /// Shows every order, one after the other; what is written meanwhile may be missed.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn all_orders(&self, each: impl FnMut(Order)) -> PortResult<()> {
        self.walk(ORDERS, orders::NOUN, each).await
    }

    /// Shows every contact, one after the other; what is written meanwhile may be missed.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn all_contacts(&self, each: impl FnMut(Contact)) -> PortResult<()> {
        self.walk(CONTACTS, contacts::NOUN, each).await
    }

    async fn walk<T: DeserializeOwned>(
        &self,
        statement: &str,
        noun: &'static str,
        mut each: impl FnMut(T),
    ) -> PortResult<()> {
        let mut after = 0;
        loop {
            let rows = self.page(statement, after).await?;
            let Some((last, _)) = rows.last() else {
                return Ok(());
            };
            after = *last;
            for (_, body) in &rows {
                each(value(noun, body).map_err(|fault: Fault| fault.while_doing("read the database"))?);
            }
        }
    }

    async fn page(&self, statement: &str, after: i64) -> PortResult<Vec<(i64, String)>> {
        self.read("read the database", |db| {
            let mut statement = db.prepare_cached(statement)?;
            let rows = statement.query_map([after, PAGE], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }
}
