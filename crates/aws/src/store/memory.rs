//! What a process remembers between calls. Nothing in it is the only copy of anything that has to stay.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use nachklang_domain::ports::Sending;

use super::products::Remembered;
use super::recent::Recent;

/// Bytes of published content that are remembered: some mails in all their languages.
const CONTENT: usize = 4 << 20;

/// What a process remembers; clones of a store share it.
#[derive(Debug)]
pub(super) struct Memory {
    /// A name of its own, so that a lease tells whose it is.
    pub(super) owner: String,
    /// How sending stands.
    pub(super) sending: Moment<Sending>,
    /// Active versions by kind and name.
    pub(super) active: Moment<String>,
    /// Published content by version; a version never changes.
    pub(super) content: Recent<Arc<[u8]>>,
    /// Products and lists.
    pub(super) products: Remembered,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            owner: token(),
            sending: Moment::default(),
            active: Moment::default(),
            content: Recent::new(CONTENT),
            products: Remembered::default(),
        }
    }
}

/// A text that nobody else makes: 128 random bits in hexadecimal.
///
/// Should the system have no randomness, the process and the time tell processes apart, which is all that is needed.
pub(super) fn token() -> String {
    let mut bytes = [0_u8; 16];
    if getrandom::fill(&mut bytes).is_err() {
        return format!("{}-{}", std::process::id(), jiff::Timestamp::now().as_nanosecond());
    }
    bytes.iter().fold(String::with_capacity(32), |mut text, byte| {
        // Writing into a text cannot fail.
        write!(text, "{byte:02x}").unwrap_or_default();
        text
    })
}

/// Answers by name that are believed for a moment.
#[derive(Debug)]
pub(super) struct Moment<V> {
    known: Mutex<HashMap<String, (Instant, V)>>,
}

impl<V> Default for Moment<V> {
    fn default() -> Self {
        Self { known: Mutex::default() }
    }
}

impl<V: Clone> Moment<V> {
    /// The answer, if it is no older than `most`.
    pub(super) fn get(&self, name: &str, most: Duration) -> Option<V> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, value) = known.get(name)?;
        (at.elapsed() <= most).then(|| value.clone())
    }

    /// Believes an answer that was asked for at `asked`: it may be as old as the question. A newer one stays.
    pub(super) fn put(&self, name: &str, asked: Instant, value: V) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.get(name).is_none_or(|(at, _)| *at <= asked) {
            known.insert(name.to_owned(), (asked, value));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_differ() {
        assert_ne!(token(), token());
        assert_eq!(token().len(), 32);
    }

    #[test]
    fn an_answer_is_believed_for_a_moment_only() {
        let moment = Moment::default();
        let now = Instant::now();
        moment.put("stop", now, true);
        assert_eq!(moment.get("stop", Duration::from_secs(5)), Some(true));
        let Some(long_ago) = now.checked_sub(Duration::from_secs(6)) else { return };
        let moment = Moment::default();
        moment.put("stop", long_ago, true);
        assert_eq!(moment.get("stop", Duration::from_secs(5)), None);
    }

    #[test]
    fn an_answer_to_an_older_question_replaces_no_newer_one() {
        let moment = Moment::default();
        let asked = Instant::now();
        moment.put("stop", asked + Duration::from_millis(1), true);
        moment.put("stop", asked, false);
        assert_eq!(moment.get("stop", Duration::from_secs(5)), Some(true));
    }
}
