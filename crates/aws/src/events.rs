//! SES's events as they come through SNS, read into the domain's [`MailEvent`].
//!
//! Only what decides is read: addresses, subjects, IP addresses and links stay where they are. Unknown fields and event
//! types are borne, for SES adds some now and then.
//!
//! Source: <https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html>

use std::collections::BTreeMap;

use jiff::Timestamp;
use nachklang_domain::consent::SuppressionReason;
use nachklang_domain::id::{ContactId, EnrolmentId, FlowId, InvalidId, MailId, ShopId};
use nachklang_domain::mail::message::tag;
use nachklang_domain::mail_event::{MailEvent, MailEventKind};
use nachklang_domain::ports::MailTask;
use serde::Deserialize;

/// Longest body. SNS carries at most 256 KiB; quoted into its envelope a text may double.
pub const MAX_BODY: usize = 512 * 1024;
/// Longest id that SES gives a mail; today's have 60 characters.
const MAX_MESSAGE_ID: usize = 256;
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

/// The body of a message: an event, or SNS's envelope around one.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    #[serde(rename = "Type")]
    sns_type: Option<String>,
    #[serde(rename = "Message")]
    sns_message: Option<String>,
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

/// What serde says may quote the text, so only the place is told.
fn parse(text: &str) -> Result<Body, InvalidEvent> {
    serde_json::from_str(text)
        .map_err(|error| InvalidEvent::Form { line: error.line(), column: error.column() })
}

impl Body {
    fn told(&self) -> Result<Told, InvalidEvent> {
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

#[cfg(test)]
mod tests {
    use nachklang_domain::mail_event::MailEventKind as Kind;

    use super::*;

    macro_rules! fixture {
        ($name:literal) => {
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/ses-events/", $name, ".json"))
        };
    }

    fn event(body: &str) -> MailEvent {
        match read_event(body) {
            Ok(Told::Event(event)) => event,
            other => panic!("{other:?}"),
        }
    }

    fn ignored(body: &str) -> Ignored {
        match read_event(body) {
            Ok(Told::Ignored(ignored)) => ignored,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_event_type_of_the_documentation_is_read() {
        let withheld = |reason| Kind::Withheld(reason);
        for (body, kind) in [
            (fixture!("send"), Kind::Accepted),
            (fixture!("delivery"), Kind::Delivered),
            (fixture!("delivery-delay"), Kind::Delayed),
            (fixture!("bounce-permanent"), Kind::HardBounced),
            (fixture!("bounce-suppressed"), withheld(SuppressionReason::Bounced)),
            (fixture!("bounce-transient"), Kind::SoftBounced),
            (fixture!("bounce-undetermined"), Kind::SoftBounced),
            (fixture!("complaint"), Kind::Complained),
            (fixture!("complaint-suppressed"), withheld(SuppressionReason::Complained)),
            (fixture!("reject"), Kind::Rejected),
            (fixture!("rendering-failure"), Kind::NotRendered),
            (fixture!("open"), Kind::Opened),
            (fixture!("click"), Kind::Clicked),
            (fixture!("envelope"), Kind::Accepted),
        ] {
            assert_eq!(event(body).kind, kind);
        }
        assert_eq!(ignored(fixture!("subscription")), Ignored::Subscription);
    }

    #[test]
    fn an_event_names_its_mail_by_the_tags() {
        let event = event(fixture!("delivery"));
        assert_eq!(event.mail.to_string(), "1f3a5c7e9b0d2f4a6c8e0a1b3d5f7091");
        assert_eq!(event.task.contact.to_string(), "a0b1c2d3e4f5061728394a5b6c7d8e9f");
        assert_eq!(event.task.enrolment.to_string(), "00112233445566778899aabbccddeeff");
        assert_eq!(
            (event.task.shop.as_str(), event.task.flow.as_str(), event.task.step),
            ("de", "after-sales", 0)
        );
        assert_eq!(event.message, "0102018f2c7e5a10-6d0f6a52-3b1e-4d1a-9a53-0c7e8f1b2a34-000000");
        assert_eq!(event.sent_at, "2026-03-13T06:30:02.118Z".parse().unwrap());
        assert_eq!(event.at, "2026-03-14T08:15:30.402Z".parse().unwrap());
    }

    #[test]
    fn an_event_without_its_own_moment_happened_when_the_mail_was_sent() {
        for body in [fixture!("send"), fixture!("reject"), fixture!("rendering-failure")] {
            let event = event(body);
            assert_eq!(event.at, event.sent_at);
        }
        let odd = fixture!("delivery").replace("2026-03-14T08:15:30.402Z", "some day");
        assert_eq!(event(&odd).at, event(&odd).sent_at);
    }

    #[test]
    fn nothing_of_the_person_is_kept() {
        for body in [fixture!("bounce-permanent"), fixture!("complaint"), fixture!("open"), fixture!("click")]
        {
            let kept = format!("{:?}", event(body));
            for personal in ["anna", "example.com", "203.0.113", "Danke", "lunaria.example", "iPhone"] {
                assert!(!kept.contains(personal), "{kept}");
            }
        }
    }

    #[test]
    fn a_mail_of_somebody_else_is_ignored() {
        assert_eq!(ignored(fixture!("foreign")), Ignored::ForeignMail("mail_id"));
        for tag in ["shop", "contact", "enrolment", "flow", "step"] {
            let without = fixture!("send").replace(&format!("\"{tag}\""), "\"other\"");
            assert_eq!(ignored(&without), Ignored::ForeignMail(tag));
        }
        for (from, to, tag) in [
            ("\"0\"", "\"-1\"", "step"),
            ("\"0\"", "\"4294967296\"", "step"),
            ("\"de\"", "\"DE#1\"", "shop"),
            ("a0b1c2d3e4f5061728394a5b6c7d8e9f", "a0b1", "contact"),
        ] {
            assert_eq!(ignored(&fixture!("send").replace(from, to)), Ignored::ForeignMail(tag), "{to}");
        }
        let two = fixture!("send").replace("\"de\"", "\"de\", \"at\"");
        assert_eq!(ignored(&two), Ignored::ForeignMail("shop"));
    }

    #[test]
    fn a_mail_taken_out_of_the_spam_folder_is_no_complaint() {
        assert_eq!(ignored(fixture!("complaint-not-spam")), Ignored::NotSpam);
    }

    #[test]
    fn what_ses_adds_later_breaks_nothing() {
        let new_type = fixture!("send").replace("\"Send\"", "\"Teleport\"");
        assert_eq!(ignored(&new_type), Ignored::UnknownType);
        let new_field =
            fixture!("bounce-permanent").replace("\"bounceType\"", "\"new\": {\"a\": [1]}, \"bounceType\"");
        assert_eq!(event(&new_field).kind, Kind::HardBounced);
        let new_bounce = fixture!("bounce-permanent").replace("\"Permanent\"", "\"Strange\"");
        assert_eq!(event(&new_bounce).kind, Kind::SoftBounced, "nobody is suppressed by guess");
    }

    #[test]
    fn a_feedback_notification_is_refused_with_what_to_do() {
        let refused = read_event(fixture!("notification")).unwrap_err();
        assert_eq!(refused, InvalidEvent::Notification);
        assert!(refused.to_string().contains("configuration set"));
    }

    #[test]
    fn the_first_message_of_a_new_topic_is_no_event() {
        let greeting = "Successfully validated SNS topic for Amazon SES event publishing.";
        assert_eq!(ignored(greeting), Ignored::Greeting);
        let wrapped = format!("{{\"Type\": \"Notification\", \"Message\": \"{greeting}\"}}");
        assert_eq!(ignored(&wrapped), Ignored::Greeting);
    }

    #[test]
    fn what_sns_itself_asks_is_refused() {
        let confirmation = "{\"Type\": \"SubscriptionConfirmation\", \"Message\": \"You have chosen…\"}";
        assert_eq!(read_event(confirmation), Err(InvalidEvent::Sns));
        let twice = serde_json::json!({"Type": "Notification", "Message": fixture!("envelope")});
        assert_eq!(read_event(&twice.to_string()), Err(InvalidEvent::Sns));
        assert_eq!(read_event("{\"Type\": \"Notification\"}"), Err(InvalidEvent::Sns));
    }

    #[test]
    fn a_broken_event_is_refused_without_a_word_of_it() {
        for (from, to) in [
            ("\"tags\": {", "\"tags\": \"anna@example.com\", \"x\": {"),
            ("\"mail\": {", "\"mail\": [\"anna@example.com\"], \"y\": {"),
            ("\"eventType\": ", "\"eventType\" "),
        ] {
            let refused = read_event(&fixture!("send").replacen(from, to, 1)).unwrap_err();
            assert!(matches!(refused, InvalidEvent::Form { .. }), "{refused}");
            assert!(!refused.to_string().contains('@'), "{refused}");
        }
        let no_id = fixture!("send").replace("\"messageId\": \"0102", "\"messageId\": \"01 02");
        assert_eq!(read_event(&no_id), Err(InvalidEvent::Field("mail.messageId")));
        let no_time = fixture!("send").replace("2026-03-13T06:30:02.118Z", "yesterday");
        assert_eq!(read_event(&no_time), Err(InvalidEvent::Field("mail.timestamp")));
        let no_bounce = fixture!("bounce-permanent").replace("\"bounce\"", "\"bouncy\"");
        assert_eq!(read_event(&no_bounce), Err(InvalidEvent::Field("bounce")));
        assert_eq!(read_event("{}"), Err(InvalidEvent::Field("eventType")));
        assert!(matches!(read_event(&"[".repeat(10_000)), Err(InvalidEvent::Form { .. })));
        assert_eq!(read_event(&"x".repeat(MAX_BODY + 1)), Err(InvalidEvent::TooLong));
    }

    #[test]
    fn the_documentations_own_samples_are_read() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/samples/ses-events");
        let Ok(files) = std::fs::read_dir(folder) else {
            println!("skipped: no samples");
            return;
        };
        for file in files {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let read = read_event(&std::fs::read_to_string(&path).unwrap());
            match name.split('-').next() {
                Some("event") if name.contains("subscription") => {
                    assert_eq!(read, Ok(Told::Ignored(Ignored::Subscription)), "{name}");
                }
                Some("event") => {
                    assert_eq!(read, Ok(Told::Ignored(Ignored::ForeignMail("mail_id"))), "{name}");
                }
                Some("feedback") => assert_eq!(read, Err(InvalidEvent::Notification), "{name}"),
                _ => {}
            }
        }
    }
}
