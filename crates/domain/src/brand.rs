//! What holds for all shops of a brand.
