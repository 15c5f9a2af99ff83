//! The bucket: uploads, reports, published bytes.
