//! Coupon files.
