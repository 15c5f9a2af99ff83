//! What shops post.
