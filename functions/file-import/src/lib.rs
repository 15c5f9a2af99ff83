//! Takes in what marketers upload.
