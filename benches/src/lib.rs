//! What the program costs: the work whose limits `docs/BENCHMARKS.md` tells, made ready to be measured, and load on one
//! machine.

pub mod generated;
pub mod load;
pub mod mail;
pub mod meter;
pub mod webhook;
