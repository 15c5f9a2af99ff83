//! Takes what shops tell about orders.

fn main() {}
