//! Nachklang on AWS: the ports over DynamoDB, S3, SQS and SES, and what the Lambda functions share.
//!
//! Nothing outside this crate calls an AWS SDK. A function is a thin binary: it opens the [`site::Site`] once and hands
//! events to a handler.

pub mod clients;
pub mod config;
mod kept;
pub mod lambda;
pub mod mailer;
pub mod secrets;
pub mod site;
pub mod station;
pub mod store;

pub use lambda::run;
