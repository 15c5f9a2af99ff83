//! Shared helpers of the scenarios.

pub mod contract;
pub mod infra;
pub mod world;
