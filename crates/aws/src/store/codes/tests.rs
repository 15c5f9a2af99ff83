use jiff::civil::date;
use nachklang_domain::contact::HeldCoupon;
use nachklang_domain::id::{ContactId, EditionId, MailId, ShopId};
use proptest::prelude::*;

use super::*;
use crate::store::item::text_of;

const TODAY: Date = date(2026, 3, 14);
const LATER: Date = date(2026, 3, 28);

fn anna() -> Contact {
    let mut anna = Contact::new(ShopId::parse("de").unwrap(), ContactId::parse(&"0a".repeat(16)).unwrap());
    anna.coupons.push(HeldCoupon {
        edition: EditionId::parse("spring").unwrap(),
        scope: "contact".to_owned(),
        pool: PoolId::parse("spring").unwrap(),
        code: CouponCode::parse("LUNA-1").unwrap(),
        mail: MailId::parse(&"0b".repeat(16)).unwrap(),
        granted_on: TODAY,
        valid_until: LATER,
        expires: None,
    });
    anna
}

fn change(action: CodeAction) -> CodeChange {
    let anna = anna();
    anna.coupons[0].change(&anna, action)
}

const fn release(free_from: Date) -> CodeAction {
    CodeAction::Release { free_from }
}

/// Condition and update of a row of actions on one code; `None` when they contradict each other.
fn said(actions: &[CodeAction]) -> Option<(String, String)> {
    let row = changes(actions);
    let update = only(&row)?.update("coupons").unwrap();
    let (condition, change) = (update.condition_expression().unwrap(), update.update_expression());
    all_are_named(&update, &format!("{condition} {change} "));
    Some((condition.to_owned(), change.to_owned()))
}

/// DynamoDB refuses names and values that no expression uses, and expressions that use others.
fn all_are_named(update: &Update, expressions: &str) {
    let words: std::collections::BTreeSet<&str> = expressions
        .split(|c: char| !(c.is_alphanumeric() || c == '#' || c == ':'))
        .filter(|word| word.starts_with(['#', ':']))
        .collect();
    let names = update.expression_attribute_names().unwrap().keys();
    let given = names.chain(update.expression_attribute_values().unwrap().keys());
    assert_eq!(words, given.map(String::as_str).collect());
}

#[test]
fn a_free_code_is_claimed_and_one_that_rests_is_not() {
    let (condition, change) = said(&[CodeAction::Claim]).unwrap();
    assert_eq!(condition, "#state = :free OR (#state = :released AND #from <= :day)");
    assert_eq!(
        change,
        "SET #state = :state, #holder = :holder, #on = :on, \
         #history = list_append(if_not_exists(#history, :none), :history) REMOVE #from"
    );
}

#[test]
fn what_happens_to_a_held_code_needs_its_holder() {
    for action in [CodeAction::Keep, CodeAction::Quarantine] {
        let (condition, change) = said(&[action]).unwrap();
        assert_eq!(condition, "#holder = :by");
        assert_eq!(change, "SET #state = :state, #holder = :holder REMOVE #from");
    }
    let (condition, change) = said(&[release(LATER)]).unwrap();
    assert_eq!(condition, "#holder = :by");
    assert_eq!(
        change,
        "SET #state = :state, #from = :from, \
         #history = list_append(if_not_exists(#history, :none), :history) REMOVE #holder"
    );
}

#[test]
fn the_history_tells_who_held_a_code_and_since_when() {
    let changes = [change(CodeAction::Claim), change(release(LATER))];
    let Joined::Updates(updates) = joined(&anna(), &changes).unwrap() else { panic!("they fit") };
    let (contact, mail) = ("0a".repeat(16), "0b".repeat(16));
    let claimed = format!("claimed 2026-03-14 by de/{contact} for {mail}");
    assert_eq!(updates[0].history, [claimed, "given back, free from 2026-03-28".to_owned()]);
}

fn changes(actions: &[CodeAction]) -> Vec<CodeChange> {
    actions.iter().map(|action| change(*action)).collect()
}

/// The one change that a row of changes of one code comes to.
fn only(changes: &[CodeChange]) -> Option<CodeUpdate<'_>> {
    match joined(&anna(), changes).unwrap() {
        Joined::Updates(mut updates) => Some(updates.remove(0)),
        Joined::Contradiction => None,
    }
}

#[test]
fn changes_of_one_code_happen_in_their_order() {
    let row = changes(&[CodeAction::Claim, CodeAction::Keep]);
    let sent = only(&row).unwrap();
    assert_eq!((&sent.needs, sent.state, sent.on), (&Needs::Free(TODAY), state::CLAIMED, Some(TODAY)));
    let row = changes(&[release(TODAY), CodeAction::Claim]);
    let again = only(&row).unwrap();
    assert_eq!((again.state, again.free_from), (state::CLAIMED, None));
    assert!(matches!(again.needs, Needs::Held(_)) && again.holder.is_some());
    for contradiction in [
        [CodeAction::Claim, CodeAction::Claim],
        [release(LATER), CodeAction::Claim],
        [release(LATER), CodeAction::Keep],
        [release(LATER), release(LATER)],
    ] {
        assert_eq!(only(&changes(&contradiction)), None, "{contradiction:?}");
    }
}

#[test]
fn changes_of_different_codes_stay_apart() {
    let other = CodeChange { code: CouponCode::parse("LUNA-2").unwrap(), ..change(CodeAction::Keep) };
    let changes = [change(CodeAction::Keep), other];
    let Joined::Updates(updates) = joined(&anna(), &changes).unwrap() else { panic!("they fit") };
    assert_eq!(updates.len(), 2);
}

#[test]
fn a_claimed_code_must_be_among_the_contacts_coupons() {
    let mut anna = anna();
    anna.coupons.clear();
    let error = joined(&anna, &[change(CodeAction::Claim)]).unwrap_err();
    assert_eq!(error.to_string(), "a claimed code must be among the contact's coupons");
}

#[test]
fn letter_case_makes_no_other_key() {
    let pool = PoolId::parse("spring").unwrap();
    let key = |text: &str| stock_key(&pool, &CouponCode::parse(text).unwrap());
    assert_eq!(key("Luna-1"), key("LUNA-1"));
    assert_ne!(key("LUNA-1"), key("LUNA-2"));
}

#[test]
fn codes_in_a_row_are_spread_over_all_partitions() {
    let pool = PoolId::parse("spring").unwrap();
    let mut counts = std::collections::BTreeMap::<String, u32>::new();
    for number in 0..1_600 {
        let key = stock_key(&pool, &CouponCode::parse(&format!("LUNA-{number:06}")).unwrap());
        *counts.entry(text_of(&key, "pk").unwrap().to_owned()).or_default() += 1;
    }
    assert_eq!(counts.len(), 16);
    assert!(counts.values().all(|count| (60..=140).contains(count)), "{counts:?}");
}

fn action() -> impl Strategy<Value = CodeAction> {
    prop_oneof![
        Just(CodeAction::Claim),
        Just(CodeAction::Keep),
        Just(CodeAction::Quarantine),
        Just(release(TODAY)),
        Just(release(LATER)),
    ]
}

/// What a held code is after some actions, one after another; `None` when one of them cannot happen.
fn model(actions: &[CodeAction]) -> Option<(&'static str, Option<Date>)> {
    actions.iter().try_fold((state::CLAIMED, None), |(now, from), action| {
        let held = now != state::RELEASED;
        match action {
            CodeAction::Claim if from.is_some_and(|from: Date| from <= TODAY) => Some((state::CLAIMED, None)),
            CodeAction::Keep if held => Some((state::CLAIMED, None)),
            CodeAction::Quarantine if held => Some((state::QUARANTINED, None)),
            CodeAction::Release { free_from } if held => Some((state::RELEASED, Some(*free_from))),
            _ => None,
        }
    })
}

proptest! {
    #[test]
    fn joined_changes_end_as_those_one_after_another(
        first in action().prop_filter("begins in her hands", |action| *action != CodeAction::Claim),
        then in prop::collection::vec(action(), 0..5),
    ) {
        let actions: Vec<CodeAction> = std::iter::once(first).chain(then).collect();
        let row = changes(&actions);
        let end = only(&row).map(|update| (update.state, update.free_from));
        prop_assert_eq!(end, model(&actions));
        prop_assert_eq!(said(&actions).is_some(), end.is_some());
    }
}
