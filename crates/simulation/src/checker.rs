//! The judge: decides from a history alone whether the promises held.
//!
//! It computes for itself what it needs: which mail id belongs to which purchase, on which day a mail is due, whose code
//! it is. No function of the product that decides anything is called.
//!
//! What nobody knows is never held against the product: an operation with [`Outcome::Unknown`] may have happened or not,
//! and what was answered after another operation was asked for may have come after it. So each violation is a fact.
//! Of a code for everybody it is judged only that it goes out while no other is free: nobody holds it.
//!
//! [`Outcome::Unknown`]: crate::history::Outcome::Unknown

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::history::{History, Place};

mod accepted_once;
mod ending;
mod facts;
mod holding;
mod mail_code;
mod never_lost;
mod reason;
mod recorded;
mod stock;
#[cfg(test)]
pub(crate) mod story;
mod timely;
mod withdrawn;

pub(crate) use facts::Facts;

/// What must hold, whatever goes wrong. The numbers are those of `docs/GUARANTEES.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Invariant {
    /// A code is in one person's hands, was brought by the shop and is still good.
    I1,
    /// A mail has at most one code, a person no more than she may have.
    I2,
    /// Free, claimed, quarantined, released, expired and void codes are what was imported.
    I3,
    /// The mail service accepts a mail at most once.
    I4,
    /// Nothing is accepted after a cancellation, objection or erasure that was stored before the claim.
    I5,
    /// Every planned mail ends, or an operator sees it.
    I6,
    /// Every accepted mail has its row, and was written down before it was handed over.
    I7,
    /// No mail before its hour in the shop's time zone, none after its last useful day.
    I8,
    /// A purchase leads to a mail or to a reason, never to silence.
    NeverLost,
}

impl Invariant {
    /// All of them.
    pub const ALL: [Self; 9] =
        [Self::I1, Self::I2, Self::I3, Self::I4, Self::I5, Self::I6, Self::I7, Self::I8, Self::NeverLost];
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// A promise that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub invariant: Invariant,
    /// How, for a person to read; people, orders, mails and codes by the names of [`crate::display::Names`].
    pub what: String,
    /// The operations that prove it, by the place at which they were asked for.
    pub operations: Vec<Place>,
}

/// Decides which promises a history breaks; none when it keeps them all.
#[must_use]
pub fn check(history: &History) -> Vec<Violation> {
    let facts = Facts::of(history);
    let checks: [fn(&Facts<'_>) -> Vec<Violation>; 10] = [
        holding::check,
        mail_code::check,
        stock::check,
        accepted_once::check,
        withdrawn::check,
        ending::check,
        recorded::check,
        timely::check,
        never_lost::check,
        reason::check,
    ];
    checks.iter().flat_map(|check| check(&facts)).collect()
}
