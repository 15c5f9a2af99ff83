use jiff::civil::{Date, date};

use super::*;
use crate::enrolment::{Enrolled, enrol};
use crate::fixtures::{at, bought_on, contact, flow, key, noon, person, shop, shop_id, snapshot};
use crate::order::OrderSnapshot;
use crate::secret::SecretBytes;
use crate::use_case::memory::{Memory, catalog, claim_of, held, run, task_of, the_code};

const BOUGHT: Date = date(2026, 3, 1);
const CLAIMED: Date = date(2026, 3, 9);
const ERASED: &str = "2026-03-10T09:00:00Z";

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
    anna.learn(order.snapshot.as_ref().unwrap(), shop().basis_for(&order));
    anna.add_order(&order.key, Version(1));
    let enrolled = enrol(&mut anna, &order, &flow(), &shop(), noon(BOUGHT));
    assert!(matches!(enrolled, Enrolled::Started(_)));
    let task = task_of(&anna);
    let claim = claim_of(&task, CLAIMED);
    anna.coupons.push(held(&claim, CLAIMED));
    anna.with_state(&task, state(claim))
}

fn sent(claim: Claim) -> StepState {
    StepState::Sent { claim, message: "0100-ses".to_owned(), at: at(ERASED) }
}

fn sending(claim: Claim) -> StepState {
    StepState::Sending { claim, lease_until: at(ERASED) }
}

fn world(state: impl Fn(Claim) -> StepState) -> Memory {
    let (memory, anna) = (Memory::default(), anna(state));
    memory.put_code(&anna, anna.coupons.first().unwrap(), "claimed");
    memory.put(anna);
    memory.put_order(telling("1"));
    memory
}

fn known(memory: &Memory) -> Contact {
    memory.get(&shop_id(), person("anna")).unwrap()
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
    assert_eq!(known(&memory), shell);
    let after = memory.text();
    for canary in ["anna@", "Annabell", "K-4711", "\"fr\"", "\"LU\"", "MOND-10", "DANKE-7Q4X", "0100-ses"] {
        assert!(!after.contains(canary), "{canary} is left: {after}");
    }
    let (order, _) = memory.order("1");
    let bought = telling("1").snapshot.unwrap().lines;
    assert_eq!((order.contact, order.snapshot.unwrap().lines), (None, bought), "the sale itself is kept");
    assert_eq!(memory.code(&the_code()), "claimed", "a code that she has seen is nobody else's");
}

#[test]
fn a_claimed_mail_dies_and_its_code_is_free_again() {
    let memory = world(StepState::Claimed);
    let erasure = erase_anna(&memory).unwrap();
    assert_eq!((erasure.mails_ended, erasure.codes_released), (1, 1));
    assert_eq!(memory.code(&the_code()), "released");
    assert!(known(&memory).enrolments.is_empty());
}

#[test]
fn a_stock_that_has_the_code_otherwise_does_not_keep_her_data() {
    let (memory, other) = (world(StepState::Claimed), contact("berta"));
    memory.put_code(&other, known(&memory).coupons.first().unwrap(), "claimed");
    let erasure = erase_anna(&memory).unwrap();
    assert_eq!((erasure.mails_ended, erasure.codes_released), (1, 0));
    assert!(known(&memory).is_forgotten());
}

#[test]
fn a_planned_mail_dies() {
    let memory = world(|_| StepState::Waiting);
    assert_eq!(erase_anna(&memory).unwrap().mails_ended, 1);
    assert!(known(&memory).is_forgotten());
}

#[test]
fn a_mail_that_is_being_handed_over_ends_by_its_own_rules_and_leaves_nothing() {
    let memory = world(sending);
    let erasure = erase_anna(&memory).unwrap();
    assert_eq!((erasure.mails_ended, erasure.mails_underway, erasure.codes_released), (0, 1, 0));
    let shell = known(&memory);
    assert_eq!((&shell.email, &shell.first_name, shell.orders.len()), (&None, &None, 0));
    let task = task_of(&shell);
    let settled = shell.clone().with_state(&task, sent(claim_of(&task, CLAIMED)));
    assert!(settled.enrolments.is_empty() && settled.coupons.is_empty() && settled.is_forgotten());
    let not_accepted = shell.with_state(&task, StepState::Claimed(claim_of(&task, CLAIMED)));
    assert_eq!(not_accepted.coupons.len(), 1, "its code is still to be given back");
}

#[test]
fn what_is_written_between_reading_and_writing_is_read_again() {
    let memory = world(|_| StepState::Waiting);
    *memory.meanwhile.lock().unwrap() = Some(anna(StepState::Claimed));
    let erasure = erase_anna(&memory).unwrap();
    assert_eq!((erasure.mails_ended, erasure.codes_released), (1, 1), "the claim was seen");
    assert!(known(&memory).is_forgotten());
}

#[test]
fn an_order_that_is_being_received_finds_that_it_came_too_late() {
    let memory = world(|_| StepState::Waiting);
    let mut contact = known(&memory);
    contact.add_order(&key("2"), Version(1));
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
    let mut contact = known(&memory);
    for number in 2..=KNOWN_ORDERS + 1 {
        contact.add_order(&key(&number.to_string()), Version(1));
        memory.put_order(telling(&number.to_string()));
    }
    assert!(!contact.knows(&key("1")), "the first one is out of sight");
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
