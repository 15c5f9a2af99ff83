use serde_json::{Value, json};

use super::*;
use crate::fixtures::{at, person, shop_id};
use crate::secret::SecretBytes;
use crate::use_case::erase::erase;
use crate::use_case::erase::tests::{anna, telling};
use crate::use_case::memory::{Memory, catalog, run};

const NOW: &str = "2026-03-10T09:00:00Z";

fn export(memory: &Memory) -> Value {
    let (catalog, key) = (catalog(), SecretBytes::new(b"a key of the tests".to_vec()));
    let desk = Desk { world: memory, catalog: &catalog, contact_key: &key };
    let record = run(export_person(desk, person("anna"), &Reach::AllShops, at(NOW))).unwrap();
    serde_json::to_value(record).unwrap()
}

#[test]
fn everything_that_is_known_of_her_is_told_in_plain_words() {
    let memory = Memory::default();
    memory.put(anna(crate::enrolment::StepState::Claimed));
    memory.put_order(telling("1"));
    let told = export(&memory);
    let shop = &told["shops"][0];
    assert_eq!(told["shops"].as_array().unwrap().len(), 1, "a shop that does not know her is left out");
    assert_eq!(shop["profile"]["email_address"], "anna@example.com");
    assert_eq!(shop["profile"]["first_name"], "Annabell");
    assert_eq!(shop["legal_basis"]["ground"], "existing_customer");
    assert_eq!(shop["suppression"], Value::Null);
    let order = &shop["orders"][0];
    assert_eq!((&order["number"], &order["customer_number"]), (&json!("1"), &json!("K-4711")));
    assert_eq!(order["lines"][0]["unit_price"], json!({ "minor": 4990, "currency": "EUR" }));
    let mail = &shop["mails"][0];
    assert_eq!((&mail["state"], &mail["about_orders"]), (&json!("claimed"), &json!(["1"])));
    assert_eq!(
        (&mail["coupon_code"], &shop["coupons"][0]["code"]),
        (&json!("DANKE-7Q4X"), &json!("DANKE-7Q4X"))
    );
}

#[test]
fn an_order_of_hers_that_is_anothers_by_now_is_not_told() {
    let memory = Memory::default();
    memory.put(anna(|_| crate::enrolment::StepState::Waiting));
    memory.put_order(Order { contact: Some(person("berta")), ..telling("1") });
    assert_eq!(export(&memory)["shops"][0]["orders"], json!([]));
}

#[test]
fn after_an_erasure_only_the_suppression_is_told() {
    let memory = Memory::default();
    memory.put(anna(crate::enrolment::StepState::Claimed));
    memory.put_order(telling("1"));
    let (catalog, key) = (catalog(), SecretBytes::new(b"a key of the tests".to_vec()));
    let desk = Desk { world: &memory, catalog: &catalog, contact_key: &key };
    run(erase(desk, person("anna"), &Reach::Shop(shop_id()), at(NOW))).unwrap();
    let shop = &export(&memory)["shops"][0];
    assert_eq!(shop["suppression"]["reason"], "erased");
    assert_eq!(shop["profile"]["email_address"], Value::Null);
    for empty in ["orders", "mails", "coupons"] {
        assert_eq!(shop[empty], json!([]), "{empty}");
    }
}
