//! Looks for the first seed in which a fault is caught.

use std::collections::BTreeSet;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::Planted;
use crate::checker::{Invariant, check};
use crate::runner::run;
use crate::script::Script;

/// A seed in which promises were broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caught {
    /// The seed.
    pub seed: u64,
    /// Which promises.
    pub broken: BTreeSet<Invariant>,
}

/// The first of some seeds whose scenario breaks one of these invariants, with this fault planted. A scenario that does
/// not come to its end proves nothing: what it broke is not known.
///
/// # Errors
/// When the scenarios cannot be made.
pub fn hunt(
    seeds: Range<u64>,
    planted: Option<Planted>,
    wanted: &[Invariant],
) -> anyhow::Result<Option<Caught>> {
    for seed in seeds {
        let Ok(ran) = run(&Script { planted, ..Script::of(seed)? }) else { continue };
        let broken: BTreeSet<Invariant> = check(&ran.history).iter().map(|found| found.invariant).collect();
        if wanted.iter().any(|invariant| broken.contains(invariant)) {
            return Ok(Some(Caught { seed, broken }));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planted::SEEDS;

    /// The proof that the judge bites. Each of these is a promise of a port, without which the product cannot keep its own.
    #[test]
    fn every_port_that_breaks_a_promise_is_caught() {
        for fault in Planted::ALL {
            let caught = hunt(0..SEEDS, Some(fault), fault.caught_by()).unwrap();
            assert!(caught.is_some(), "{} was not caught in {} seeds", fault.name(), SEEDS);
        }
    }
}
