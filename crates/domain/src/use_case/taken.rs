//! How much of what was told was new.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// How many orders or rows told something new, and how many were known.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// They told something new.
    pub stored: u64,
    /// They were known, or older than what is known.
    pub known: u64,
}

impl Taken {
    /// How many there were.
    #[must_use]
    pub const fn all(self) -> u64 {
        self.stored.saturating_add(self.known)
    }

    /// Counts one.
    pub const fn count(&mut self, is_new: bool) {
        if is_new {
            self.stored += 1;
        } else {
            self.known += 1;
        }
    }
}

impl AddAssign for Taken {
    fn add_assign(&mut self, more: Self) {
        self.stored += more.stored;
        self.known += more.known;
    }
}
