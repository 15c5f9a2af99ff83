use jiff::civil::date;
use proptest::prelude::*;

use super::runway::runway_days;
use super::*;
use crate::fixtures::{flow, key, person};
use crate::flow::Flow;
use crate::id::FlowId;

const MAILED: Date = date(2026, 3, 13);

fn rule() -> CouponRule {
    flow().coupon.unwrap()
}

#[test]
fn a_code_is_valid_for_the_promised_days_or_until_the_shop_ends_it() {
    assert_eq!(valid_until(&rule(), MAILED, None), date(2026, 3, 27));
    assert_eq!(valid_until(&rule(), MAILED, Some(date(2026, 12, 31))), date(2026, 3, 27));
    assert_eq!(valid_until(&rule(), MAILED, Some(date(2026, 3, 20))), date(2026, 3, 20));
    assert_eq!(valid_until(&rule(), date(2027, 12, 20), None), date(2028, 1, 3));
    assert_eq!(valid_until(&rule(), date(2028, 2, 16), None), date(2028, 3, 1), "over 29 February");
}

#[test]
fn a_code_that_ends_before_the_promised_days_is_not_claimable() {
    assert!(outlives_promise(&rule(), MAILED, None));
    assert!(outlives_promise(&rule(), MAILED, Some(date(2026, 3, 27))));
    assert!(!outlives_promise(&rule(), MAILED, Some(date(2026, 3, 26))));
}

#[test]
fn a_code_is_one_per_person_per_step_or_per_enrolment() {
    let Flow { id, .. } = flow();
    let [one, other] = ["1", "2"].map(|number| EnrolmentId::of(&id, person("anna"), &key(number)));
    let scopes = |scope| {
        let all = [(one, 0), (one, 1), (other, 0), (other, 1)].map(|(e, step)| scope_key(scope, e, step));
        std::collections::BTreeSet::from(all).len()
    };
    assert_eq!(scopes(CouponScope::Contact), 1);
    assert_eq!(scopes(CouponScope::Order), 2);
    assert_eq!(scopes(CouponScope::Step), 4);
    let elsewhere = EnrolmentId::of(&FlowId::parse("birthday").unwrap(), person("anna"), &key("1"));
    assert_ne!(scope_key(CouponScope::Order, one, 0), scope_key(CouponScope::Order, elsewhere, 0));
}

#[test]
fn a_held_code_is_valid_through_its_last_day() {
    let held = HeldCoupon {
        edition: rule().edition,
        scope: "contact".to_owned(),
        pool: PoolId::parse("thanks-eur").unwrap(),
        code: CouponCode::parse("DANKE-1").unwrap(),
        mail: MailId::parse(&"0".repeat(32)).unwrap(),
        granted_on: MAILED,
        valid_until: date(2026, 3, 27),
        expires: None,
    };
    assert!(held.is_valid_on(date(2026, 3, 27)));
    assert!(!held.is_valid_on(date(2026, 3, 28)));
}

#[test]
fn the_counts_add_up_to_what_was_imported() {
    let counts = PoolCounts { free: 1, released: 2, claimed: 4, quarantined: 8, expired: 16, void: 32 };
    assert_eq!((counts.imported(), counts.available()), (63, 3));
}

/// No end is later than any day.
fn last(days: Option<u64>) -> u64 {
    days.unwrap_or(u64::MAX)
}

proptest! {
    #[test]
    fn more_codes_never_last_shorter(
        available in 0..500_u64, more in 0..100_u64, demand in prop::collection::vec(0..50_u64, 0..10), recent in 0..60_u64
    ) {
        let days = |codes| last(runway_days(codes, &demand, recent, 21));
        prop_assert!(days(available) <= days(available + more));
    }

    #[test]
    fn more_demand_never_lasts_longer(
        available in 0..500_u64, demand in prop::collection::vec(0..50_u64, 1..10),
        day in 0..10_usize, more in 0..50_u64, recent in 0..60_u64, faster in 0..60_u64,
    ) {
        let mut heavier = demand.clone();
        heavier[day % demand.len()] += more;
        let usual = last(runway_days(available, &demand, recent, 21));
        prop_assert!(last(runway_days(available, &heavier, recent, 21)) <= usual);
        prop_assert!(last(runway_days(available, &demand, recent + faster, 21)) <= usual);
    }

    #[test]
    fn the_codes_really_last_so_long(available in 0..500_u64, demand in prop::collection::vec(0..50_u64, 0..10)) {
        let needed = |days: u64| demand.iter().take(usize::try_from(days).unwrap()).sum::<u64>();
        match runway_days(available, &demand, 0, 21) {
            Some(days) => {
                prop_assert!(needed(days) <= available);
                prop_assert!(needed(days + 1) > available);
            }
            None => prop_assert!(demand.iter().sum::<u64>() <= available),
        }
    }

    #[test]
    fn a_runway_has_no_largest_number(available in any::<u64>(), demand in any::<[u64; 3]>(), recent in any::<u64>()) {
        let days = runway_days(available, &demand, recent, 21);
        prop_assert!(recent == 0 || days.is_some());
    }
}

#[test]
fn two_who_find_the_same_codes_try_them_in_another_order() {
    let pool = PoolId::parse("spring").unwrap();
    let code = |number: u32| {
        let code = CouponCode::parse(&format!("LUNA-{number}")).unwrap();
        StockCode { pool: pool.clone(), code, expires: None }
    };
    let first = |seed| {
        let mut codes: Vec<StockCode> = (0..8).map(code).collect();
        shuffle(&mut codes, seed);
        codes.remove(0).code.expose().to_owned()
    };
    let firsts: std::collections::BTreeSet<String> = (0..100).map(first).collect();
    assert_eq!(firsts.len(), 8);
}
