//! Dates and times as people and spreadsheets write them.

use jiff::civil::{Date, DateTime, Time, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use schemars::JsonSchema;
use serde::Deserialize;

/// Which number of `03/04/2026` is the day. Dates with points always begin with the day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DateOrder {
    /// Day, month, year.
    #[default]
    Dmy,
    /// Month, day, year.
    Mdy,
}

/// A moment, as exactly as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// With an offset from UTC, and the day that was written.
    Moment(Timestamp, Date),
    /// A time somewhere.
    Local(DateTime),
    /// A day without a time.
    Day(Date),
}

impl Written {
    /// Reads ISO 8601, `31.12.2026 18:05`, `31/12/26`, `12/31/2026 6:05 PM`, or a spreadsheet's day number `46387.75`.
    ///
    /// `None` when it is none of these or no such day exists.
    #[must_use]
    pub fn parse(text: &str, order: DateOrder) -> Option<Self> {
        let text = text.trim();
        iso(text).or_else(|| day_number(text)).or_else(|| regional(text, order))
    }

    /// The moment; a time without an offset is one of this zone, a day begins at 00:00.
    ///
    /// `None` only at the ends of the calendar. In a gap or overlap of summer time the offset before it counts.
    #[must_use]
    pub fn timestamp(self, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Self::Moment(moment, _) => Some(moment),
            Self::Local(local) => zone.to_timestamp(local).ok(),
            Self::Day(day) => zone.to_timestamp(day.to_datetime(Time::midnight())).ok(),
        }
    }

    /// The day as it was written, whatever the offset.
    #[must_use]
    pub fn day(self) -> Date {
        match self {
            Self::Moment(_, day) | Self::Day(day) => day,
            Self::Local(local) => local.date(),
        }
    }
}

fn iso(text: &str) -> Option<Written> {
    if !text.get(..4)?.bytes().all(|byte| byte.is_ascii_digit()) || text.len() < 8 {
        return None;
    }
    if !text.contains(':') {
        return text.parse().ok().map(Written::Day);
    }
    let moment = || {
        let moment: Timestamp = text.parse().ok()?;
        let written = text.get(..10).and_then(|day| day.parse().ok());
        Some(Written::Moment(moment, written.unwrap_or_else(|| moment.to_zoned(TimeZone::UTC).date())))
    };
    let local = || text.parse().ok().map(Written::Local);
    // Only the last part of a text without an offset is free of the signs that one begins with.
    let has_offset = text.get(10..).is_some_and(|time| time.contains(['Z', 'z', '+', '-']));
    if has_offset { moment() } else { local() }
}

/// Days since 30 December 1899, as spreadsheets count them; five digits are the years 1927 to 2173.
fn day_number(text: &str) -> Option<Written> {
    let (days, fraction) = text.split_once(['.', ',']).unwrap_or((text, "0"));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if days.len() != 5 || fraction.is_empty() || fraction.len() > 15 || !digits(days) || !digits(fraction) {
        return None;
    }
    let scale = 10_i64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let seconds =
        (i128::from(fraction.parse::<i64>().ok()?) * 86_400 + i128::from(scale / 2)) / i128::from(scale);
    let midnight = date(1899, 12, 30).at(0, 0, 0, 0).checked_add(days.parse::<i64>().ok()?.days()).ok()?;
    match i64::try_from(seconds).ok()? {
        0 => Some(Written::Day(midnight.date())),
        seconds => midnight.checked_add(seconds.seconds()).ok().map(Written::Local),
    }
}

fn regional(text: &str, order: DateOrder) -> Option<Written> {
    let (day, time) = text.split_once([' ', 'T', '\u{a0}']).unwrap_or((text, ""));
    let day = regional_day(day.trim_end_matches(','), order)?;
    match time.trim() {
        "" => Some(Written::Day(day)),
        time => Some(Written::Local(day.to_datetime(clock(time)?))),
    }
}

fn regional_day(text: &str, order: DateOrder) -> Option<Date> {
    let separator = ['.', '/', '-'].into_iter().find(|separator| text.contains(*separator))?;
    let mut parts = text.split(separator);
    let (first, second, year) = (parts.next()?, parts.next()?, parts.next()?);
    let number = |part: &str| part.parse::<i8>().ok();
    if parts.next().is_some() {
        return None;
    }
    if first.len() == 4 {
        return Date::new(first.parse().ok()?, number(second)?, number(year)?).ok();
    }
    let year = match year.len() {
        2 => 2_000 + year.parse::<i16>().ok()?,
        4 => year.parse().ok()?,
        _ => return None,
    };
    let (day, month) = match (order, separator) {
        (DateOrder::Mdy, '/' | '-') => (second, first),
        _ => (first, second),
    };
    Date::new(year, number(month)?, number(day)?).ok()
}

/// `8:26`, `08:26:00`, `8:26 PM`.
fn clock(text: &str) -> Option<Time> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
    let afternoon = match text.get(digits.len()..)?.trim().to_ascii_lowercase().as_str() {
        "" | "uhr" | "h" => None,
        "am" => Some(false),
        "pm" => Some(true),
        _ => return None,
    };
    let mut parts = digits.split(':').map(|part| part.parse::<i8>().ok());
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next().unwrap_or(Some(0))?);
    let hour = match (afternoon, hour) {
        (None, hour) => hour,
        (Some(pm), 1..=12) => hour % 12 + if pm { 12 } else { 0 },
        _ => return None,
    };
    Time::new(hour, minute, second, 0).ok().filter(|_| parts.next().is_none())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn berlin(text: &str) -> Option<String> {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        Written::parse(text, DateOrder::Dmy)?.timestamp(&zone).map(|moment| moment.to_string())
    }

    #[test]
    fn a_moment_is_read_however_it_is_written() {
        for (text, moment) in [
            ("2026-11-22T10:05:00Z", "2026-11-22T10:05:00Z"),
            ("2026-11-22T10:05:00+02:00", "2026-11-22T08:05:00Z"),
            ("2026-11-22T10:05:00-0500", "2026-11-22T15:05:00Z"),
            ("2026-11-22 10:05:00.250Z", "2026-11-22T10:05:00.25Z"),
            ("2026-11-22T10:05:00", "2026-11-22T09:05:00Z"),
            ("2026-07-22 10:05", "2026-07-22T08:05:00Z"),
            ("2026-11-22", "2026-11-21T23:00:00Z"),
            ("20261122", "2026-11-21T23:00:00Z"),
            ("22.11.2026", "2026-11-21T23:00:00Z"),
            ("22.11.2026 10:05", "2026-11-22T09:05:00Z"),
            ("2.1.2026, 9:05:07 Uhr", "2026-01-02T08:05:07Z"),
            ("22/11/26 10:05", "2026-11-22T09:05:00Z"),
            ("2026/11/22 10:05", "2026-11-22T09:05:00Z"),
            ("22-11-2026 1:05 PM", "2026-11-22T12:05:00Z"),
            ("46348", "2026-11-21T23:00:00Z"),
            ("46348.4201388889", "2026-11-22T09:05:00Z"),
            ("46348,42014", "2026-11-22T09:05:00Z"),
        ] {
            assert_eq!(berlin(text).as_deref(), Some(moment), "{text}");
        }
    }

    #[test]
    fn american_order_turns_slashes_but_not_points() {
        let day = |text| Written::parse(text, DateOrder::Mdy).map(Written::day);
        assert_eq!(day("12/1/2010 8:26"), Some(date(2010, 12, 1)));
        assert_eq!(day("1.12.2010"), Some(date(2010, 12, 1)));
        assert_eq!(day("13/1/2010"), None);
    }

    #[test]
    fn midnight_and_noon_of_a_twelve_hour_clock_are_right() {
        assert_eq!(clock("12:00 AM"), Some(jiff::civil::time(0, 0, 0, 0)));
        assert_eq!(clock("12:30 pm"), Some(jiff::civil::time(12, 30, 0, 0)));
        assert_eq!(clock("13:00 pm"), None);
    }

    #[test]
    fn what_is_no_moment_is_none() {
        for wrong in [
            "",
            "x",
            "2026",
            "31.02.2026",
            "2026-02-30",
            "1.1.1",
            "1.1.20266",
            "22.11.2026 25:00",
            "8:26",
            "1234567",
            "2026-11-22T10:05:00+99:00",
            "46348.",
            "é.é.éé",
            "22.11.2026 1:2:3:4",
        ] {
            assert_eq!(berlin(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,24}|[0-9./:, TZ+-]{0,24}") {
            for order in [DateOrder::Dmy, DateOrder::Mdy] {
                if let Some(written) = Written::parse(&text, order) {
                    std::hint::black_box((written.day(), written.timestamp(&TimeZone::UTC)));
                }
            }
        }

        #[test]
        fn a_german_date_names_the_same_day_as_an_iso_date(year in 1_000_i16..9_998, month in 1_i8..=12, day in 1_i8..=28) {
            let iso = Written::parse(&format!("{year:04}-{month:02}-{day:02}"), DateOrder::Dmy);
            prop_assert_eq!(iso, Written::parse(&format!("{day}.{month}.{year:04}"), DateOrder::Dmy));
            prop_assert_eq!(iso.map(Written::day), Some(date(year, month, day)));
        }
    }
}
