//! Shared helpers of the scenarios.

pub mod aws_world;
pub mod contract;
pub mod emulator;
pub mod ses;
pub mod world;
