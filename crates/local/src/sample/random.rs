//! Chance that is the same on every machine: the same words give the same numbers, for ever.

/// A stream of numbers from a seed (splitmix64: Steele, Lea, Flood, "Fast splittable pseudorandom number
/// generators", OOPSLA 2014). Good enough to look varied; no secret depends on it.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// The stream that belongs to these words.
    #[must_use]
    pub fn of(words: &[&str]) -> Self {
        Self(fingerprint(words))
    }

    /// The next number.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed(self.0)
    }

    /// A number in `0..bound`; 0 when `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    /// Whether an event of so many percent happens.
    pub fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of the items; `None` only when there are none.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        let count = u64::try_from(items.len()).unwrap_or(u64::MAX);
        items.get(usize::try_from(self.below(count)).unwrap_or(0))
    }

    /// One of the words; empty only when there are none.
    pub fn word(&mut self, words: &[&'static str]) -> &'static str {
        self.pick(words).copied().unwrap_or_default()
    }

    /// So many letters out of an alphabet.
    pub fn letters(&mut self, alphabet: &[char], count: usize) -> String {
        (0..count).filter_map(|_| self.pick(alphabet).copied()).collect()
    }
}

/// The number that belongs to these words: FNV-1a (with a separator after each word), then mixed.
#[must_use]
pub fn fingerprint(words: &[&str]) -> u64 {
    let bytes = words.iter().flat_map(|word| word.bytes().chain([0]));
    mixed(
        bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        }),
    )
}

const fn mixed(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_words_give_the_same_numbers_on_every_machine() {
        let mut chance = Chance::of(&["lunaria", "CC-001"]);
        let drawn = [chance.below(1_000), chance.below(1_000), chance.below(1_000)];
        assert_eq!(drawn, [345, 861, 253]);
    }

    #[test]
    fn where_a_word_ends_matters() {
        assert_ne!(fingerprint(&["ab", "c"]), fingerprint(&["a", "bc"]));
    }
}
