//! Randomness without a state: what is drawn depends on the seed and on what it is drawn for, on nothing that happened
//! before. So an action or a fault can be taken out of a scenario, and the rest stays as it was.

/// The dice of one seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dice(u64);

impl Dice {
    /// The dice of a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(mixed(seed ^ 0x6e61_6368_6b6c_616e))
    }

    /// The dice for one purpose, such as one message.
    #[must_use]
    pub const fn of(self, purpose: u64) -> Self {
        Self(mixed(self.0.rotate_left(23) ^ mixed(purpose)))
    }

    /// The dice for one purpose that has a name.
    #[must_use]
    pub fn named(self, purpose: &str) -> Self {
        purpose.bytes().fold(self, |dice, byte| dice.of(u64::from(byte)))
    }

    /// A number below `end`; 0 when `end` is 0.
    #[must_use]
    pub const fn below(self, end: u64) -> u64 {
        // What is above a multiple of `end` makes small numbers likelier by less than one in a billion.
        match mixed(self.0).checked_rem(end) {
            Some(number) => number,
            None => 0,
        }
    }

    /// A number from `first` to `last`.
    #[must_use]
    pub const fn between(self, first: u64, last: u64) -> u64 {
        first + self.below(last.saturating_sub(first).saturating_add(1))
    }

    /// True in so many of a thousand cases.
    #[must_use]
    pub const fn happens(self, of_thousand: u64) -> bool {
        self.below(1_000) < of_thousand
    }

    /// One of some; `None` of none.
    #[must_use]
    pub fn one_of<T>(self, some: &[T]) -> Option<&T> {
        let at = self.below(u64::try_from(some.len()).unwrap_or(u64::MAX));
        usize::try_from(at).ok().and_then(|at| some.get(at))
    }

    /// A number that stands for what the dice are for.
    #[must_use]
    pub const fn name(self) -> u64 {
        self.0
    }
}

/// Spreads a number over all of them (the finalizer of `SplitMix64`: Steele, Lea, Flood, 2014).
const fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_purpose_has_dice_of_its_own() {
        let dice = Dice::new(7);
        let drawn: BTreeSet<u64> = (0..1_000).map(|purpose| dice.of(purpose).name()).collect();
        assert_eq!(drawn.len(), 1_000);
        assert_ne!(dice.named("ab"), dice.named("ba"));
        assert_eq!(dice.named("ab"), Dice::new(7).named("ab"));
    }

    #[test]
    fn all_sides_come_up_about_as_often() {
        let mut counts = [0_u32; 6];
        for purpose in 0..6_000 {
            counts[usize::try_from(Dice::new(3).of(purpose).below(6)).unwrap()] += 1;
        }
        assert!(counts.iter().all(|count| (850..1_150).contains(count)), "{counts:?}");
        assert_eq!(Dice::new(3).below(0), 0);
    }
}
