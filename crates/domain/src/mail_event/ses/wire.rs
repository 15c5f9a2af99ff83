//! The JSON of an event, as far as it is read.

use std::collections::BTreeMap;

use crate::consent::SuppressionReason;
use crate::id::{ContactId, EnrolmentId, FlowId, InvalidId, MailId, ShopId};
use crate::mail::message::tag;
use crate::mail_event::{MailEvent, MailEventKind};
use crate::ports::MailTask;
use jiff::Timestamp;
use serde::Deserialize;

use super::{Ignored, InvalidEvent, Told};

/// Longest id that SES gives a mail; today's have 60 characters.
const MAX_MESSAGE_ID: usize = 256;

/// The body of a message: an event, or SNS's envelope around one.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Body {
    #[serde(rename = "Type")]
    pub(super) sns_type: Option<String>,
    #[serde(rename = "Message")]
    pub(super) sns_message: Option<String>,
    event_type: Option<String>,
    notification_type: Option<String>,
    mail: Option<Mail>,
    bounce: Option<Bounce>,
    complaint: Option<Complaint>,
    delivery: Option<Moment>,
    delivery_delay: Option<Moment>,
    open: Option<Moment>,
    click: Option<Moment>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mail {
    timestamp: Option<String>,
    message_id: Option<String>,
    #[serde(default)]
    tags: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounce {
    bounce_type: Option<String>,
    bounce_sub_type: Option<String>,
    timestamp: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Complaint {
    complaint_sub_type: Option<String>,
    complaint_feedback_type: Option<String>,
    timestamp: Option<String>,
}

#[derive(Deserialize)]
struct Moment {
    timestamp: Option<String>,
}

/// What serde says may quote the text, so only the place is told.
pub(super) fn parse(text: &str) -> Result<Body, InvalidEvent> {
    serde_json::from_str(text)
        .map_err(|error| InvalidEvent::Form { line: error.line(), column: error.column() })
}

impl Body {
    pub(super) fn told(&self) -> Result<Told, InvalidEvent> {
        if self.sns_type.is_some() {
            return Err(InvalidEvent::Sns);
        }
        let Some(event_type) = self.event_type.as_deref() else {
            let field = InvalidEvent::Field("eventType");
            return Err(if self.notification_type.is_some() { InvalidEvent::Notification } else { field });
        };
        let kind = match self.kind(event_type)? {
            Ok(kind) => kind,
            Err(ignored) => return Ok(Told::Ignored(ignored)),
        };
        let mail = self.mail.as_ref().ok_or(InvalidEvent::Field("mail"))?;
        let (mail_id, task) = match mail.task() {
            Ok(found) => found,
            Err(tag) => return Ok(Told::Ignored(Ignored::ForeignMail(tag))),
        };
        let sent_at = moment(mail.timestamp.as_deref()).ok_or(InvalidEvent::Field("mail.timestamp"))?;
        let at = self.timestamp().unwrap_or(sent_at);
        Ok(Told::Event(MailEvent { mail: mail_id, task, message: mail.message()?, sent_at, at, kind }))
    }

    fn kind(&self, event_type: &str) -> Result<Result<MailEventKind, Ignored>, InvalidEvent> {
        Ok(Ok(match event_type {
            "Send" => MailEventKind::Accepted,
            "Delivery" => MailEventKind::Delivered,
            "DeliveryDelay" => MailEventKind::Delayed,
            "Bounce" => self.bounce.as_ref().ok_or(InvalidEvent::Field("bounce"))?.kind(),
            "Complaint" => {
                return Ok(self.complaint.as_ref().ok_or(InvalidEvent::Field("complaint"))?.kind());
            }
            "Reject" => MailEventKind::Rejected,
            "Rendering Failure" => MailEventKind::NotRendered,
            "Open" => MailEventKind::Opened,
            "Click" => MailEventKind::Clicked,
            "Subscription" => return Ok(Err(Ignored::Subscription)),
            _ => return Ok(Err(Ignored::UnknownType)),
        }))
    }

    /// When it happened; `Send`, `Reject` and `Rendering Failure` have no moment of their own.
    fn timestamp(&self) -> Option<Timestamp> {
        let moments = [&self.delivery, &self.delivery_delay, &self.open, &self.click];
        let mut texts = moments.into_iter().filter_map(|moment| moment.as_ref()?.timestamp.as_deref());
        let bounce = || self.bounce.as_ref()?.timestamp.as_deref();
        let complaint = || self.complaint.as_ref()?.timestamp.as_deref();
        moment(texts.next().or_else(bounce).or_else(complaint))
    }
}

impl Bounce {
    /// `Suppressed` and `OnAccountSuppressionList`: SES did not even try.
    fn kind(&self) -> MailEventKind {
        let withheld = self.bounce_sub_type.as_deref().is_some_and(|sub_type| sub_type.contains("Suppress"));
        match self.bounce_type.as_deref() {
            Some("Permanent") if withheld => MailEventKind::Withheld(SuppressionReason::Bounced),
            Some("Permanent") => MailEventKind::HardBounced,
            _ => MailEventKind::SoftBounced,
        }
    }
}

impl Complaint {
    fn kind(&self) -> Result<MailEventKind, Ignored> {
        match (self.complaint_sub_type.as_deref(), self.complaint_feedback_type.as_deref()) {
            (Some("OnAccountSuppressionList"), _) => {
                Ok(MailEventKind::Withheld(SuppressionReason::Complained))
            }
            (_, Some("not-spam")) => Err(Ignored::NotSpam),
            _ => Ok(MailEventKind::Complained),
        }
    }
}

impl Mail {
    /// Which mail it is; the name of the first tag that says it is none of ours.
    fn task(&self) -> Result<(MailId, MailTask), &'static str> {
        let mail = self.tag(tag::MAIL, MailId::parse)?;
        let task = MailTask {
            shop: self.tag(tag::SHOP, ShopId::parse)?,
            contact: self.tag(tag::CONTACT, ContactId::parse)?,
            enrolment: self.tag(tag::ENROLMENT, EnrolmentId::parse)?,
            flow: self.tag(tag::FLOW, FlowId::parse)?,
            step: self.text(tag::STEP)?.parse().map_err(|_| tag::STEP)?,
        };
        Ok((mail, task))
    }

    fn tag<T>(
        &self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, InvalidId>,
    ) -> Result<T, &'static str> {
        parse(self.text(name)?).map_err(|_| name)
    }

    /// A tag has one value; SES writes it as a list.
    fn text(&self, name: &'static str) -> Result<&str, &'static str> {
        match self.tags.get(name).map(Vec::as_slice) {
            Some([value]) => Ok(value),
            _ => Err(name),
        }
    }

    fn message(&self) -> Result<String, InvalidEvent> {
        let fits = |id: &&String| {
            let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.@".contains(&b);
            (1..=MAX_MESSAGE_ID).contains(&id.len()) && id.bytes().all(plain)
        };
        let id = self.message_id.as_ref().filter(fits);
        id.cloned().ok_or(InvalidEvent::Field("mail.messageId"))
    }
}

fn moment(text: Option<&str>) -> Option<Timestamp> {
    text?.parse().ok()
}
