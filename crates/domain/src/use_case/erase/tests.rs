use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use jiff::civil::{Date, date};

use super::*;
use crate::brand::Brand;
use crate::catalog::Catalog;
use crate::contact::HeldCoupon;
use crate::coupon::{CodeAction, CouponCode, Grant, Origin};
use crate::enrolment::{Enrolled, enrol};
use crate::fixtures::{BRAND, at, bought_on, contact, flow, key, noon, person, shop, shop_id, snapshot};
use crate::id::{MailId, MailName, PoolId, SegmentId};
use crate::language::Language;
use crate::mail::published::AddressForm;
use crate::order::OrderSnapshot;
use crate::ports::{MailTask, PortError, PortResult};
use crate::secret::SecretBytes;
use crate::shop::Shop;

const BOUGHT: Date = date(2026, 3, 1);
const ERASED: &str = "2026-03-10T09:00:00Z";

/// Runs to the end what never waits.
pub(in crate::use_case) fn run<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("a port of the tests waits"),
    }
}

/// Contacts and orders in memory, with the code changes that were asked for.
#[derive(Default)]
pub(in crate::use_case) struct Memory {
    contacts: Mutex<BTreeMap<(ShopId, ContactId), (Contact, Version)>>,
    orders: Mutex<BTreeMap<OrderKey, (Order, Version)>>,
    released: Mutex<Vec<CodeChange>>,
    /// What somebody else writes just before the first commit.
    meanwhile: Mutex<Option<Contact>>,
    /// Whether the stock refuses every change.
    stock_differs: bool,
    /// How many orders are written before the store fails; `None` for all.
    orders_before_failing: Mutex<Option<u32>>,
}

impl Memory {
    pub(in crate::use_case) fn put(&self, contact: Contact) {
        let mut contacts = self.contacts.lock().unwrap();
        let place = (contact.shop.clone(), contact.id);
        let version = contacts.get(&place).map(|known| known.1).unwrap_or_default().next();
        contacts.insert(place, (contact, version));
    }

    pub(in crate::use_case) fn put_order(&self, order: Order) {
        self.orders.lock().unwrap().insert(order.key.clone(), (order, Version(1)));
    }

    fn anna(&self) -> Contact {
        self.contacts.lock().unwrap().get(&(shop_id(), person("anna"))).unwrap().0.clone()
    }

    fn order(&self, number: &str) -> (Order, Version) {
        self.orders.lock().unwrap().get(&key(number)).unwrap().clone()
    }

    /// All that is stored, as text.
    fn text(&self) -> String {
        let contacts: Vec<Contact> =
            self.contacts.lock().unwrap().values().map(|(contact, _)| contact.clone()).collect();
        let orders: Vec<Order> =
            self.orders.lock().unwrap().values().map(|(order, _)| order.clone()).collect();
        serde_json::to_string(&(contacts, orders)).unwrap()
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
        if self.stock_differs && !codes.is_empty() {
            return Ok(Committed::CodeTaken);
        }
        self.released.lock().unwrap().extend_from_slice(codes);
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

    async fn load_orders(&self, keys: &[OrderKey]) -> PortResult<Vec<Order>> {
        let orders = self.orders.lock().unwrap();
        Ok(keys.iter().filter_map(|key| orders.get(key)).map(|(order, _)| order.clone()).collect())
    }

    async fn glance_orders(&self, keys: &[OrderKey]) -> PortResult<Vec<Order>> {
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

pub(in crate::use_case) fn catalog() -> Catalog {
    let other = Shop { id: ShopId::parse("at").unwrap(), ..shop() };
    let brand: Brand = toml::from_str(BRAND).unwrap();
    let shops = [shop(), other].map(|shop| (shop.id.clone(), shop));
    Catalog { brand, shops: shops.into(), flows: [(flow().id, flow())].into() }
}

/// Anna's order with everything that a source may tell of her.
pub(in crate::use_case) fn telling(number: &str) -> Order {
    let mut order = bought_on(number, BOUGHT);
    order.contact = Some(person("anna"));
    order.snapshot = Some(OrderSnapshot {
        customer_number: Some("K-4711".to_owned()),
        first_name: Some("Annabell".to_owned()),
        language: Some("fr".parse().unwrap()),
        country: Some("LU".parse().unwrap()),
        codes_used: vec!["MOND-10".to_owned()],
        ..snapshot(noon(BOUGHT))
    });
    order
}

/// Anna as she is known after buying, her one mail in a state.
pub(in crate::use_case) fn anna(state: impl Fn(Claim) -> StepState) -> Contact {
    let order = telling("1");
    let mut anna = contact("anna");
    anna.learn(order.snapshot.as_ref().unwrap(), shop().basis_for(order.snapshot.as_ref().unwrap()));
    anna.add_order(&order.key);
    let enrolled = enrol(&mut anna, &order, &flow(), &shop(), noon(BOUGHT));
    assert!(matches!(enrolled, Enrolled::Started(_)));
    let task = task(&anna);
    let claim = claim(&task);
    anna.coupons.push(HeldCoupon {
        edition: flow().coupon.unwrap().edition,
        scope: "contact".to_owned(),
        pool: PoolId::parse("thanks-eur").unwrap(),
        code: CouponCode::parse("DANKE-7Q4X").unwrap(),
        mail: claim.mail,
        granted_on: date(2026, 3, 9),
        valid_until: date(2026, 3, 27),
        expires: None,
    });
    anna.with_state(&task, state(claim))
}

fn task(contact: &Contact) -> MailTask {
    let enrolment = contact.enrolments.first().unwrap();
    let (shop, flow) = (contact.shop.clone(), enrolment.flow.clone());
    MailTask { shop, contact: contact.id, enrolment: enrolment.id, flow, step: 0 }
}

fn claim(task: &MailTask) -> Claim {
    Claim {
        mail: MailId::of(&task.flow, "2026", 0, task.enrolment),
        at: noon(date(2026, 3, 9)),
        segment: SegmentId::parse("charm-club").unwrap(),
        name: MailName::parse("charms").unwrap(),
        version: "1".to_owned(),
        language: "de".parse::<Language>().unwrap(),
        address: AddressForm::Informal,
        coupon: Some(Grant {
            code: CouponCode::parse("DANKE-7Q4X").unwrap(),
            valid_until: date(2026, 3, 27),
            origin: Origin::Stock { pool: PoolId::parse("thanks-eur").unwrap(), expires: None },
        }),
    }
}

fn sent(claim: Claim) -> StepState {
    StepState::Sent { claim, message: "0100-ses".to_owned(), at: at(ERASED) }
}

fn sending(claim: Claim) -> StepState {
    StepState::Sending { claim, lease_until: at(ERASED) }
}

fn world(state: impl Fn(Claim) -> StepState) -> Memory {
    let memory = Memory::default();
    memory.put(anna(state));
    memory.put_order(telling("1"));
    memory
}

fn erase_anna(memory: &Memory) -> Result<Erasure, UseCaseError> {
    let (catalog, contact_key) = (catalog(), SecretBytes::new(b"a key of the tests".to_vec()));
    let desk = Desk { world: memory, catalog: &catalog, contact_key: &contact_key };
    run(erase(desk, person("anna"), &Reach::Shop(shop_id()), at(ERASED)))
}

#[test]
fn nothing_is_left_but_the_hash_and_that_she_is_not_mailed() {
    let memory = world(sent);
    let before = memory.text();
    for canary in ["anna@", "Annabell", "K-4711", "\"fr\"", "\"LU\"", "MOND-10", "DANKE-7Q4X", "0100-ses"] {
        assert!(before.contains(canary), "{canary} was there: {before}");
    }
    let erasure = erase_anna(&memory).unwrap();
    assert_eq!(erasure, Erasure { shops: 1, orders: 1, ..Erasure::default() });
    let mut shell = contact("anna");
    shell.suppress(SuppressionReason::Erased, at(ERASED));
    assert_eq!(memory.anna(), shell);
    let after = memory.text();
    for canary in ["anna@", "Annabell", "K-4711", "\"fr\"", "\"LU\"", "MOND-10", "DANKE-7Q4X", "0100-ses"] {
        assert!(!after.contains(canary), "{canary} is left: {after}");
    }
    let (order, _) = memory.order("1");
    let bought = telling("1").snapshot.unwrap().lines;
    assert_eq!((order.contact, order.snapshot.unwrap().lines), (None, bought), "the sale itself is kept");
    assert!(memory.released.lock().unwrap().is_empty(), "a code that she has seen is nobody else's");
}

#[test]
fn a_claimed_mail_dies_and_its_code_is_free_again() {
    let memory = world(StepState::Claimed);
    let erasure = erase_anna(&memory).unwrap();
    assert_eq!((erasure.mails_ended, erasure.codes_released), (1, 1));
    let released = memory.released.lock().unwrap();
    assert!(matches!(&released[..], [change] if matches!(change.action, CodeAction::Release { .. })
            && change.code == CouponCode::parse("DANKE-7Q4X").unwrap() && change.holder.contact == person("anna")),);
    assert!(memory.anna().enrolments.is_empty());
}

#[test]
fn a_stock_that_has_the_code_otherwise_does_not_keep_her_data() {
    let memory = Memory { stock_differs: true, ..world(StepState::Claimed) };
    let erasure = erase_anna(&memory).unwrap();
    assert_eq!((erasure.mails_ended, erasure.codes_released), (1, 0));
    assert!(memory.anna().is_forgotten());
}

#[test]
fn a_planned_mail_dies() {
    let memory = world(|_| StepState::Waiting);
    assert_eq!(erase_anna(&memory).unwrap().mails_ended, 1);
    assert!(memory.anna().is_forgotten());
}

#[test]
fn a_mail_that_is_being_handed_over_ends_by_its_own_rules_and_leaves_nothing() {
    let memory = world(sending);
    let erasure = erase_anna(&memory).unwrap();
    assert_eq!((erasure.mails_ended, erasure.mails_underway, erasure.codes_released), (0, 1, 0));
    let shell = memory.anna();
    assert_eq!((&shell.email, &shell.first_name, shell.orders.len()), (&None, &None, 0));
    let task = task(&shell);
    let settled = shell.clone().with_state(&task, sent(claim(&task)));
    assert!(settled.enrolments.is_empty() && settled.coupons.is_empty() && settled.is_forgotten());
    let not_accepted = shell.with_state(&task, StepState::Claimed(claim(&task)));
    assert_eq!(not_accepted.coupons.len(), 1, "its code is still to be given back");
}

#[test]
fn what_is_written_between_reading_and_writing_is_read_again() {
    let memory = world(|_| StepState::Waiting);
    *memory.meanwhile.lock().unwrap() = Some(anna(StepState::Claimed));
    let erasure = erase_anna(&memory).unwrap();
    assert_eq!((erasure.mails_ended, erasure.codes_released), (1, 1), "the claim was seen");
    assert!(memory.anna().is_forgotten());
}

#[test]
fn an_order_that_is_being_received_finds_that_it_came_too_late() {
    let memory = world(|_| StepState::Waiting);
    let mut contact = memory.anna();
    contact.add_order(&key("2"));
    memory.put(contact);
    let seen_by_the_receiver = Version::default();
    erase_anna(&memory).unwrap();
    assert_eq!(run(memory.save_order(&telling("2"), seen_by_the_receiver)).unwrap(), Saved::Conflict);
    let (_, known) = memory.order("1");
    assert_eq!(known, Version(2), "a stored one has moved as well");
}

#[test]
fn an_erasure_that_broke_off_goes_on_where_it_stood() {
    let memory = world(sent);
    *memory.orders_before_failing.lock().unwrap() = Some(0);
    assert!(erase_anna(&memory).is_err());
    assert!(memory.text().contains("anna@"), "the order is still hers");
    *memory.orders_before_failing.lock().unwrap() = None;
    assert_eq!(erase_anna(&memory).unwrap().orders, 1);
    assert!(!memory.text().contains("anna@"));
    assert_eq!(erase_anna(&memory).unwrap(), Erasure::default(), "and then there is nothing left to do");
}

#[test]
fn orders_that_were_lost_sight_of_are_found() {
    let memory = world(sent);
    let mut contact = memory.anna();
    for number in 2..=KNOWN_ORDERS + 1 {
        contact.add_order(&key(&number.to_string()));
        memory.put_order(telling(&number.to_string()));
    }
    assert!(!contact.orders.contains(&key("1")), "the first one is out of sight");
    memory.put(contact);
    assert_eq!(erase_anna(&memory).unwrap().orders, 101);
    assert!(!memory.text().contains("anna@"));
}

#[test]
fn an_order_that_is_somebody_elses_by_now_is_left_alone() {
    let memory = world(sent);
    memory.put_order(Order { contact: Some(person("berta")), ..telling("1") });
    assert_eq!(erase_anna(&memory).unwrap().orders, 0);
    assert_eq!(memory.order("1").0.contact, Some(person("berta")));
}

#[test]
fn a_shop_that_does_not_know_her_remembers_the_hash() {
    let (memory, catalog, key) = (world(sent), catalog(), SecretBytes::new(b"a key of the tests".to_vec()));
    let desk = Desk { world: &memory, catalog: &catalog, contact_key: &key };
    let erasure = run(erase(desk, person("anna"), &Reach::AllShops, at(ERASED))).unwrap();
    assert_eq!(erasure.shops, 1, "one knew her");
    let other = run(memory.load_contact(&ShopId::parse("at").unwrap(), person("anna"))).unwrap();
    assert!(other.unwrap().0.is_forgotten());
}
