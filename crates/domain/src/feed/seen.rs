//! Which ids a file has brought already, in little memory.

use std::collections::HashSet;

use sha2::{Digest, Sha256};

/// Ids as the first 16 bytes of their SHA-256: two of a million meet by chance once in 10²⁶ files.
///
/// The set is divided, so that growing copies one part at a time and never holds everything twice: a million ids
/// take under 40 MB at any moment.
#[derive(Debug)]
pub(super) struct SeenIds {
    parts: Vec<HashSet<[u8; 16]>>,
}

/// How many parts; their number is the hash's last byte, so at most 256.
const PARTS: u8 = 64;

impl SeenIds {
    pub(super) fn new() -> Self {
        Self { parts: vec![HashSet::new(); usize::from(PARTS)] }
    }

    /// Remembers an id and tells whether it came for the first time.
    pub(super) fn insert(&mut self, id: &str) -> bool {
        let (part, key) = place(id);
        self.parts.get_mut(part).is_some_and(|part| part.insert(key))
    }

    /// Whether the id has come before.
    pub(super) fn contains(&self, id: &str) -> bool {
        let (part, key) = place(id);
        self.parts.get(part).is_some_and(|part| part.contains(&key))
    }
}

fn place(id: &str) -> (usize, [u8; 16]) {
    let hash: [u8; 32] = Sha256::digest(id.as_bytes()).into();
    let key = hash.first_chunk().copied().unwrap_or_default();
    let last = hash.last().copied().unwrap_or_default();
    (usize::from(last % PARTS), key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_new_once() {
        let mut seen = SeenIds::new();
        let ids: Vec<String> = (0..5_000).map(|number| format!("LUN-{number}")).collect();
        assert!(ids.iter().all(|id| seen.insert(id)));
        assert!(ids.iter().all(|id| seen.contains(id) && !seen.insert(id)));
        assert!(!seen.contains("LUN-5000"));
    }
}
