//! The due list.
