//! Coupon code files: one pool per currency.

use std::collections::BTreeSet;

use super::file::{SampleFile, table};
use super::random::Chance;

/// Letters and digits that nobody confuses; no vowels, so that no word appears.
const ALPHABET: [char; 25] = [
    '2', '3', '4', '5', '6', '7', '8', '9', 'C', 'D', 'F', 'G', 'H', 'J', 'K', 'M', 'N', 'P', 'Q', 'R', 'T',
    'V', 'W', 'X', 'Y',
];
/// Letters in each of the two parts of a code.
const PART: usize = 4;
/// The last day of every code.
const EXPIRES: &str = "2027-12-31";

/// Pool, first part of its codes, how many.
const POOLS: [(&str, &str, usize); 3] =
    [("thanks-eur", "DANKE", 300), ("thanks-chf", "MERCI", 60), ("thanks-gbp", "THANKS", 80)];

/// All files below `coupons/`.
///
/// # Errors
/// When a table cannot be written.
pub fn files() -> anyhow::Result<Vec<SampleFile>> {
    POOLS
        .iter()
        .map(|(pool, prefix, count)| {
            let header = ["Coupon Code".to_owned(), "Expires".to_owned()];
            let rows = codes(pool, prefix, *count).into_iter().map(|code| [code, EXPIRES.to_owned()]);
            let content = table(std::iter::once(header).chain(rows), b',')?;
            Ok(SampleFile::new(format!("coupons/{pool}/2026-11.csv"), content))
        })
        .collect()
}

fn codes(pool: &str, prefix: &str, count: usize) -> Vec<String> {
    let mut chance = Chance::of(&["coupons", pool]);
    let mut known = BTreeSet::new();
    let mut codes = Vec::with_capacity(count);
    while codes.len() < count {
        let (first, second) = (chance.letters(&ALPHABET, PART), chance.letters(&ALPHABET, PART));
        let code = format!("{prefix}-{first}-{second}");
        if known.insert(code.clone()) {
            codes.push(code);
        }
    }
    codes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_code_exists_twice_in_any_pool() {
        let all: Vec<String> =
            POOLS.iter().flat_map(|(pool, prefix, count)| codes(pool, prefix, *count)).collect();
        assert_eq!(all.len(), 440);
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 440);
    }

    #[test]
    fn codes_have_the_printed_shape() {
        for code in codes("thanks-eur", "DANKE", 300) {
            let parts: Vec<&str> = code.split('-').collect();
            assert!(matches!(parts.as_slice(), ["DANKE", a, b] if a.len() == 4 && b.len() == 4), "{code}");
        }
    }
}
