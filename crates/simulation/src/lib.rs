//! Attacks the promises of Nachklang.
//!
//! The real use cases of the domain run over simulated ports: one thread, one seed, a virtual clock. Whatever a shop, a
//! queue, a store or a mail service may do wrong is done to them. A judge then decides from the recorded operations and from
//! what is left in the stores, by rules of its own, whether the eight invariants held.

pub mod checker;
pub mod commands;
pub mod content;
pub mod counting;
pub mod crash;
pub mod dice;
pub mod display;
pub mod failing;
pub mod fault;
pub mod history;
pub mod keys;
pub mod meanwhile;
pub mod planted;
pub mod ports;
mod post;
mod recorder;
pub mod runner;
pub mod script;
pub mod shrink;
pub mod store;
mod world;
