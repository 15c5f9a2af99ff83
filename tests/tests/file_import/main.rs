//! What marketers upload to the bucket is taken in, or answered by a report, and what is in use stays in use.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may fail")]

mod aws;
mod bucket;
mod content;
mod data;
mod world;
