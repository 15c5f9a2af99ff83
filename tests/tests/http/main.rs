//! What shops and recipients reach from outside, over API Gateway: the handlers with its events, over the emulated AWS.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may fail")]

mod gateway;
mod log;
mod portal;
mod webhook;
mod world;
