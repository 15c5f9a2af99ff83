//! The mail service: SES v2.
