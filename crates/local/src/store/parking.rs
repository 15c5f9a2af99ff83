//! Requests that could not be read: kept whole until somebody has looked.

use std::fmt;

use jiff::Timestamp;
use nachklang_domain::id::ShopId;
use nachklang_domain::ports::PortResult;
use rusqlite::{OptionalExtension, params};

use super::SqliteStore;
use super::fault::Fault;
use super::row::{moment, signed, unsigned};

const PARK: &str =
    "INSERT INTO parked (shop, wire, headers, body, reason, parked_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
const ALL: &str = "SELECT id, shop, wire, reason, parked_at, length(body) FROM parked ORDER BY id";
const REQUEST: &str = "SELECT headers, body FROM parked WHERE id = ?1";
const UNPARK: &str = "DELETE FROM parked WHERE id = ?1";

/// The number of a parked request, as shown to the operator.
pub type ParkedId = u64;

/// A parked request, without what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parked {
    /// Its number.
    pub id: ParkedId,
    /// The shop that it came for.
    pub shop: ShopId,
    /// In which wire format, such as `shopify`.
    pub wire: String,
    /// Why it could not be read, without personal data.
    pub reason: String,
    /// Since when it waits.
    pub at: Timestamp,
    /// The size of its body in bytes.
    pub bytes: u64,
}

/// What a parked request says; `Debug` shows none of it.
#[derive(Clone, PartialEq, Eq)]
pub struct ParkedRequest {
    /// Its headers, as the JSON that they were parked as.
    pub headers: Option<String>,
    /// Its body, byte for byte.
    pub body: Vec<u8>,
}

impl fmt::Debug for ParkedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ParkedRequest({} bytes)", self.body.len())
    }
}

impl SqliteStore {
    /// Parks a request. `headers` is JSON, `reason` names no person.
    ///
    /// # Errors
    /// When the database cannot write.
    pub async fn park(
        &self,
        shop: &ShopId,
        wire: &str,
        request: &ParkedRequest,
        reason: &str,
        now: Timestamp,
    ) -> PortResult<ParkedId> {
        let at = now.as_microsecond();
        self.write("park a request", |db| {
            let row = params![shop.as_str(), wire, request.headers, request.body, reason, at];
            unsigned(db.prepare_cached(PARK)?.insert(row)?)
        })
        .await
    }

    /// All parked requests, oldest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn parked(&self) -> PortResult<Vec<Parked>> {
        self.read("list the parked requests", |db| {
            let mut statement = db.prepare_cached(ALL)?;
            let mut rows = statement.query([])?;
            let mut parked = Vec::new();
            while let Some(row) = rows.next()? {
                parked.push(read(row)?);
            }
            Ok(parked)
        })
        .await
    }

    /// What a parked request says.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn parked_body(&self, id: ParkedId) -> PortResult<Option<ParkedRequest>> {
        self.read("load a parked request", |db| {
            let request = db.prepare_cached(REQUEST)?.query_row([signed(id)?], |row| {
                Ok(ParkedRequest { headers: row.get(0)?, body: row.get(1)? })
            });
            Ok(request.optional()?)
        })
        .await
    }

    /// Forgets a parked request; answers whether it was there.
    ///
    /// # Errors
    /// When the database cannot write.
    pub async fn unpark(&self, id: ParkedId) -> PortResult<bool> {
        self.write(
            "forget a parked request",
            |db| Ok(db.prepare_cached(UNPARK)?.execute([signed(id)?])? == 1),
        )
        .await
    }
}

fn read(row: &rusqlite::Row<'_>) -> Result<Parked, Fault> {
    let shop: String = row.get(1)?;
    Ok(Parked {
        id: unsigned(row.get(0)?)?,
        shop: ShopId::parse(&shop).map_err(|_| Fault::Unreadable("the name of a shop"))?,
        wire: row.get(2)?,
        reason: row.get(3)?,
        at: moment(row.get(4)?)?,
        bytes: unsigned(row.get(5)?)?,
    })
}
