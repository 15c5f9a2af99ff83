//! n
fn main() {}
