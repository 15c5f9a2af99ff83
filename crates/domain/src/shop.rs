//! One market.
