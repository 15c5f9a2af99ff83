//! The mail service, and the journal of why mails look as they do.

use std::future::Future;

use jiff::Timestamp;

use super::error::PortResult;
use super::sending::Halt;
use crate::id::MailId;
use crate::mail::message::OutgoingMail;
use crate::story::MailStory;

/// Why a mail was not accepted, or may not have been.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Proven not accepted; may work later: the rate is exceeded.
    #[error("the mail service asks to slow down")]
    Throttled,
    /// Proven not accepted; this caller cannot send now: its credentials, its settings, or for a reason nobody knows yet.
    #[error("the mail account cannot send now: {0}")]
    AccountStopped(String),
    /// Proven not accepted, and no mail of this shop would be: its sender is not verified, or may not be used.
    #[error("the shop's sender cannot send now: {0}")]
    SenderStopped(String),
    /// Proven not accepted, and nobody else's mail would be: quota, pause, suspension. Stops the run.
    #[error("the mail account cannot send now: {1}")]
    Halted(Halt, String),
    /// Proven not accepted, for good.
    #[error("the mail service refuses this mail: {0}")]
    Rejected(String),
    /// Nobody knows whether it was accepted.
    #[error("the mail service's answer was lost")]
    Ambiguous,
}

/// What the mail service knows of a mail whose answer was lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// It was accepted under this id.
    Accepted(String),
    /// It certainly was not.
    NotAccepted,
    /// It cannot say.
    Unknown,
}

/// Where the stories of mails are kept, for `explain` and the outbox.
pub trait Journal {
    /// Notes why a mail looks as it does, before it is handed over. Noting it again replaces it.
    fn note(&self, story: &MailStory) -> impl Future<Output = PortResult<()>> + Send;
}

/// The mail service.
pub trait Mailer {
    /// Hands a mail over, once; MUST NOT try again by itself. Answers the service's id.
    fn send(
        &self,
        mail: &OutgoingMail,
        id: MailId,
        now: Timestamp,
    ) -> impl Future<Output = Result<String, SendError>> + Send;

    /// What the service knows of a mail.
    fn settle(&self, id: MailId) -> impl Future<Output = PortResult<Settlement>> + Send;
}
