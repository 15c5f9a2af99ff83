use jiff::civil::date;
use serde_json::json;

use super::*;
use crate::store::scripted::{Answer, Wire};

const TODAY: Date = date(2026, 3, 14);

fn spring() -> PoolId {
    PoolId::parse("spring").unwrap()
}

fn code() -> CouponCode {
    CouponCode::parse("LUNA-1").unwrap()
}

/// Seventeen parts of a walk, none with a free code among so many.
fn empty(read_each: u32) -> Wire {
    Wire::new(move |_, call| match call.operation.as_str() {
        "Query" => Answer::Done(json!({ "Items": [], "Count": 0, "ScannedCount": read_each })),
        _ => Answer::Done(json!({})),
    })
}

fn searches(wire: &Wire) -> usize {
    wire.calls().iter().filter(|call| call.operation == "Query").count() / 17
}

#[tokio::test]
async fn a_large_empty_pool_is_searched_once_in_a_while_until_codes_arrive() {
    let wire = empty(2_000);
    let store = wire.store();
    for _ in 0..3 {
        assert!(store.clone().free_codes(&spring(), TODAY, TODAY, 7, 8).await.unwrap().is_empty());
    }
    assert_eq!(searches(&wire), 1);
    let row = CouponRow { line: 2, code: code(), expires: None };
    store.add_codes(&spring(), &[row]).await.unwrap();
    store.free_codes(&spring(), TODAY, TODAY, 7, 8).await.unwrap();
    assert_eq!(searches(&wire), 2);
}

#[tokio::test]
async fn a_small_empty_pool_is_searched_each_time() {
    let wire = empty(100);
    let store = wire.store();
    for _ in 0..3 {
        store.free_codes(&spring(), TODAY, TODAY, 7, 8).await.unwrap();
    }
    assert_eq!(searches(&wire), 3);
}

#[tokio::test]
async fn a_search_ends_with_the_page_that_holds_enough() {
    let wire = Wire::new(|_, call| {
        let items: Vec<_> =
            (0..32).map(|number| json!({ "code": { "S": format!("LUNA-{number}") } })).collect();
        assert_eq!(call.body["Limit"], json!(32));
        let next = json!({ "pk": { "S": "stock#spring#1" }, "sk": { "S": "0#luna" } });
        Answer::Done(json!({ "Items": items, "Count": 32, "ScannedCount": 32, "LastEvaluatedKey": next }))
    });
    let offers = wire.store().free_codes(&spring(), TODAY, TODAY, 7, 8).await.unwrap();
    assert_eq!((offers.len(), wire.calls().len()), (8, 1));
}

#[tokio::test]
async fn pages_grow_while_nothing_is_free() {
    let wire = Wire::new(|before, _| {
        let next = json!({ "pk": { "S": "stock#spring#1" }, "sk": { "S": "0#luna" } });
        let next = if before < 9 { json!({ "LastEvaluatedKey": next }) } else { json!({}) };
        let mut answer = json!({ "Items": [], "Count": 0, "ScannedCount": 1 });
        answer.as_object_mut().unwrap().extend(next.as_object().unwrap().clone());
        Answer::Done(answer)
    });
    wire.store().free_codes(&spring(), TODAY, TODAY, 7, 8).await.unwrap();
    let sizes: Vec<u64> = wire.calls().iter().map(|call| call.body["Limit"].as_u64().unwrap()).collect();
    assert_eq!(sizes[..9], [32, 64, 128, 256, 512, 1_024, 2_048, 4_096, 4_096]);
}

#[tokio::test]
async fn a_code_that_cannot_be_read_is_told_without_quoting_it() {
    let wire = Wire::new(|_, _| {
        let item = json!({ "code": { "S": "LUNA-1" }, "expires": { "S": "soon" } });
        Answer::Done(json!({ "Items": [item], "Count": 1, "ScannedCount": 1 }))
    });
    let error = wire.store().free_codes(&spring(), TODAY, TODAY, 7, 8).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the table holds a coupon code that cannot be read; restore it from a backup"
    );
}

#[tokio::test]
async fn a_voided_code_whose_answer_was_lost_is_counted() {
    for (mine, voided) in [(true, 1), (false, 0)] {
        let wire = Wire::new(move |before, call| match before {
            0 => Answer::Lost,
            _ => {
                let mark = &call.body["ExpressionAttributeValues"][":mark"];
                let mark = if mine { mark.clone() } else { json!({ "B": "b3RoZXJzIQ==" }) };
                let item = json!({ "state": { "S": "void" }, "w": mark });
                Answer::Refused("ConditionalCheckFailedException", json!({ "Item": item }))
            }
        });
        assert_eq!(wire.store().void_codes(&spring(), &[code()]).await.unwrap(), voided);
    }
}
