//! Makes a failing case small: delta debugging over a list.
