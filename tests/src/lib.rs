//! Shared helpers of the scenarios.

pub mod aws_world;
pub mod contract;
pub mod emulator;
pub mod infra;
pub mod proxy;
pub mod ses;
pub mod stack;
pub mod world;

pub use nachklang_simulation::counting;
