//! The days of the sample orders: Monday 2 to Friday 6 November 2026.

use jiff::{SignedDuration, Timestamp, tz::Offset};

use crate::sample::shop::Shop;

/// 2026-11-02T00:00:00Z.
const MONDAY: Timestamp = Timestamp::constant(1_793_577_600, 0);

/// A moment by the day of the month (UTC) and the seconds since its midnight.
#[must_use]
pub fn on_day(day: u32, seconds: u64) -> Timestamp {
    let days = i64::from(day) - 2;
    later(MONDAY, days * 86_400 + i64::try_from(seconds).unwrap_or(0))
}

/// So many seconds later.
#[must_use]
pub fn later(moment: Timestamp, seconds: i64) -> Timestamp {
    moment + SignedDuration::from_secs(seconds)
}

/// The moment as clocks of the shop show it: `2026-11-02T10:12:00+01:00`.
#[must_use]
pub fn local(moment: Timestamp, shop: &Shop) -> String {
    moment.display_with_offset(offset(shop)).to_string()
}

/// The moment as German tills print it: `02.11.2026 10:12`.
#[must_use]
pub fn german(moment: Timestamp, shop: &Shop) -> String {
    let clock = moment.to_zoned(offset(shop).to_time_zone());
    format!(
        "{:02}.{:02}.{} {:02}:{:02}",
        clock.day(),
        clock.month(),
        clock.year(),
        clock.hour(),
        clock.minute()
    )
}

fn offset(shop: &Shop) -> Offset {
    Offset::from_hours(shop.hours_ahead).unwrap_or(Offset::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::shop::SHOPS;

    #[test]
    fn a_moment_reads_as_the_clock_in_the_shop_shows_it() {
        let moment = on_day(3, 9 * 3_600 + 5 * 60);
        assert_eq!(moment.to_string(), "2026-11-03T09:05:00Z");
        assert_eq!(local(moment, &SHOPS[0]), "2026-11-03T10:05:00+01:00");
        assert_eq!(german(moment, &SHOPS[0]), "03.11.2026 10:05");
        assert_eq!(local(moment, &SHOPS[3]), "2026-11-03T09:05:00+00:00");
    }
}
