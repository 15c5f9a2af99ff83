//! What the domain may cost: one benchmark for each limit of `docs/BENCHMARKS.md`.
//!
//! The profiler counts allocations, which slows down what allocates: the times are a little too long, never too short.
#![expect(clippy::expect_used, reason = "a benchmark whose input is broken has nothing to measure")]

mod feed;
mod mail;
mod simulation;
mod webhook;

#[global_allocator]
static ALLOCATOR: divan::AllocProfiler = divan::AllocProfiler::system();

fn main() {
    divan::main();
}

/// A file of the starter content.
fn template(path: &str) -> Vec<u8> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../templates").join(path);
    std::fs::read(path).expect("the starter content is part of the repository")
}
