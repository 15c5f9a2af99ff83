//! Availability and the window of a sale price, as feeds write them.

use jiff::Timestamp;

use crate::product::Availability;

/// Reads Google's words, its old ones, and those of schema.org with or without their address; `None` for anything
/// else.
///
/// Source: Google Merchant Center, attribute `availability`; "available for order" was merged into "in stock" in 2014.
pub(super) fn parse_availability(text: &str) -> Option<Availability> {
    let word = text.rsplit('/').next().unwrap_or_default();
    let letters: String =
        word.chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_lowercase()).collect();
    Some(match letters.as_str() {
        "instock" | "availablefororder" | "limitedavailability" | "onlineonly" => Availability::InStock,
        "outofstock" | "soldout" | "discontinued" => Availability::OutOfStock,
        "preorder" | "presale" => Availability::Preorder,
        "backorder" => Availability::Backorder,
        _ => return None,
    })
}

/// Reads `start/end`, two moments in ISO 8601 with their offsets; `None` when they are not, or end before they start.
///
/// Source: Google Merchant Center, attribute `sale_price_effective_date`.
pub(super) fn parse_window(text: &str) -> Option<(Timestamp, Timestamp)> {
    let (start, end) = text.split_once('/')?;
    let (start, end): (Timestamp, Timestamp) = (start.trim().parse().ok()?, end.trim().parse().ok()?);
    (start <= end).then_some((start, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn availability_is_read_in_old_and_new_words() {
        for (text, expected) in [
            ("in_stock", Availability::InStock),
            ("In Stock", Availability::InStock),
            ("available for order", Availability::InStock),
            ("https://schema.org/InStock", Availability::InStock),
            ("out of stock", Availability::OutOfStock),
            ("out_of_stock", Availability::OutOfStock),
            ("preorder", Availability::Preorder),
            ("pre-order", Availability::Preorder),
            ("backorder", Availability::Backorder),
        ] {
            assert_eq!(parse_availability(text), Some(expected), "{text}");
        }
        assert_eq!(parse_availability("yes"), None);
        assert_eq!(parse_availability(""), None);
    }

    #[test]
    fn a_window_needs_two_moments_with_offsets_in_order() {
        let read = |text| parse_window(text).map(|(from, until)| (from.to_string(), until.to_string()));
        let expected = Some(("2026-11-26T23:00:00Z".to_owned(), "2026-11-30T22:59:00Z".to_owned()));
        assert_eq!(read("2026-11-27T00:00+01:00/2026-11-30T23:59+01:00"), expected);
        assert_eq!(read("2026-11-27T00:00+0100 / 2026-11-30T23:59+0100"), expected);
        assert_eq!(read("2026-11-26T23:00Z/2026-11-30T22:59:00Z"), expected);
        for wrong in [
            "2026-11-27/2026-11-30",
            "2026-11-27T00:00/2026-11-30T23:59",
            "2026-11-30T23:59+01:00/2026-11-27T00:00+01:00",
            "2026-11-27T00:00+01:00",
            "/",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
