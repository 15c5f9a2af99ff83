//! Runs, switches and marks.
