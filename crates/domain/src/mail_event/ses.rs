//! SES's events as they come through SNS, read into the domain's [`MailEvent`].
//!
//! Only what decides is read: addresses, subjects, IP addresses and links stay where they are. Unknown fields and event
//! types are borne, for SES adds some now and then.
//!
//! Source: <https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html>

use super::MailEvent;

mod wire;

use wire::parse;

/// Longest body. SNS carries at most 256 KiB; quoted into its envelope a text may double.
pub const MAX_BODY: usize = 512 * 1024;
/// How the text begins that SES sends once, when an event destination is made.
const GREETING: &str = "Successfully validated SNS topic";

/// What a message of the queue tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// An event about a mail of ours.
    Event(MailEvent),
    /// Nothing that Nachklang acts on, and why.
    Ignored(Ignored),
}

/// Why a message is none that Nachklang acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ignored {
    /// A mail that Nachklang did not send: this tag is missing or not of its form.
    ForeignMail(&'static str),
    /// An event type that SES has added since.
    UnknownType,
    /// A change in SES's own contact lists, which Nachklang does not use.
    Subscription,
    /// The recipient took a mail out of the spam folder.
    NotSpam,
    /// SES's first message to a new topic.
    Greeting,
}

impl Ignored {
    /// The stable name, as in metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ForeignMail(_) => "foreign_mail",
            Self::UnknownType => "unknown_type",
            Self::Subscription => "subscription",
            Self::NotSpam => "not_spam",
            Self::Greeting => "greeting",
        }
    }
}

/// Why a message cannot be read. Never holds any of its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEvent {
    /// Longer than [`MAX_BODY`].
    #[error("the event is longer than {MAX_BODY} bytes")]
    TooLong,
    /// Not JSON, or not of SES's form.
    #[error(
        "line {line}, column {column} of the event is not what SES sends; look at who writes to the topic"
    )]
    Form {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// The shape of feedback notifications, which carry no tags.
    #[error(
        "a feedback notification of an identity carries no tags and cannot be matched to a mail: \
         switch it off, and let the configuration set publish events"
    )]
    Notification,
    /// SNS asks for something, or wraps a message twice.
    #[error("a message of SNS itself and no event: confirm or remove the subscription by hand")]
    Sns,
    /// Something that SES always sends is missing or not of its form.
    #[error("the event's {0} is missing or not of its form")]
    Field(&'static str),
}

/// Reads the body of a message, with SNS's envelope around it or without (raw delivery).
///
/// # Errors
/// [`InvalidEvent`]; the same body is refused each time.
pub fn read_event(body: &str) -> Result<Told, InvalidEvent> {
    if body.len() > MAX_BODY {
        return Err(InvalidEvent::TooLong);
    }
    if body.starts_with(GREETING) {
        return Ok(Told::Ignored(Ignored::Greeting));
    }
    let read = parse(body)?;
    match (read.sns_type.as_deref(), read.sns_message.as_deref()) {
        (None, _) => read.told(),
        (Some("Notification"), Some(message)) if message.starts_with(GREETING) => {
            Ok(Told::Ignored(Ignored::Greeting))
        }
        (Some("Notification"), Some(message)) => parse(message)?.told(),
        (Some(_), _) => Err(InvalidEvent::Sns),
    }
}

#[cfg(test)]
mod tests;
