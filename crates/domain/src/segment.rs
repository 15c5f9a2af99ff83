//! Which segment a basket belongs to.
