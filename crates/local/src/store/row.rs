//! Values of the domain as columns, and back.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::fault::Fault;

/// A value as the text of its body column.
pub(super) fn body<T: Serialize>(noun: &'static str, value: &T) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(|_| Fault::Unwritable(noun))
}

/// The value of a body column. The cause is dropped: it may quote what is stored.
pub(super) fn value<T: DeserializeOwned>(noun: &'static str, body: &str) -> Result<T, Fault> {
    serde_json::from_str(body).map_err(|_| Fault::Unreadable(noun))
}

/// The day of a column that may be empty.
pub(super) fn day(text: Option<String>) -> Result<Option<Date>, Fault> {
    text.map(|text| text.parse().map_err(|_| Fault::Unreadable("a day"))).transpose()
}

/// A day as a column: ISO 8601, so that days sort as text.
pub(super) fn day_text(day: Option<Date>) -> Option<String> {
    day.map(|day| day.to_string())
}

/// The moment of a column.
pub(super) fn moment(micros: i64) -> Result<Timestamp, Fault> {
    Timestamp::from_microsecond(micros).map_err(|_| Fault::Unreadable("a moment"))
}

/// The moment of a text that may be missing.
pub(super) fn instant(text: Option<String>) -> Result<Option<Timestamp>, Fault> {
    text.map(|text| text.parse().map_err(|_| Fault::Unreadable("a moment"))).transpose()
}

/// The number of a column that is never negative.
pub(super) fn unsigned(number: i64) -> Result<u64, Fault> {
    u64::try_from(number).map_err(|_| Fault::Unreadable("a number"))
}

/// A number as a column.
pub(super) fn signed(number: impl TryInto<i64>) -> Result<i64, Fault> {
    number.try_into().map_err(|_| Fault::Unwritable("a number beyond 63 bits"))
}
