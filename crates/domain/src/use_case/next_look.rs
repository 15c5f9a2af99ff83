//! On which day a mail is looked at next. What is written to the list of a day whose run has begun is seen by nobody.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::shop::Shop;

/// So long may it take from the moment that is taken for now until an entry of the due list can be seen: an invocation
/// lasts a quarter of an hour at most, and a list may be seconds behind.
const IN_HAND: SignedDuration = SignedDuration::from_mins(20);

/// The day on which to look at what is due: a day whose run may have passed already is replaced by the next one.
pub(crate) fn look_on(due: Date, shop: &Shop, now: Timestamp) -> Date {
    due.max(next_look(shop, now))
}

/// The first day whose run cannot begin before an entry is seen that is written now: tomorrow, or the day after for a shop
/// whose run begins soon after midnight.
pub(crate) fn next_look(shop: &Shop, now: Timestamp) -> Date {
    let tomorrow = shop.local_date(now).saturating_add(1.day());
    let seen = now.checked_add(IN_HAND).unwrap_or(Timestamp::MAX);
    if shop.send_moment(tomorrow) > seen { tomorrow } else { tomorrow.saturating_add(1.day()) }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Time, date, time};
    use proptest::prelude::*;

    use super::*;
    use crate::fixtures::shop;

    fn sending_at(send_at: Time) -> Shop {
        Shop { send_at, ..shop() }
    }

    fn at(shop: &Shop, hour: i8, minute: i8) -> Timestamp {
        date(2026, 11, 5).at(hour, minute, 0, 0).to_zoned(shop.zone().clone()).unwrap().timestamp()
    }

    #[test]
    fn a_shop_that_sends_in_the_morning_is_looked_at_tomorrow_until_midnight() {
        let shop = sending_at(time(9, 30, 0, 0));
        for (hour, minute) in [(0, 0), (9, 29), (9, 31), (23, 59)] {
            assert_eq!(next_look(&shop, at(&shop, hour, minute)), date(2026, 11, 6), "{hour}:{minute}");
        }
    }

    #[test]
    fn what_is_written_just_before_a_run_that_begins_at_midnight_is_not_written_to_its_day() {
        let shop = sending_at(time(0, 5, 0, 0));
        for (hour, minute, day) in [(23, 44, 6), (23, 45, 7), (23, 59, 7)] {
            assert_eq!(next_look(&shop, at(&shop, hour, minute)), date(2026, 11, day), "{hour}:{minute}");
        }
        assert_eq!(look_on(date(2026, 11, 6), &shop, at(&shop, 23, 59)), date(2026, 11, 7));
        assert_eq!(look_on(date(2026, 11, 9), &shop, at(&shop, 23, 59)), date(2026, 11, 9));
    }

    proptest! {
        #[test]
        fn no_run_of_the_day_begins_while_the_entry_is_in_hand(
            second in 0_i64..4_000_000_000,
            minute in 0_i32..1_440,
        ) {
            let time = time(0, 0, 0, 0).wrapping_add(i64::from(minute).minutes());
            let (shop, now) = (sending_at(time), Timestamp::from_second(second).unwrap());
            let day = next_look(&shop, now);
            prop_assert!(shop.send_moment(day) > now + IN_HAND);
            let before = day.yesterday().unwrap();
            prop_assert!(shop.local_date(now) == before || shop.send_moment(before) <= now + IN_HAND);
        }
    }
}
