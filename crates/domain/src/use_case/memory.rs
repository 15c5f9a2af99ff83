//! Contacts, orders and codes in memory, for the tests of use cases that change a person.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use jiff::civil::{Date, date};

use crate::brand::Brand;
use crate::catalog::Catalog;
use crate::contact::{Contact, HeldCoupon};
use crate::coupon::{CodeAction, CodeChange, CouponCode, Grant, Holder, Origin};
use crate::enrolment::Claim;
use crate::fixtures::{BRAND, flow, key, noon, shop};
use crate::id::{ContactId, MailId, MailName, OrderKey, PoolId, SegmentId, ShopId};
use crate::mail::published::AddressForm;
use crate::order::Order;
use crate::ports::{
    Committed, Contacts, MailTask, OrderSearch, Orders, PortError, PortResult, Saved, Version,
};
use crate::shop::Shop;

/// Runs to the end what never waits.
pub(super) fn run<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("a port of the tests waits"),
    }
}

/// Two shops with one flow.
pub(super) fn catalog() -> Catalog {
    let other = Shop { id: ShopId::parse("at").unwrap(), ..shop() };
    let brand: Brand = toml::from_str(BRAND).unwrap();
    let shops = [shop(), other].map(|shop| (shop.id.clone(), shop));
    Catalog { brand, shops: shops.into(), flows: [(flow().id, flow())].into() }
}

/// The first mail of a person's first enrolment.
pub(super) fn task_of(contact: &Contact) -> MailTask {
    let enrolment = contact.enrolments.first().unwrap();
    let (shop, flow) = (contact.shop.clone(), enrolment.flow.clone());
    MailTask { shop, contact: contact.id, enrolment: enrolment.id, flow, step: 0 }
}

/// The code that a person holds.
pub(super) fn the_code() -> CouponCode {
    CouponCode::parse("DANKE-7Q4X").unwrap()
}

/// The claim of a mail on a day, with the code.
pub(super) fn claim_of(task: &MailTask, day: Date) -> Claim {
    Claim {
        mail: MailId::of(&task.flow, "2026", 0, task.enrolment),
        at: noon(day),
        segment: SegmentId::parse("charm-club").unwrap(),
        name: MailName::parse("charms").unwrap(),
        version: "1".to_owned(),
        language: "de".parse().unwrap(),
        address: AddressForm::Informal,
        coupon: Some(Grant {
            code: the_code(),
            valid_until: date(2026, 3, 27),
            origin: Origin::Stock { pool: PoolId::parse("thanks-eur").unwrap(), expires: None },
        }),
    }
}

/// The code of a claim, as its holder has it since a day.
pub(super) fn held(claim: &Claim, day: Date) -> HeldCoupon {
    HeldCoupon {
        edition: flow().coupon.unwrap().edition,
        scope: "contact".to_owned(),
        pool: PoolId::parse("thanks-eur").unwrap(),
        code: the_code(),
        mail: claim.mail,
        granted_on: day,
        valid_until: date(2026, 3, 27),
        expires: None,
    }
}

/// Contacts, orders and the states of codes.
#[derive(Default)]
pub(super) struct Memory {
    contacts: Mutex<BTreeMap<(ShopId, ContactId), (Contact, Version)>>,
    orders: Mutex<BTreeMap<OrderKey, (Order, Version)>>,
    codes: Mutex<BTreeMap<String, (&'static str, Option<Holder>)>>,
    /// What somebody else writes just before the first commit.
    pub(super) meanwhile: Mutex<Option<Contact>>,
    /// How many orders are written before the store fails; `None` for all.
    pub(super) orders_before_failing: Mutex<Option<u32>>,
}

impl Memory {
    pub(super) fn put(&self, contact: Contact) {
        let mut contacts = self.contacts.lock().unwrap();
        let place = (contact.shop.clone(), contact.id);
        let version = contacts.get(&place).map(|known| known.1).unwrap_or_default().next();
        contacts.insert(place, (contact, version));
    }

    pub(super) fn put_order(&self, order: Order) {
        self.orders.lock().unwrap().insert(order.key.clone(), (order, Version(1)));
    }

    /// Puts a code into somebody's hands.
    pub(super) fn put_code(&self, contact: &Contact, held: &HeldCoupon, state: &'static str) {
        let holder = Holder { shop: contact.shop.clone(), contact: contact.id, mail: held.mail };
        self.codes.lock().unwrap().insert(held.code.folded().to_owned(), (state, Some(holder)));
    }

    pub(super) fn get(&self, shop: &ShopId, id: ContactId) -> Option<Contact> {
        self.contacts.lock().unwrap().get(&(shop.clone(), id)).map(|(contact, _)| contact.clone())
    }

    pub(super) fn order(&self, number: &str) -> (Order, Version) {
        self.orders.lock().unwrap().get(&key(number)).unwrap().clone()
    }

    /// The state of a code.
    pub(super) fn code(&self, code: &CouponCode) -> &'static str {
        self.codes.lock().unwrap().get(code.folded()).unwrap().0
    }

    /// How often contacts were written.
    pub(super) fn writes(&self) -> u64 {
        self.contacts.lock().unwrap().values().map(|(_, version)| version.0).sum()
    }

    /// All contacts and orders, as text.
    pub(super) fn text(&self) -> String {
        let contacts: Vec<Contact> =
            self.contacts.lock().unwrap().values().map(|(contact, _)| contact.clone()).collect();
        let orders: Vec<Order> =
            self.orders.lock().unwrap().values().map(|(order, _)| order.clone()).collect();
        serde_json::to_string(&(contacts, orders)).unwrap()
    }

    fn change(&self, change: &CodeChange) -> bool {
        let mut codes = self.codes.lock().unwrap();
        let Some((state, holder)) = codes.get_mut(change.code.folded()) else { return false };
        if holder.as_ref() != Some(&change.holder) {
            return false;
        }
        match change.action {
            CodeAction::Keep => *state = "claimed",
            CodeAction::Quarantine => *state = "quarantined",
            CodeAction::Release { .. } => (*state, *holder) = ("released", None),
            CodeAction::Claim => return false,
        }
        true
    }
}

impl Contacts for Memory {
    async fn load_contact(&self, shop: &ShopId, id: ContactId) -> PortResult<Option<(Contact, Version)>> {
        Ok(self.contacts.lock().unwrap().get(&(shop.clone(), id)).cloned())
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
        if let Some(other) = self.meanwhile.lock().unwrap().take() {
            self.put(other);
        }
        let stored = self.load_contact(&contact.shop, contact.id).await?;
        if stored.map(|(_, version)| version).unwrap_or_default() != expected {
            return Ok(Committed::ContactChanged);
        }
        if !codes.iter().all(|change| self.change(change)) {
            return Ok(Committed::CodeTaken);
        }
        self.put(contact.clone());
        Ok(Committed::Done)
    }
}

impl Orders for Memory {
    async fn load_order(&self, key: &OrderKey) -> PortResult<Option<(Order, Version)>> {
        Ok(self.orders.lock().unwrap().get(key).cloned())
    }

    async fn glance_order(&self, key: &OrderKey) -> PortResult<Option<(Order, Version)>> {
        self.load_order(key).await
    }

    async fn save_order(&self, order: &Order, expected: Version) -> PortResult<Saved> {
        if let Some(left) = self.orders_before_failing.lock().unwrap().as_mut() {
            *left = left.checked_sub(1).ok_or_else(|| PortError::transient("the store is away"))?;
        }
        let stored = self.load_order(&order.key).await?;
        if stored.map(|(_, version)| version).unwrap_or_default() != expected {
            return Ok(Saved::Conflict);
        }
        self.orders.lock().unwrap().insert(order.key.clone(), (order.clone(), expected.next()));
        Ok(Saved::Done)
    }

    async fn load_orders(&self, keys: &[OrderKey]) -> PortResult<Vec<(Order, Version)>> {
        let orders = self.orders.lock().unwrap();
        Ok(keys.iter().filter_map(|key| orders.get(key)).cloned().collect())
    }

    async fn glance_orders(&self, keys: &[OrderKey]) -> PortResult<Vec<(Order, Version)>> {
        self.load_orders(keys).await
    }
}

impl OrderSearch for Memory {
    async fn orders_of(&self, shop: &ShopId, contact: ContactId) -> PortResult<Vec<OrderKey>> {
        let orders = self.orders.lock().unwrap();
        let hers = |order: &&Order| order.key.shop == *shop && order.contact == Some(contact);
        Ok(orders.values().map(|(order, _)| order).filter(hers).map(|order| order.key.clone()).collect())
    }
}
