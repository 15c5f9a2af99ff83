//! Contacts, and the codes that change hands together with them.

use std::collections::BTreeMap;

use nachklang_domain::contact::Contact;
use nachklang_domain::coupon::CodeChange;
use nachklang_domain::id::{ContactId, ShopId};
use nachklang_domain::ports::{Committed, Contacts, PortResult, Version};

use super::codes::changed;
use super::past::Past;
use super::{State, Store};
use crate::planted::Planted;

pub(super) type Table = BTreeMap<(ShopId, ContactId), Past<Contact>>;

impl Store {
    fn contact_as_of(&self, shop: &ShopId, id: ContactId, writes: u64) -> Option<(Contact, Version)> {
        let state = self.lock();
        let past = state.contacts.get(&(shop.clone(), id))?;
        past.seen(writes).map(|contact| (contact.clone(), Version(past.version(writes))))
    }
}

impl Contacts for Store {
    async fn load_contact(&self, shop: &ShopId, id: ContactId) -> PortResult<Option<(Contact, Version)>> {
        Ok(self.contact_as_of(shop, id, self.sure()))
    }

    async fn glance_contact(&self, shop: &ShopId, id: ContactId) -> PortResult<Option<(Contact, Version)>> {
        Ok(self.contact_as_of(shop, id, self.seen))
    }

    async fn commit(
        &self,
        contact: &Contact,
        expected: Version,
        codes: &[CodeChange],
    ) -> PortResult<Committed> {
        Ok(commit(&mut self.write(), contact, expected, codes))
    }
}

fn commit(state: &mut State, contact: &Contact, expected: Version, changes: &[CodeChange]) -> Committed {
    let (write, key) = (state.writes, (contact.shop.clone(), contact.id));
    let version = state.contacts.get(&key).map_or(0, |past| past.version(u64::MAX));
    if Version(version) != expected && !state.has(Planted::ContactVersion) {
        return Committed::ContactChanged;
    }
    // What is written is made first and put in place last: all of it, or nothing.
    let mut rows = BTreeMap::new();
    for change in changes {
        let name = change.code.folded();
        let row = rows.get(name).or_else(|| state.codes.get(name)?.now());
        match row.and_then(|row| changed(row, contact, change, state.has(Planted::CodeTaken))) {
            Some(row) => rows.insert(name.to_owned(), row),
            None => return Committed::CodeTaken,
        };
    }
    let half = state.strikes(Planted::HalfACommit);
    for (name, row) in rows.into_iter().filter(|_| !half) {
        state.codes.entry(name).or_default().set(write, row);
    }
    state.contacts.entry(key).or_default().set(write, contact.clone());
    Committed::Done
}
