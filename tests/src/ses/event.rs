//! The JSON of event publishing, as a configuration set's event destination gets it.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::mail::Mail;
use super::{address, mime};
use crate::emulator::{ACCOUNT, REGION};

/// The headers of an event end after this many bytes.
const LONGEST_HEADERS: usize = 10 * 1024;

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventType {
    /// Accepted, and handed on.
    Send,
    /// Taken by the recipient's mail server.
    Delivery,
    /// Not taken, or not for now.
    Bounce,
    /// Marked as spam.
    Complaint,
    /// Accepted, then found to hold a virus.
    Reject,
    /// The tracking pixel was loaded.
    Open,
    /// A tracked link was followed.
    Click,
    /// Not taken yet; SES goes on trying.
    DeliveryDelay,
    /// A template missed data.
    RenderingFailure,
}

impl EventType {
    /// The value of `eventType`. One of them has a blank.
    pub fn name(self) -> &'static str {
        match self {
            Self::Send => "Send",
            Self::Delivery => "Delivery",
            Self::Bounce => "Bounce",
            Self::Complaint => "Complaint",
            Self::Reject => "Reject",
            Self::Open => "Open",
            Self::Click => "Click",
            Self::DeliveryDelay => "DeliveryDelay",
            Self::RenderingFailure => "Rendering Failure",
        }
    }

    /// The member that holds what is special about the event.
    fn member(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Delivery => "delivery",
            Self::Bounce => "bounce",
            Self::Complaint => "complaint",
            Self::Reject => "reject",
            Self::Open => "open",
            Self::Click => "click",
            Self::DeliveryDelay => "deliveryDelay",
            Self::RenderingFailure => "failure",
        }
    }
}

/// A whole event.
pub(super) fn event(mail: &Mail, kind: EventType, detail: Value) -> Value {
    let mut event = Map::new();
    event.insert("eventType".into(), kind.name().into());
    event.insert("mail".into(), describe(mail, kind));
    event.insert(kind.member().into(), detail);
    Value::Object(event)
}

/// ISO 8601 with milliseconds.
pub(super) fn written(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

fn describe(mail: &Mail, kind: EventType) -> Value {
    let mut described = json!({
        "timestamp": written(mail.accepted_at),
        "source": mail.from,
        "sourceArn": format!("arn:aws:ses:{REGION}:{ACCOUNT}:identity/{}", from_domain(mail)),
        "sendingAccountId": ACCOUNT,
        "messageId": mail.message_id,
        "destination": mail.recipients,
        "tags": tags(mail, kind),
    });
    if let (Some(described), Some(headers)) = (described.as_object_mut(), headers(mail)) {
        described.extend(headers);
    }
    described
}

fn headers(mail: &Mail) -> Option<Map<String, Value>> {
    let message = mail.parsed().ok()?;
    let mut room = LONGEST_HEADERS;
    let all: Vec<_> = mime::headers(&message).collect();
    let kept: Vec<_> = all
        .iter()
        .take_while(|(name, value)| {
            let left = room.checked_sub(name.len() + value.len());
            room = left.unwrap_or(0);
            left.is_some()
        })
        .map(|(name, value)| json!({ "name": name, "value": value }))
        .collect();
    let common = json!({
        "from": mime::mailboxes(message.from()),
        "to": mime::mailboxes(message.to()),
        "messageId": mail.message_id,
        "subject": mime::subject(&message),
    });
    let truncated = Value::Bool(kept.len() < all.len());
    let members = [("headersTruncated", truncated), ("headers", kept.into()), ("commonHeaders", common)];
    Some(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// The caller's tags and those that SES adds; every value is a list.
fn tags(mail: &Mail, kind: EventType) -> Value {
    let mut tags: Map<_, _> = mail.tags.iter().map(|(name, value)| (name.clone(), json!([value]))).collect();
    let mut add = |name: &str, value: &str| tags.insert(name.to_owned(), json!([value]));
    add("ses:operation", "SendEmail");
    add("ses:source-ip", "192.0.2.0");
    add("ses:from-domain", &from_domain(mail));
    add("ses:caller-identity", "ses_user");
    if let Some(set) = &mail.configuration_set {
        add("ses:configuration-set", set);
    }
    if kind == EventType::Delivery {
        add("ses:outgoing-ip", "192.0.2.1");
    }
    Value::Object(tags)
}

fn from_domain(mail: &Mail) -> String {
    address::bare(&mail.from).map(address::domain).unwrap_or_default()
}
