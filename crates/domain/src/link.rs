//! Signed links, each for one purpose.
