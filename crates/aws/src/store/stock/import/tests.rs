use nachklang_domain::coupon::CouponCode;
use nachklang_domain::ports::CouponStock;
use serde_json::{Value, json};

use super::*;
use crate::store::scripted::{Answer, Call, Wire, cancelled};

const FAILED: &str = "ConditionalCheckFailed";

fn pool(name: &str) -> PoolId {
    PoolId::parse(name).unwrap()
}

fn rows(codes: impl IntoIterator<Item = String>) -> Vec<CouponRow> {
    let row = |code: String| CouponRow { line: 2, code: CouponCode::parse(&code).unwrap(), expires: None };
    codes.into_iter().map(row).collect()
}

fn abc() -> Vec<CouponRow> {
    rows(["A-1", "B-2", "C-3"].map(str::to_owned))
}

/// Nothing is known beforehand.
fn unknown(call: &Call, written: impl FnOnce() -> Answer) -> Answer {
    if call.operation == "BatchGetItem" { Answer::Done(json!({ "Responses": {} })) } else { written() }
}

fn note(pool: &str) -> Value {
    json!({ "pk": { "S": "code#b-2" }, "pool": { "S": pool }, "w": { "B": "b3RoZXJzIQ==" } })
}

fn notes(call: &Call) -> Vec<&str> {
    let items = call.body["TransactItems"].as_array().unwrap();
    items.iter().step_by(2).map(|item| item["Put"]["Item"]["pk"]["S"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_rest_of_a_group_is_written_without_those_that_are_known() {
    for (owner, known) in [("spring", AddedCode::KnownHere), ("summer", AddedCode::KnownIn(pool("summer")))] {
        let wire = Wire::new(move |before, call| {
            unknown(call, || match before {
                1 => cancelled(&[
                    ("None", Value::Null),
                    ("None", Value::Null),
                    (FAILED, note(owner)),
                    ("None", Value::Null),
                    ("None", Value::Null),
                    ("TransactionConflict", Value::Null),
                ]),
                _ => Answer::Done(json!({})),
            })
        });
        let answers = wire.store().add_codes(&pool("spring"), &abc()).await.unwrap();
        assert_eq!(answers, [AddedCode::Added, known, AddedCode::Added]);
        assert_eq!(notes(&wire.calls()[2]), ["code#a-1", "code#c-3"]);
    }
}

#[tokio::test]
async fn codes_whose_answer_was_lost_are_told_as_added() {
    let wire = Wire::new(|before, call| {
        unknown(call, || match before {
            1 => Answer::Lost,
            _ => {
                let items = call.body["TransactItems"].as_array().unwrap();
                let stored: Vec<_> = items.iter().map(|item| (FAILED, item["Put"]["Item"].clone())).collect();
                cancelled(&stored)
            }
        })
    });
    let answers = wire.store().add_codes(&pool("spring"), &abc()).await.unwrap();
    assert_eq!(answers, [AddedCode::Added, AddedCode::Added, AddedCode::Added]);
}

#[tokio::test]
async fn a_file_that_comes_again_costs_reads_only() {
    let wire = Wire::new(|_, call| {
        assert_eq!(call.operation, "BatchGetItem");
        let keys = call.body["RequestItems"]["nachklang_table_coupons"]["Keys"].as_array().unwrap().clone();
        let found: Vec<Value> = keys
            .into_iter()
            .map(|mut key| {
                key["pool"] = json!({ "S": "spring" });
                key
            })
            .collect();
        Answer::Done(json!({ "Responses": { "nachklang_table_coupons": found } }))
    });
    let answers = wire.store().add_codes(&pool("spring"), &abc()).await.unwrap();
    assert_eq!(answers, [AddedCode::KnownHere, AddedCode::KnownHere, AddedCode::KnownHere]);
}

#[tokio::test]
async fn two_imports_at_once_wait_for_each_other_and_give_up_in_the_end() {
    let wire = Wire::new(|_, call| unknown(call, || cancelled(&[("TransactionConflict", Value::Null)])));
    let error = wire.store().add_codes(&pool("spring"), &abc()).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    assert!(wire.calls().len() > 4);
}

#[tokio::test]
async fn a_group_fills_a_transaction_and_every_row_is_answered_in_order() {
    let wire = Wire::new(|_, call| unknown(call, || Answer::Done(json!({}))));
    let mut many = rows((0..120).map(|number| format!("LUNA-{number}")));
    many.extend(rows(["luna-7".to_owned()]));
    let answers = wire.store().add_codes(&pool("spring"), &many).await.unwrap();
    assert_eq!(answers.len(), 121);
    assert!(answers[..120].iter().all(|answer| *answer == AddedCode::Added));
    assert_eq!(answers[120], AddedCode::KnownHere);
    let calls = wire.calls();
    let written = calls.iter().filter(|call| call.operation == "TransactWriteItems");
    let mut sizes: Vec<usize> = written.map(|call| notes(call).len()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [20, 50, 50]);
}

#[tokio::test]
async fn what_cannot_be_written_is_told_by_its_code_alone() {
    let wire = Wire::new(|_, call| unknown(call, || cancelled(&[("ValidationError", Value::Null)])));
    let error = wire.store().add_codes(&pool("spring"), &abc()).await.unwrap_err();
    assert!(!error.is_transient() && error.to_string().ends_with("[ValidationError]"), "{error}");
}
