//! What was asked of the sink, and how it ended.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::wire::SendEmail;

/// The operations that the sink knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// `POST /v2/email/outbound-emails`
    SendEmail,
    /// `GET /v2/email/account`
    GetAccount,
    /// `PUT /v2/email/suppression/addresses`
    PutSuppressedDestination,
    /// `GET /v2/email/suppression/addresses/{EmailAddress}`
    GetSuppressedDestination,
    /// `GET /v2/email/suppression/addresses`
    ListSuppressedDestinations,
    /// `DELETE /v2/email/suppression/addresses/{EmailAddress}`
    DeleteSuppressedDestination,
    /// `POST /v2/email/identities`
    CreateEmailIdentity,
    /// `GET /v2/email/identities/{EmailIdentity}`
    GetEmailIdentity,
    /// `POST /v2/email/configuration-sets`
    CreateConfigurationSet,
    /// `GET /v2/email/configuration-sets/{ConfigurationSetName}`
    GetConfigurationSet,
    /// Anything else; it is refused.
    Unknown,
}

/// One call as it arrived: rules see it before the sink acts on it.
#[derive(Debug, Clone)]
pub struct Call {
    /// What is asked.
    pub operation: Operation,
    /// The address or name in the path, decoded.
    pub resource: Option<String>,
    /// The parameters behind the question mark, in order; a name may occur several times.
    pub query: Vec<(String, String)>,
    /// The JSON body; null if there was none, a string if it was not JSON.
    pub input: Value,
}

impl Call {
    /// The value of a message tag of a `SendEmail` call.
    pub fn tag(&self, name: &str) -> Option<String> {
        self.tags().remove(name)
    }

    /// The message tags of a `SendEmail` call; empty for others and for bodies that cannot be read.
    pub fn tags(&self) -> BTreeMap<String, String> {
        let tags = self.mail().and_then(|mail| mail.email_tags).unwrap_or_default();
        tags.into_iter().map(|tag| (tag.name, tag.value)).collect()
    }

    /// The recipients named by a `SendEmail` call outside of its content.
    pub fn recipients(&self) -> Vec<String> {
        self.mail().and_then(|mail| mail.destination).map(|all| all.recipients()).unwrap_or_default()
    }

    fn mail(&self) -> Option<SendEmail> {
        serde_json::from_value(self.input.clone()).ok()
    }
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Done and answered; a mail has its message id.
    Answered(Option<String>),
    /// Done, but the caller never learnt it: the connection was cut before the answer.
    AnswerLost(Option<String>),
    /// Refused with an HTTP status and an error code of SES.
    Refused(u16, String),
    /// The connection was cut before anything was done.
    Cut,
}

/// A call in the sink's book. Every call is written down in order, also the refused ones.
#[derive(Debug, Clone)]
pub struct Request {
    /// When it was answered.
    pub at: Timestamp,
    /// What was asked.
    pub call: Call,
    /// How it ended.
    pub outcome: Outcome,
}
