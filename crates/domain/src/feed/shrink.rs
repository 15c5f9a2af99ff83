//! Whether a new feed may replace the last good one.

/// Whether to publish a feed that was read whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShrinkVerdict {
    /// It may replace the last good version.
    Publish,
    /// It has lost too much: the last good version stays until somebody has looked.
    Hold {
        /// Products of the last good version.
        previous: u64,
        /// Products of the new one.
        new: u64,
        /// The share that is gone, in whole percent, rounded down.
        lost_percent: u64,
    },
}

/// Judges a new feed by how many products it has; a feed without any never replaces anything.
#[must_use]
pub fn check_shrink(previous_rows: u64, new_rows: u64, max_shrink_percent: u8) -> ShrinkVerdict {
    let lost = u128::from(previous_rows.saturating_sub(new_rows)) * 100;
    let allowed = u128::from(previous_rows) * u128::from(max_shrink_percent);
    if new_rows > 0 && lost <= allowed {
        return ShrinkVerdict::Publish;
    }
    let percent = lost.checked_div(u128::from(previous_rows)).unwrap_or(0);
    ShrinkVerdict::Hold {
        previous: previous_rows,
        new: new_rows,
        lost_percent: u64::try_from(percent).unwrap_or(100),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_that_lost_too_much_waits() {
        assert_eq!(check_shrink(1_000, 700, 30), ShrinkVerdict::Publish);
        assert_eq!(
            check_shrink(1_000, 699, 30),
            ShrinkVerdict::Hold { previous: 1_000, new: 699, lost_percent: 30 }
        );
        assert_eq!(check_shrink(10, 5_000, 0), ShrinkVerdict::Publish);
        assert_eq!(check_shrink(u64::MAX, u64::MAX, 0), ShrinkVerdict::Publish);
    }

    #[test]
    fn an_empty_feed_never_replaces_anything() {
        assert!(matches!(check_shrink(0, 0, 100), ShrinkVerdict::Hold { .. }));
        assert!(matches!(check_shrink(5, 0, 100), ShrinkVerdict::Hold { lost_percent: 100, .. }));
    }

    #[test]
    fn the_first_feed_is_published() {
        assert_eq!(check_shrink(0, 1, 0), ShrinkVerdict::Publish);
    }
}
