//! How long the codes of a pool last, and when to warn.

use serde::Serialize;

use crate::brand::AlertRules;

/// How many whole days the available codes last.
///
/// `demand` is what the due list already knows, one number a day from tomorrow on. Beyond it, and where it is empty,
/// the recent mean counts: `recent` codes in `recent_days` days. `None`: nothing is used, so they last for ever.
#[must_use]
pub fn runway_days(available: u64, demand: &[u64], recent: u64, recent_days: u64) -> Option<u64> {
    let mut left = available;
    for (day, wanted) in (0..).zip(demand) {
        match left.checked_sub(*wanted) {
            Some(rest) => left = rest,
            None => return Some(day),
        }
    }
    if recent == 0 {
        return None;
    }
    let known = u64::try_from(demand.len()).unwrap_or(u64::MAX);
    Some(known.saturating_add(left.saturating_mul(recent_days) / recent))
}

/// What staff is warned of about a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PoolAlert {
    /// Fewer free codes than wished.
    LowStock,
    /// A smaller share than wished.
    LowPercent,
    /// They last fewer days than wished.
    ShortRunway,
    /// Free codes are about to end.
    NearExpiry,
}

impl PoolAlert {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::LowStock, Self::LowPercent, Self::ShortRunway, Self::NearExpiry];

    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LowStock => "low_stock",
            Self::LowPercent => "low_percent",
            Self::ShortRunway => "short_runway",
            Self::NearExpiry => "near_expiry",
        }
    }
}

/// The state of a pool on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PoolHealth {
    /// Codes that can be given out today: free, and good for the days that a mail promises.
    pub available: u64,
    /// All that ever came in.
    pub imported: u64,
    /// How many days they last; `None` while nothing is used.
    pub runway_days: Option<u64>,
    /// Free codes that have not ended, and that nobody will be given any more once the alert's days are over.
    pub near_expiry: u64,
}

/// What an alert does now, given whether it stands already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crossing {
    /// It has just become true: tell staff once.
    Raised,
    /// It has just become clearly false: it may be raised again later.
    Cleared,
    /// Nothing new.
    Same,
}

/// Decides whether an alert crosses. It clears only a fifth above its threshold, so that it does not flicker.
#[must_use]
pub fn crossing(alert: PoolAlert, health: &PoolHealth, rules: &AlertRules, standing: bool) -> Crossing {
    let (value, threshold) = match alert {
        PoolAlert::LowStock => (Some(health.available), rules.free_codes),
        PoolAlert::LowPercent => {
            (health.available.saturating_mul(100).checked_div(health.imported), rules.free_percent)
        }
        PoolAlert::ShortRunway => (health.runway_days, rules.runway_days),
        PoolAlert::NearExpiry => return expiry_crossing(health.near_expiry, standing),
    };
    let clear = threshold.saturating_add(threshold.div_ceil(5));
    match value {
        Some(value) if value < threshold && !standing => Crossing::Raised,
        Some(value) if value < clear => Crossing::Same,
        _ if standing => Crossing::Cleared,
        _ => Crossing::Same,
    }
}

const fn expiry_crossing(near_expiry: u64, standing: bool) -> Crossing {
    match (near_expiry, standing) {
        (1.., false) => Crossing::Raised,
        (0, true) => Crossing::Cleared,
        _ => Crossing::Same,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runway_follows_the_due_list_before_the_mean() {
        assert_eq!(runway_days(10, &[4, 4, 4], 0, 21), Some(2));
        assert_eq!(runway_days(10, &[4, 4], 21, 21), Some(4));
        assert_eq!(runway_days(10, &[], 0, 21), None);
        assert_eq!(runway_days(0, &[1], 5, 21), Some(0));
    }

    #[test]
    fn an_alert_goes_out_once_per_crossing_and_does_not_flicker() {
        let rules = AlertRules { free_codes: 50, ..AlertRules::default() };
        let at = |available| PoolHealth { available, imported: 1000, runway_days: None, near_expiry: 0 };
        let mut standing = false;
        let mut raised = 0;
        for available in [60, 49, 48, 55, 49, 60, 49] {
            match crossing(PoolAlert::LowStock, &at(available), &rules, standing) {
                Crossing::Raised => (standing, raised) = (true, raised + 1),
                Crossing::Cleared => standing = false,
                Crossing::Same => {}
            }
        }
        assert_eq!(raised, 2, "49 raises, 55 is too near to clear, 60 clears, 49 raises again");
    }
}
