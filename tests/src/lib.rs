//! Shared helpers of the scenarios.
