//! Shared helpers of the scenarios.

pub mod contract;
pub mod world;
