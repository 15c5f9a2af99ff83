//! A person, in one shop.
