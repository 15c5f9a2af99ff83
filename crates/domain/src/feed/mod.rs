//! Product feeds, topsellers, recommendations.
