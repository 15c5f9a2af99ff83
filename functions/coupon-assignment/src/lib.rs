//! Gives each planned mail its coupon.
