use jiff::civil::date;
use nachklang_domain::contact::HeldCoupon;
use nachklang_domain::coupon::{CodeAction, CouponCode, Holder};
use nachklang_domain::id::{EditionId, MailId, PoolId};
use serde_json::{Value, json};

use super::*;
use crate::store::item::number;
use crate::store::scripted::{Answer, Wire, cancelled};

const FAILED: &str = "ConditionalCheckFailed";

fn anna() -> Contact {
    let mut anna = Contact::new(ShopId::parse("de").unwrap(), ContactId::parse(&"0a".repeat(16)).unwrap());
    anna.coupons.push(HeldCoupon {
        edition: EditionId::parse("spring").unwrap(),
        scope: "contact".to_owned(),
        pool: PoolId::parse("spring").unwrap(),
        code: CouponCode::parse("LUNA-1").unwrap(),
        mail: MailId::parse(&"0b".repeat(16)).unwrap(),
        granted_on: date(2026, 3, 14),
        valid_until: date(2026, 3, 28),
        expires: None,
    });
    anna
}

fn change(action: CodeAction) -> CodeChange {
    let anna = anna();
    anna.coupons[0].change(&anna, action)
}

/// The contact of a call, as it would be stored.
fn contact_of(body: &Value) -> Value {
    match &body["TransactItems"] {
        Value::Null => body["Item"].clone(),
        items => items[0]["Put"]["Item"].clone(),
    }
}

fn somebody_elses(item: &Value) -> Value {
    let mut item = item.clone();
    item["w"] = json!({ "B": "b3RoZXJzIQ==" });
    item
}

async fn claim(wire: &Wire) -> PortResult<Committed> {
    wire.store().commit(&anna(), Version(4), &[change(CodeAction::Claim)]).await
}

#[test]
fn each_reason_is_read_at_its_position_and_the_contacts_first() {
    let mark = WriteMark::new().unwrap();
    let mine = Item::from([("w".to_owned(), mark.attribute())]);
    let other = Item::from([("w".to_owned(), WriteMark::new().unwrap().attribute())]);
    let failed = |item: Option<&Item>| Reason::ConditionFailed(item.cloned());
    let refused = || Reason::Refused("ValidationError".to_owned());
    let known = Judgement::Known;
    for (reasons, judgement) in [
        (vec![failed(Some(&mine)), failed(None)], known(Committed::Done)),
        (vec![failed(Some(&other)), Reason::None], known(Committed::ContactChanged)),
        (vec![failed(None), failed(None)], known(Committed::ContactChanged)),
        (vec![failed(Some(&other)), Reason::Busy], known(Committed::ContactChanged)),
        (vec![failed(Some(&other)), refused()], known(Committed::ContactChanged)),
        (vec![Reason::None, failed(None)], known(Committed::CodeTaken)),
        (vec![Reason::None, Reason::Busy, failed(Some(&mine))], known(Committed::CodeTaken)),
        (vec![Reason::Busy, failed(None)], Judgement::Open),
        (vec![Reason::None, Reason::Busy], Judgement::Open),
        (vec![Reason::Busy, Reason::None], Judgement::Open),
        (vec![Reason::None, refused()], Judgement::Refused("ValidationError")),
        (vec![refused(), Reason::None], Judgement::Refused("ValidationError")),
        (vec![Reason::Busy, refused()], Judgement::Refused("ValidationError")),
        (vec![], Judgement::Open),
    ] {
        assert_eq!(judge(&reasons, mark), judgement, "{reasons:?}");
    }
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_not_mistaken_for_somebody_elses() {
    for (stored, expected) in [
        ((|item| item) as fn(Value) -> Value, Committed::Done),
        (|item| somebody_elses(&item), Committed::ContactChanged),
    ] {
        let wire = Wire::new(move |before, call| match before {
            0 => Answer::Lost,
            _ => {
                let item = stored(contact_of(&call.body));
                Answer::Refused("ConditionalCheckFailedException", json!({ "Item": item }))
            }
        });
        assert_eq!(wire.store().commit(&anna(), Version(4), &[]).await.unwrap(), expected);
        assert_eq!(wire.calls().len(), 2);
    }
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_under_the_same_token() {
    let wire = Wire::new(|before, _| match before {
        0 => Answer::Lost,
        _ => Answer::Done(json!({})),
    });
    assert_eq!(claim(&wire).await.unwrap(), Committed::Done);
    let calls = wire.calls();
    let tokens: Vec<&Value> = calls.iter().map(|call| &call.body["ClientRequestToken"]).collect();
    assert!(tokens[0].is_string() && tokens[0] == tokens[1] && tokens.len() == 2, "{tokens:?}");
}

#[tokio::test]
async fn a_claim_whose_answer_was_lost_burns_no_second_code() {
    // The token was forgotten, so the second call meets what the first one did.
    let wire = Wire::new(|before, call| match before {
        0 => Answer::Lost,
        _ => cancelled(&[(FAILED, contact_of(&call.body)), (FAILED, Value::Null)]),
    });
    assert_eq!(claim(&wire).await.unwrap(), Committed::Done);
    // And somebody else has written since: to decide again is right, to take another code is not.
    let wire = Wire::new(|before, call| match before {
        0 => Answer::Lost,
        _ => cancelled(&[(FAILED, somebody_elses(&contact_of(&call.body))), (FAILED, Value::Null)]),
    });
    assert_eq!(claim(&wire).await.unwrap(), Committed::ContactChanged);
}

#[tokio::test]
async fn a_conflict_of_transactions_is_tried_again_as_a_new_one() {
    let wire = Wire::new(|before, _| match before {
        0 => cancelled(&[("None", Value::Null), ("TransactionConflict", Value::Null)]),
        1 => cancelled(&[("None", Value::Null), ("ThrottlingError", Value::Null)]),
        _ => Answer::Done(json!({})),
    });
    assert_eq!(claim(&wire).await.unwrap(), Committed::Done);
    let calls = wire.calls();
    assert_eq!(calls.len(), 3);
    assert_ne!(calls[0].body["ClientRequestToken"], calls[1].body["ClientRequestToken"]);
    assert_eq!(calls[0].body["TransactItems"], calls[1].body["TransactItems"]);
}

#[tokio::test]
async fn a_conflict_that_does_not_end_is_left_to_a_later_try() {
    let wire = Wire::new(|_, _| cancelled(&[("TransactionConflict", Value::Null), ("None", Value::Null)]));
    let error = claim(&wire).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    assert!(wire.calls().len() > 3);
    let wire = Wire::new(|_, _| Answer::Refused("TransactionConflictException", json!({})));
    let error = wire.store().commit(&anna(), Version(4), &[]).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
}

#[tokio::test]
async fn what_can_never_be_written_is_told_with_the_code_and_nothing_else() {
    let wire = Wire::new(|_, _| {
        cancelled(&[("None", Value::Null), ("ValidationError", json!({ "code": {"S": "LUNA-1"} }))])
    });
    let error = claim(&wire).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot commit a contact with codes (nachklang_table_coupons): an item is refused; see its size and keys \
         [ValidationError]"
    );
    assert!(!error.is_transient());
}

#[tokio::test]
async fn a_code_that_was_taken_writes_nothing_and_says_so() {
    let wire = Wire::new(|_, _| cancelled(&[("None", Value::Null), (FAILED, Value::Null)]));
    assert_eq!(claim(&wire).await.unwrap(), Committed::CodeTaken);
    assert_eq!(wire.calls().len(), 1);
}

#[tokio::test]
async fn more_codes_than_a_transaction_takes_are_refused_before_the_call() {
    let wire = Wire::new(|_, _| panic!("no call is due"));
    let changes: Vec<CodeChange> = (0..100)
        .map(|number| CodeChange {
            code: CouponCode::parse(&format!("LUNA-{number}")).unwrap(),
            ..change(CodeAction::Keep)
        })
        .collect();
    let error = wire.store().commit(&anna(), Version(4), &changes).await.unwrap_err();
    assert_eq!(error.to_string(), "a commit changes 100 codes, 99 at most can change at once");
    assert!(!error.is_transient());
}

#[tokio::test]
async fn changes_that_contradict_each_other_are_answered_by_the_version() {
    let wire = Wire::new(|_, call| {
        assert_eq!(call.operation, "GetItem");
        let body = serde_json::to_string(&anna()).unwrap();
        Answer::Done(json!({ "Item": { "v": { "N": "4" }, "body": { "S": body } } }))
    });
    let by_another = CodeChange {
        holder: Holder { mail: MailId::parse(&"0c".repeat(16)).unwrap(), ..change(CodeAction::Keep).holder },
        ..change(CodeAction::Keep)
    };
    let changes = [change(CodeAction::Claim), by_another];
    let commit = async |version| wire.store().commit(&anna(), Version(version), &changes).await.unwrap();
    assert_eq!(commit(4).await, Committed::CodeTaken);
    assert_eq!(commit(3).await, Committed::ContactChanged);
}

#[tokio::test]
async fn a_contact_that_no_item_can_hold_is_refused_before_the_call() {
    let wire = Wire::new(|_, _| panic!("no call is due"));
    let mut anna = anna();
    let mut state = 1_u64;
    let noise = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        char::from_u32(0x4E00 + u32::try_from(state >> 50).unwrap()).unwrap_or('x')
    });
    anna.first_name = Some(noise.take(300_000).collect());
    let error = wire.store().commit(&anna, Version(4), &[]).await.unwrap_err();
    assert!(error.to_string().starts_with("a contact of ") && !error.is_transient(), "{error}");
}

#[test]
fn the_version_of_an_item_grows_by_one_and_is_what_the_next_write_expects() {
    let place = Place { noun: NOUN, table: "contacts" };
    let put = |expected| {
        let put = VersionedPut::new(place, contact_key(&anna().shop, anna().id), &anna(), Version(expected));
        put.unwrap().put().unwrap()
    };
    let first = put(0);
    assert_eq!(first.condition_expression(), Some("attribute_not_exists(pk)"));
    assert_eq!(first.expression_attribute_values(), None);
    assert_eq!(first.item()["v"], number(1));
    let second = put(1);
    assert_eq!(second.condition_expression(), Some("v = :expected"));
    assert_eq!(second.expression_attribute_values().unwrap()[":expected"], number(1));
    assert_eq!(second.item()["v"], number(2));
    assert_ne!(first.item()["w"], second.item()["w"]);
}
