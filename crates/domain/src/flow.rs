//! A flow: trigger, delay, segments, coupon.
