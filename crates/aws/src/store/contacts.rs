//! Contacts, and the codes that change hands together with them.

use aws_sdk_dynamodb::types::TransactWriteItem;
use nachklang_domain::contact::Contact;
use nachklang_domain::coupon::CodeChange;
use nachklang_domain::id::{ContactId, ShopId};
use nachklang_domain::ports::{Committed, Contacts, PortError, PortResult, Saved, Version};

use super::AwsStore;
use super::body::Item;
use super::codes::{CodeUpdate, Joined, joined};
use super::item::key;
use super::retry::Backoff;
use super::transaction::{MAX_ITEMS, Reason, Transaction, refused};
use super::versioned::{Place, VersionedPut, WriteMark, load};
use crate::config::Setting;

const NOUN: &str = "a contact";

impl Contacts for AwsStore {
    async fn load_contact(&self, shop: &ShopId, id: ContactId) -> PortResult<Option<(Contact, Version)>> {
        load(&self.clients.dynamo, self.contacts_place()?, contact_key(shop, id), true).await
    }

    async fn glance_contact(&self, shop: &ShopId, id: ContactId) -> PortResult<Option<(Contact, Version)>> {
        load(&self.clients.dynamo, self.contacts_place()?, contact_key(shop, id), false).await
    }

    async fn commit(
        &self,
        contact: &Contact,
        expected: Version,
        codes: &[CodeChange],
    ) -> PortResult<Committed> {
        let key = contact_key(&contact.shop, contact.id);
        let put = VersionedPut::new(self.contacts_place()?, key, contact, expected)?;
        if codes.is_empty() {
            return self.commit_alone(&put).await;
        }
        match joined(contact, codes)? {
            Joined::Updates(updates) => self.commit_with(&put, updates).await,
            Joined::Contradiction => self.refuse(contact, expected).await,
        }
    }
}

impl AwsStore {
    fn contacts_place(&self) -> PortResult<Place<'_>> {
        Ok(Place { noun: NOUN, table: self.config.get(Setting::Contacts)? })
    }

    async fn commit_alone(&self, put: &VersionedPut<'_>) -> PortResult<Committed> {
        Ok(match put.write(&self.clients.dynamo).await? {
            Saved::Done => Committed::Done,
            Saved::Conflict => Committed::ContactChanged,
        })
    }

    /// One transaction: the contact first, then each code.
    async fn commit_with(
        &self,
        put: &VersionedPut<'_>,
        updates: Vec<CodeUpdate<'_>>,
    ) -> PortResult<Committed> {
        let table = self.config.get(Setting::Coupons)?;
        let transaction =
            Transaction { doing: "commit a contact with codes", table, items: items(put, &updates, table)? };
        let mut backoff = Backoff::default();
        loop {
            let Some(reasons) = transaction.write(&self.clients.dynamo).await? else {
                break;
            };
            match judge(&reasons, put.mark()) {
                Judgement::Known(Committed::Done) => break,
                Judgement::Known(committed) => return Ok(committed),
                Judgement::Refused(code) => return Err(transaction.refused(code)),
                Judgement::Open if backoff.pause().await => {}
                Judgement::Open => return Err(transaction.contended()),
            }
        }
        updates.iter().filter(|update| update.frees()).for_each(|update| self.drained.forget(update.pool()));
        Ok(Committed::Done)
    }

    /// The changes contradict each other, so nothing can be written: what is left to find out is which answer is due.
    async fn refuse(&self, contact: &Contact, expected: Version) -> PortResult<Committed> {
        let stored = self.load_contact(&contact.shop, contact.id).await?;
        let version = stored.map(|(_, version)| version).unwrap_or_default();
        Ok(if version == expected { Committed::CodeTaken } else { Committed::ContactChanged })
    }
}

/// A shop holds no `#`.
fn contact_key(shop: &ShopId, id: ContactId) -> Item {
    key(format!("{shop}#{id}"), "contact")
}

fn items(
    put: &VersionedPut<'_>,
    updates: &[CodeUpdate<'_>],
    table: &str,
) -> PortResult<Vec<TransactWriteItem>> {
    if updates.len() >= MAX_ITEMS {
        let most = MAX_ITEMS - 1;
        let sentence = format!("a commit changes {} codes, {most} at most can change at once", updates.len());
        return Err(PortError::permanent(sentence));
    }
    let first = std::iter::once(Ok(TransactWriteItem::builder().put(put.put()?).build()));
    let codes = updates
        .iter()
        .map(|update| update.update(table).map(|update| TransactWriteItem::builder().update(update).build()));
    first.chain(codes).collect()
}

/// What a cancelled transaction says.
#[derive(Debug, PartialEq)]
enum Judgement<'a> {
    /// The answer.
    Known(Committed),
    /// It can never be written so; with the code that says why.
    Refused(&'a str),
    /// Somebody else is on the items: only another try can tell.
    Open,
}

/// Reads the reasons; the first is the contact's. Whatever it says comes before what the codes say.
///
/// After a lost answer the same transaction may find itself already done: then the version has moved and the code is
/// taken, by itself. The contact comes first, so that is never read as a taken code, which would make the caller
/// claim a second one; and if the contact bears the mark of this write, all of it was written.
fn judge<'a>(reasons: &'a [Reason], mark: WriteMark) -> Judgement<'a> {
    let (contact, codes) = reasons.split_first().unwrap_or((&Reason::Busy, &[]));
    match contact {
        Reason::ConditionFailed(stored) if mark.is_on(stored.as_ref()) => Judgement::Known(Committed::Done),
        Reason::ConditionFailed(_) => Judgement::Known(Committed::ContactChanged),
        _ if let Some(code) = refused(reasons) => Judgement::Refused(code),
        Reason::None if codes.iter().any(|code| matches!(code, Reason::ConditionFailed(_))) => {
            Judgement::Known(Committed::CodeTaken)
        }
        _ => Judgement::Open,
    }
}

#[cfg(test)]
mod tests;
