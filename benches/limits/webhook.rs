//! P1: a signed order of Shopify, verified and read.

use divan::Bencher;
use nachklang_benches::webhook::{Signed, endpoint, now};

#[divan::bench]
fn verify_and_read_an_order(bencher: Bencher<'_, '_>) {
    let (endpoint, order) = (endpoint(), Signed::example());
    bencher.bench_local(|| divan::black_box(&order).read(&endpoint, now()).expect("it is signed"));
}
