//! Codes, pools, editions.

pub mod file;
