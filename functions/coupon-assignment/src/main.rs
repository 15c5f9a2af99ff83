//! Gives each planned mail its coupon.

fn main() {}
