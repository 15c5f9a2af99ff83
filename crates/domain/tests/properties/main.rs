//! What must hold for every day, basket, person and amount, over the starter content.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

mod amounts;
mod conditions;
mod days;
mod segments;
mod starter;
mod variants;
