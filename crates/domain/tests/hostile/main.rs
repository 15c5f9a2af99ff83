//! What a stranger, a careless marketer or a broken export may send: each is refused or rendered harmless, and none takes
//! much memory.
//!
//! The payloads lie in `payloads/`, one JSON text a line, for other attackers to start from. Memory is what was
//! allocated at once; no time is measured here (`cargo bench -p nachklang-benches -- hostile` does).

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test may fail")]

mod content;
mod feeds;
mod files;
mod layouts;
mod mails;
mod measured;
mod page;
mod templates;
mod texts;

#[global_allocator]
static HEAP: peak_alloc::PeakAlloc = peak_alloc::PeakAlloc;
