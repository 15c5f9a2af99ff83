//! How orders and contacts are written into an item.
