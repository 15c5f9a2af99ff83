//! What bounds the price of an empty pool.
//!
//! A search that finds nothing has looked at every code, and the next mail would do it again. So a long search that
//! found nothing is remembered for half a minute. Short ones are not: an import by another process is then found at
//! once. What this process adds or gives back is found at once in any case.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use nachklang_domain::id::PoolId;

/// A search over fewer codes takes some 25 calls and 700 read units: nine cents for a thousand mails.
const LONG: u64 = 20_000;
/// So long a long search need not be done again.
const HOLDS: SignedDuration = SignedDuration::from_secs(30);

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Wish {
    /// The pool.
    pub pool: PoolId,
    /// The day of the claim.
    pub day: Date,
    /// The day which the code must outlast.
    pub last_day: Date,
}

/// What long searches did not find.
#[derive(Debug, Default)]
pub(in crate::store) struct Drained(Mutex<Notes>);

#[derive(Debug, Default)]
struct Notes {
    until: HashMap<Wish, Timestamp>,
    /// How often something was added to a pool or given back: what a search that began before says no longer counts.
    filled: HashMap<PoolId, u64>,
}

/// The moment at which a search began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Begun(u64);

impl Drained {
    /// Whether it is known that nothing will be found.
    pub(super) fn knows(&self, wish: &Wish, now: Timestamp) -> bool {
        self.with(|notes| notes.until.get(wish).is_some_and(|until| now < *until))
    }

    /// A search begins.
    pub(super) fn begin(&self, pool: &PoolId) -> Begun {
        self.with(|notes| Begun(notes.filled.get(pool).copied().unwrap_or_default()))
    }

    /// A search has found nothing among so many codes.
    pub(super) fn note(&self, wish: Wish, looked_at: u64, begun: Begun, now: Timestamp) {
        let current = self.begin(&wish.pool);
        if looked_at < LONG || begun != current {
            return;
        }
        self.with(|notes| {
            notes.until.retain(|_, until| now < *until);
            notes.until.insert(wish, now.saturating_add(HOLDS).unwrap_or(now));
        });
    }

    /// Something was added to a pool, or given back.
    pub(in crate::store) fn forget(&self, pool: &PoolId) {
        self.with(|notes| {
            notes.until.retain(|wish, _| wish.pool != *pool);
            *notes.filled.entry(pool.clone()).or_default() += 1;
        });
    }

    fn with<T>(&self, work: impl FnOnce(&mut Notes) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn wish(pool: &str) -> Wish {
        let day = date(2026, 3, 14);
        Wish { pool: PoolId::parse(pool).unwrap(), day, last_day: day }
    }

    fn noted(looked_at: u64) -> Drained {
        let drained = Drained::default();
        let begun = drained.begin(&wish("spring").pool);
        drained.note(wish("spring"), looked_at, begun, Timestamp::UNIX_EPOCH);
        drained
    }

    #[test]
    fn a_long_search_is_not_done_again_for_a_while() {
        let (drained, later) = (noted(LONG), Timestamp::UNIX_EPOCH.checked_add(HOLDS).unwrap());
        assert!(drained.knows(&wish("spring"), Timestamp::UNIX_EPOCH));
        assert!(!drained.knows(&wish("spring"), later));
        assert!(!drained.knows(&wish("summer"), Timestamp::UNIX_EPOCH));
        let tomorrow = Wish { day: date(2026, 3, 15), ..wish("spring") };
        assert!(!drained.knows(&tomorrow, Timestamp::UNIX_EPOCH));
    }

    #[test]
    fn a_short_search_is_done_again() {
        assert!(!noted(LONG - 1).knows(&wish("spring"), Timestamp::UNIX_EPOCH));
    }

    #[test]
    fn what_was_added_is_found_at_once() {
        let drained = noted(LONG);
        drained.forget(&wish("summer").pool);
        assert!(drained.knows(&wish("spring"), Timestamp::UNIX_EPOCH));
        drained.forget(&wish("spring").pool);
        assert!(!drained.knows(&wish("spring"), Timestamp::UNIX_EPOCH));
    }

    #[test]
    fn what_was_added_during_a_search_is_found_at_once() {
        let drained = Drained::default();
        let begun = drained.begin(&wish("spring").pool);
        drained.forget(&wish("spring").pool);
        drained.note(wish("spring"), LONG, begun, Timestamp::UNIX_EPOCH);
        assert!(!drained.knows(&wish("spring"), Timestamp::UNIX_EPOCH));
    }
}
