//! Feeds that bomb.
