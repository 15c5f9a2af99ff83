//! The stock of coupon codes.
