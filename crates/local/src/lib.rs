//! l

pub mod store;
