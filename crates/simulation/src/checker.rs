//! The judge: decides from a history alone whether the eight invariants held.
