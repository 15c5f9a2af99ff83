//! SES.
