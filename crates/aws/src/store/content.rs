//! Published content.
