//! Load on one machine: the use cases at work over SQLite, with thousands of orders, codes and mails.
//!
//! Every size is told by whoever asks, so that a test runs in seconds what the program `load` runs in minutes.

pub mod claims;
pub mod day;
pub mod growth;
pub mod machine;
pub mod replay;
pub mod sink;

/// A quotient with two decimals, rounded down.
#[must_use]
pub fn quotient(dividend: u64, divisor: u64) -> String {
    let hundredths = u128::from(dividend) * 100 / u128::from(divisor.max(1));
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::quotient;

    #[test]
    fn a_quotient_has_two_decimals() {
        assert_eq!([quotient(1, 3), quotient(21, 20), quotient(7, 0)], ["0.33", "1.05", "7.00"]);
    }
}
