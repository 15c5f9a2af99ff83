//! Due dates on every day of a century, counted a second time without a calendar library.

use jiff::civil::{Date, DateTime, Time, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use nachklang_domain::contact::Contact;
use nachklang_domain::enrolment::{Enrolled, enrol};
use nachklang_domain::flow::Flow;
use nachklang_domain::money::{Currency, Money};
use nachklang_domain::shop::Shop;

use crate::starter::{flow, line, order, person, shop_in};

/// An hour forward and back, the same on other days, and half an hour on the other half of the world.
const ZONES: [&str; 3] = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"];
/// Midnight, the hour that some days skip or repeat, noon, the last second.
const PURCHASES: [Time; 5] = [
    Time::constant(0, 0, 0, 0),
    Time::constant(1, 45, 0, 0),
    Time::constant(2, 30, 0, 0),
    Time::constant(12, 0, 0, 0),
    Time::constant(23, 59, 59, 0),
];

/// Days since 1 March of the year 0 (Howard Hinnant, `days_from_civil`).
fn number(day: Date) -> i64 {
    let (year, month) = (i64::from(day.year()), i64::from(day.month()));
    let year = if month > 2 { year } else { year - 1 };
    let month = (month + 9) % 12;
    365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + i64::from(day.day()) - 1
}

fn every_day() -> impl Iterator<Item = Date> {
    date(2000, 1, 1).series(1.day()).take_while(|day| day.year() <= 2100)
}

/// The moments at which a clock in the zone shows a time: none, one or two.
fn moments(zone: &TimeZone, shown: DateTime) -> Vec<Timestamp> {
    let ambiguous = zone.to_ambiguous_timestamp(shown);
    let mut moments: Vec<_> = [ambiguous.earlier(), ambiguous.later()].into_iter().flatten().collect();
    moments.retain(|moment| zone.to_datetime(*moment) == shown);
    moments.dedup();
    moments
}

/// The days on which the mails of a purchase are due and expire, by the real enrolment.
fn due(shop: &Shop, flow: &Flow, placed_at: Timestamp) -> (Date, Date, Date) {
    let bought = line(1, "CC-1", 1, Money::new(4_990, Currency::EUR));
    let bought = order(1, placed_at, Currency::EUR, vec![bought]);
    let mut contact = Contact::new(shop.id.clone(), person("anna"));
    let enrolled = enrol(&mut contact, &bought, flow, shop, placed_at);
    assert!(matches!(enrolled, Enrolled::Started(_)), "{placed_at}");
    let mail = &contact.enrolments[0];
    (mail.anchored_on, mail.steps[0].due, mail.steps[0].latest)
}

fn plain_flow() -> Flow {
    let mut flow = flow();
    flow.steps[0].experiment = None;
    flow
}

#[test]
fn a_mail_is_due_so_many_days_after_the_local_day_of_the_purchase_whatever_the_hour() {
    let flow = plain_flow();
    let (delay, useful) = (i64::from(flow.steps[0].days), i64::from(flow.useful_days));
    for zone in ZONES {
        let shop = shop_in(zone);
        let (mut told, mut doubled) = (0, 0);
        for (at, day) in every_day().enumerate() {
            let shown = day.to_datetime(PURCHASES[at % PURCHASES.len()]);
            let moments = moments(shop.zone(), shown);
            doubled += usize::from(moments.len() > 1);
            for moment in moments {
                let (anchor, due, latest) = due(&shop, &flow, moment);
                assert_eq!(anchor, day, "{zone} {shown}");
                assert_eq!(number(due) - number(day), delay, "{zone} {shown}");
                assert_eq!(number(latest) - number(due), useful, "{zone} {shown}");
                told += 1;
            }
        }
        assert!(told > 36_880, "{zone}: {told} purchases");
        assert!(doubled > 10, "{zone}: {doubled} purchases within a repeated hour");
    }
}

#[test]
fn every_day_has_one_moment_to_send_never_before_its_hour_and_later_than_that_of_the_day_before() {
    for zone in ZONES {
        for send_at in [Time::constant(0, 0, 0, 0), Time::constant(2, 30, 0, 0), Time::constant(7, 30, 0, 0)]
        {
            let shop = Shop { send_at, ..shop_in(zone) };
            let mut before = Timestamp::MIN;
            for day in every_day() {
                let moment = shop.send_moment(day);
                let shown = shop.zone().to_datetime(moment);
                assert_eq!(shown.date(), day, "{zone} {send_at}");
                assert!(shown.time() >= send_at, "{zone} {shown}: before its hour");
                let exists = moments(shop.zone(), day.to_datetime(send_at));
                assert_eq!(exists.first().unwrap_or(&moment), &moment, "{zone} {shown}: the first of two");
                assert!(moment > before, "{zone} {shown}");
                let end = shop.end_of_day(day);
                assert!(moment < end && shop.local_date(end) == day, "{zone} {shown}");
                before = moment;
            }
        }
    }
}

#[test]
fn leap_days_and_year_ends_are_days_like_others() {
    let (shop, flow) = (shop_in("Europe/Berlin"), plain_flow());
    let due = |text: &str| {
        let shown: DateTime = text.parse().unwrap();
        due(&shop, &flow, moments(shop.zone(), shown)[0]).1
    };
    for (bought, expected) in [
        ("2000-02-17T23:59:59", date(2000, 2, 29)),
        ("2024-02-29T00:00:00", date(2024, 3, 12)),
        ("2026-02-17T12:00:00", date(2026, 3, 1)),
        ("2100-02-17T12:00:00", date(2100, 3, 1)),
        ("2026-12-20T02:30:00", date(2027, 1, 1)),
        ("2026-12-31T23:59:59", date(2027, 1, 12)),
    ] {
        assert_eq!(due(bought), expected, "{bought}");
    }
}
