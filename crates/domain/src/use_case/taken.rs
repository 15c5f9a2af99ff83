//! How much of what was told was new.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use super::UseCaseError;

/// How many orders or rows told something new, and how many were known.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// They told something new.
    pub stored: u64,
    /// They were known, or older than what is known.
    pub known: u64,
    /// They are too large to be stored.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub refused: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Taken {
    /// How many there were.
    #[must_use]
    pub const fn all(self) -> u64 {
        self.stored.saturating_add(self.known).saturating_add(self.refused)
    }

    /// Counts one that a file tells. One that is too large keeps nobody else out.
    ///
    /// # Errors
    /// What kept it from being looked at.
    pub fn count_told(&mut self, told: Result<bool, UseCaseError>) -> Result<(), UseCaseError> {
        match told {
            Ok(is_new) => self.count(is_new),
            Err(error) if error.is_too_large() => self.refused += 1,
            Err(error) => return Err(error),
        }
        Ok(())
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
        self.refused += more.refused;
    }
}
