use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::enrolment::later;
use crate::fixtures::{at, consent, order, shop, shop_in, snapshot};
use crate::order::{OrderSnapshot, Payment};

const ZONES: [&str; 3] = ["Europe/Berlin", "Europe/London", "America/New_York"];

#[test]
fn every_day_of_the_century_has_its_moment_and_its_end_in_every_zone() {
    for zone in ZONES {
        let mut shop = shop_in(zone);
        for send_at in [Time::constant(0, 0, 0, 0), Time::constant(2, 30, 0, 0), Time::constant(7, 30, 0, 0)]
        {
            shop.send_at = send_at;
            let days = date(2000, 1, 1).series(1.day()).take_while(|day| day.year() <= 2100);
            for day in days {
                let moment = shop.send_moment(day);
                assert_eq!(shop.local_date(moment), day, "{zone} {send_at}");
                let end = shop.end_of_day(day);
                assert_eq!(shop.local_date(end), day, "{zone}");
                let next = end.checked_add(1.second()).unwrap();
                assert_eq!(
                    shop.zone().to_datetime(next),
                    later(day, 1).to_datetime(Time::midnight()),
                    "{zone}"
                );
                assert!(moment < end, "{zone} {day}");
            }
        }
    }
}

#[test]
fn a_day_that_skips_the_hour_sends_right_after_the_gap_and_one_that_repeats_it_sends_once() {
    let mut shop = shop_in("Europe/Berlin");
    shop.send_at = Time::constant(2, 30, 0, 0);
    assert_eq!(shop.send_moment(date(2026, 3, 29)), at("2026-03-29T01:30:00Z"));
    assert_eq!(shop.send_moment(date(2026, 10, 25)), at("2026-10-25T00:30:00Z"));
}

proptest! {
    #[test]
    fn a_due_day_is_the_anchor_and_so_many_days(start in 0..36_500_i32, days in 0..400_u16) {
        let anchor = date(2000, 1, 1).checked_add(start.days()).unwrap();
        let due = later(anchor, days);
        prop_assert_eq!(anchor.until(due).unwrap().get_days(), i32::from(days));
    }
}

#[test]
fn leap_days_and_year_ends_are_counted() {
    assert_eq!(later(date(2024, 2, 28), 1), date(2024, 2, 29));
    assert_eq!(later(date(2024, 2, 29), 366), date(2025, 3, 1));
    assert_eq!(later(date(2023, 2, 28), 1), date(2023, 3, 1));
    assert_eq!(later(date(2026, 12, 30), 2), date(2027, 1, 1));
}

#[test]
fn a_purchase_late_in_the_evening_counts_for_its_local_day() {
    let just_before_midnight = at("2026-06-30T21:59:59Z");
    assert_eq!(shop_in("Europe/Berlin").local_date(just_before_midnight), date(2026, 6, 30));
    assert_eq!(shop_in("America/New_York").local_date(at("2026-06-30T03:59:59Z")), date(2026, 6, 29));
}

fn tag(text: &str) -> Option<Language> {
    Some(Language::parse(text).unwrap())
}

#[test]
fn the_language_is_her_own_then_that_of_her_country_then_the_shops_first() {
    let (shop, britain) = (shop(), Country::parse("GB").ok());
    assert_eq!(shop.language_for(tag("en"), None), tag("en"));
    assert_eq!(shop.language_for(tag("de"), britain), tag("de"), "her own goes first");
    assert_eq!(shop.language_for(tag("fr"), britain), tag("en"), "a language the shop does not write");
    assert_eq!(shop.language_for(None, britain), tag("en"));
    assert_eq!(shop.language_for(tag("fr"), Country::parse("FR").ok()), tag("de"));
    assert_eq!(shop.language_for(None, None), tag("de"));
}

#[test]
fn a_country_mapped_to_a_language_the_shop_does_not_write_gives_the_default() {
    let mut shop = shop();
    shop.country_languages.insert(Country::parse("FR").unwrap(), Language::parse("fr").unwrap());
    assert_eq!(shop.language_for(None, Country::parse("FR").ok()), tag("de"));
}

#[test]
fn without_consent_only_the_channels_that_show_the_notice_give_a_ground() {
    let (shop, mut told) = (shop(), snapshot(at("2026-03-01T10:00:00Z")));
    let basis = |told: &OrderSnapshot| shop.basis_for(&order("1", told.clone()));
    assert!(matches!(basis(&told), Some(LegalBasis::ExistingCustomer { .. })));
    told.channel = Channel::Retail;
    assert_eq!(basis(&told), None, "the till of this shop shows no notice");
    told.consent = Some(consent(told.placed_at));
    assert!(matches!(basis(&told), Some(LegalBasis::Consent(_))));
}

#[test]
fn an_order_that_is_no_sale_makes_nobody_an_existing_customer() {
    let (shop, told) = (shop(), snapshot(at("2026-03-01T10:00:00Z")));
    let unpaid = OrderSnapshot { payment: Payment::Pending, ..told.clone() };
    let test = OrderSnapshot { test: true, ..told.clone() };
    for no_sale in [unpaid, test] {
        assert_eq!(shop.basis_for(&order("1", no_sale)), None);
    }
    let mut cancelled = order("1", told);
    cancelled.cancelled_at = Some(at("2026-03-02T10:00:00Z"));
    assert_eq!(shop.basis_for(&cancelled), None);
}

#[test]
fn a_shop_that_shows_no_notice_needs_consent() {
    let mut shop = shop();
    shop.existing_customers = None;
    assert_eq!(shop.basis_for(&order("1", snapshot(at("2026-03-01T10:00:00Z")))), None);
}
