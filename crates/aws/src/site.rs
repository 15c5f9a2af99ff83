//! One function's whole world.
