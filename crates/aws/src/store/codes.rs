//! How a code changes hands.
