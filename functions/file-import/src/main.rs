//! Takes in what marketers upload.

fn main() {}
