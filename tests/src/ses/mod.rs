//! A small Amazon SES (API v2) on this machine, which keeps every accepted mail whole.
//!
//! Emulators of AWS drop headers, know no suppression list and publish no events; a test of mails needs all three.
//! Shapes and limits follow the API model of Amazon SES v2
//! (<https://docs.aws.amazon.com/ses/latest/APIReference-V2/Welcome.html>), events the developer guide
//! (<https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html>).
//!
//! ```no_run
//! # async fn test() -> anyhow::Result<()> {
//! use nachklang_tests::ses::{Fault, Sink};
//!
//! let sink = Sink::start().await?;
//! sink.verify("example.com");
//! sink.add_configuration_set("transactional");
//! sink.fail_next(Fault::RateExceeded);
//! // … the program under test sends to sink.endpoint() …
//! assert_eq!(sink.accepted_by_tag("mail_id").get("m-1"), Some(&1));
//! # Ok(()) }
//! ```

mod account;
mod address;
mod call;
mod connection;
mod event;
mod fault;
mod feedback;
mod identity;
mod limits;
mod mail;
mod mime;
mod refusal;
mod routes;
mod send;
mod sink;
mod state;
mod suppression;
mod wire;

pub use account::{Account, Enforcement};
pub use call::{Call, Operation, Outcome, Request};
pub use event::EventType;
pub use fault::Fault;
pub use feedback::{Bounce, Feedback};
pub use mail::Mail;
pub use sink::Sink;
pub use suppression::Reason;
