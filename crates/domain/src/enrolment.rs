//! One contact in one flow for one anchor.
