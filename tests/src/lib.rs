//! Shared helpers of the scenarios.

pub mod contract;
pub mod emulator;
pub mod ses;
pub mod world;
