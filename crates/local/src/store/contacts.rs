//! Contacts, and the codes that change hands together with them.

use nachklang_domain::contact::Contact;
use nachklang_domain::coupon::CodeChange;
use nachklang_domain::id::{ContactId, ShopId};
use nachklang_domain::ports::{Committed, Contacts, PortResult, Version};
use rusqlite::{Connection, OptionalExtension, params};

use super::fault::Fault;
use super::row::{body, signed, unsigned, value};
use super::{SqliteStore, Verdict, codes};

pub(super) const NOUN: &str = "a contact";

const LOAD: &str = "SELECT body, version FROM contacts WHERE shop = ?1 AND contact = ?2";
const INSERT: &str = "INSERT INTO contacts (shop, contact, body, version) VALUES (?1, ?2, ?3, ?4 + 1) \
    ON CONFLICT DO NOTHING";
const UPDATE: &str = "UPDATE contacts SET body = ?3, version = version + 1 \
    WHERE shop = ?1 AND contact = ?2 AND version = ?4";

impl Contacts for SqliteStore {
    async fn load_contact(&self, shop: &ShopId, id: ContactId) -> PortResult<Option<(Contact, Version)>> {
        self.read("load a contact", |db| load(db, shop, id)).await
    }

    async fn glance_contact(&self, shop: &ShopId, id: ContactId) -> PortResult<Option<(Contact, Version)>> {
        self.load_contact(shop, id).await
    }

    async fn commit(
        &self,
        contact: &Contact,
        expected: Version,
        codes: &[CodeChange],
    ) -> PortResult<Committed> {
        self.write_or_undo("commit a contact", |db| commit(db, contact, expected, codes)).await
    }
}

fn load(db: &Connection, shop: &ShopId, id: ContactId) -> Result<Option<(Contact, Version)>, Fault> {
    let row: Option<(String, i64)> = db
        .prepare_cached(LOAD)?
        .query_row(params![shop.as_str(), id.to_string()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    row.map(|(body, version)| Ok((value(NOUN, &body)?, Version(unsigned(version)?)))).transpose()
}

fn commit(
    db: &Connection,
    contact: &Contact,
    expected: Version,
    changes: &[CodeChange],
) -> Result<Verdict<Committed>, Fault> {
    if !save(db, contact, expected)? {
        return Ok(Verdict::Undo(Committed::ContactChanged));
    }
    for change in changes {
        if !codes::apply(db, contact, change)? {
            return Ok(Verdict::Undo(Committed::CodeTaken));
        }
    }
    Ok(Verdict::Keep(Committed::Done))
}

fn save(db: &Connection, contact: &Contact, expected: Version) -> Result<bool, Fault> {
    let statement = if expected == Version(0) { INSERT } else { UPDATE };
    let written = db.prepare_cached(statement)?.execute(params![
        contact.shop.as_str(),
        contact.id.to_string(),
        body(NOUN, contact)?,
        signed(expected.0)?,
    ])?;
    Ok(written == 1)
}
