//! Till files: one row per line item.
