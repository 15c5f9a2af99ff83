//! An accepted mail.

use std::collections::BTreeMap;

use anyhow::Context as _;
use jiff::Timestamp;
use mail_parser::{Message, MessageParser};

/// A mail that the sink accepted, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The id that the caller got (or would have got).
    pub message_id: String,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// The sender as given, with its display name.
    pub from: String,
    /// To, Cc and Bcc, as given.
    pub recipients: Vec<String>,
    /// The message tags.
    pub tags: BTreeMap<String, String>,
    /// Without one no event is ever published.
    pub configuration_set: Option<String>,
    /// The message. A raw mail is exactly what was sent; a simple one is what SES makes of it.
    pub mime: Vec<u8>,
}

impl Mail {
    /// The message, read as a mail program reads it.
    ///
    /// # Errors
    /// If it is no message.
    pub fn parsed(&self) -> anyhow::Result<Message<'_>> {
        MessageParser::default().parse(&self.mime).context("an accepted mail is no message")
    }
}
