//! Secrets by name, kept for a while.
