//! Products and lists.
