//! Shared helpers of the scenarios.

pub mod contract;
