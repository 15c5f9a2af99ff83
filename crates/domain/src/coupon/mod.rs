//! Codes, pools, editions.

pub mod code;
pub mod file;
