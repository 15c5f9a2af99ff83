//! Ranks, scores and pieces sold, comparable without floats.

use std::cmp::Reverse;

/// Decimals that are kept; finer differences do not matter.
const DECIMALS: i32 = 9;

/// What decides about the order within a list: the rank, then the higher score, then the row that came first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Weight {
    /// Billionths of the rank; the highest number for none.
    pub(super) rank: i64,
    /// Billionths of the score.
    pub(super) score: Reverse<i64>,
    /// The place in the file.
    pub(super) place: (u64, usize),
}

/// Reads `3`, `0.987`, `0,5` or `9.8e-05` in billionths; `None` for what is no number or too large a one.
pub(super) fn billionths(text: &str) -> Option<i64> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (sign, digits) = mantissa.strip_prefix('-').map_or((1, mantissa), |rest| (-1, rest));
    let (whole, fraction) = digits.split_once(['.', ',']).unwrap_or((digits, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let shift = exponent.checked_add(DECIMALS)?.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    let scaled = shifted(digits.parse().ok()?, shift)?;
    i64::try_from(sign * scaled).ok()
}

fn shifted(value: i128, shift: i32) -> Option<i128> {
    let power = 10_i128.checked_pow(shift.unsigned_abs());
    if shift < 0 {
        // Divided by more than 128 bits hold, nothing is left.
        return Some(power.map_or(0, |power| value / power));
    }
    value.checked_mul(power?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_as_models_and_spreadsheets_write_them_are_read() {
        for (text, expected) in [
            ("3", 3_000_000_000),
            ("0.987", 987_000_000),
            ("0,5", 500_000_000),
            (".5", 500_000_000),
            ("-0.5", -500_000_000),
            ("9.8e-05", 98_000),
            ("1E3", 1_000_000_000_000),
            ("1e-400", 0),
            ("0.123456789123", 123_456_789),
        ] {
            assert_eq!(billionths(text), Some(expected), "{text}");
        }
        for wrong in
            ["", "-", ".", "e5", "1.2.3", "abc", "NaN", "inf", "1e99", "1e2147483647", "99999999999999"]
        {
            assert_eq!(billionths(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn order_survives_the_text(a in -1_000_000_i64..1_000_000, b in -1_000_000_i64..1_000_000) {
            let read = |number: i64| billionths(&format!("{number}e-3")).unwrap();
            prop_assert_eq!(read(a).cmp(&read(b)), a.cmp(&b));
        }
    }
}
