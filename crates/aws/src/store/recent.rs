//! A bounded memory of what was read lately.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Remembers what was asked for lately, up to a weight.
///
/// Two halves: when the young one is full it becomes the old one, and what is asked for in the old one moves to the
/// young one. So what nobody asked for during a whole half is forgotten, with no list to keep in order.
#[derive(Debug)]
pub(super) struct Recent<V> {
    half: usize,
    halves: Mutex<Halves<V>>,
}

#[derive(Debug)]
struct Halves<V> {
    young: HashMap<String, (V, usize)>,
    weight: usize,
    old: HashMap<String, (V, usize)>,
}

impl<V: Clone> Recent<V> {
    /// An empty memory that holds at most `weight`.
    pub(super) fn new(weight: usize) -> Self {
        let halves = Halves { young: HashMap::new(), weight: 0, old: HashMap::new() };
        Self { half: weight / 2, halves: Mutex::new(halves) }
    }

    /// What is remembered under a key.
    pub(super) fn get(&self, key: &str) -> Option<V> {
        let mut halves = self.lock();
        if let Some((value, _)) = halves.young.get(key) {
            return Some(value.clone());
        }
        let (value, weight) = halves.old.remove(key)?;
        halves.put(key, value.clone(), weight, self.half);
        Some(value)
    }

    /// Remembers a value; one that is heavier than a half is not worth all others.
    pub(super) fn put(&self, key: &str, value: V, weight: usize) {
        if weight <= self.half {
            self.lock().put(key, value, weight, self.half);
        }
    }

    /// Nothing is half written when a panic ends a holder of the lock: each step is one call of a map.
    fn lock(&self) -> MutexGuard<'_, Halves<V>> {
        self.halves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V> Halves<V> {
    fn put(&mut self, key: &str, value: V, weight: usize, half: usize) {
        if self.weight + weight > half {
            self.old = std::mem::take(&mut self.young);
            self.weight = 0;
        }
        self.weight += weight;
        if let Some((_, replaced)) = self.young.insert(key.to_owned(), (value, weight)) {
            self.weight -= replaced;
        }
        self.old.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_again_and_again_stays() {
        let recent = Recent::new(10);
        recent.put("topseller", 0, 1);
        for n in 1..100 {
            recent.put(&n.to_string(), n, 1);
            assert_eq!(recent.get("topseller"), Some(0), "after {n}");
        }
        assert_eq!(recent.get("1"), None);
        assert_eq!(recent.get("99"), Some(99));
    }

    #[test]
    fn the_weight_is_bounded() {
        let recent = Recent::new(100);
        for n in 0..1_000 {
            recent.put(&n.to_string(), n, 7);
            recent.get(&(n / 2).to_string());
        }
        let halves = recent.lock();
        let weight: usize = halves.young.values().chain(halves.old.values()).map(|(_, weight)| weight).sum();
        assert!(weight <= 100, "{weight}");
        assert_eq!(halves.weight, halves.young.values().map(|(_, weight)| weight).sum::<usize>());
    }

    #[test]
    fn the_newer_value_of_a_key_counts() {
        let recent = Recent::new(4);
        for n in 0..10 {
            recent.put("price", n, 1);
            assert_eq!(recent.get("price"), Some(n));
        }
    }

    #[test]
    fn what_outweighs_a_half_is_not_remembered() {
        let recent = Recent::new(10);
        recent.put("small", 1, 1);
        recent.put("large", 2, 6);
        assert_eq!((recent.get("small"), recent.get("large")), (Some(1), None));
    }
}
