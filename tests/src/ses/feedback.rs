//! What becomes of an accepted mail.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::address;
use super::event::{EventType, event, written};
use super::mail::Mail;
use super::suppression::Reason;

const SIMULATOR: &str = "@simulator.amazonses.com";
const AGENT: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36";

/// What a mailbox provider, a recipient or SES itself says of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Feedback {
    /// Taken by the recipient's server.
    Delivered,
    /// Not taken.
    Bounced(Bounce),
    /// Marked as spam.
    Complained,
    /// Found to hold a virus.
    Rejected,
    /// The tracking pixel was loaded.
    Opened,
    /// This tracked link was followed.
    Clicked(String),
    /// Not taken yet.
    Delayed,
    /// This template missed data.
    RenderingFailed(String),
}

/// `bounceType` and `bounceSubType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bounce {
    /// Permanent, General: no such user.
    Permanent,
    /// Permanent, Suppressed: on the suppression list of SES itself.
    Suppressed,
    /// Permanent, `OnAccountSuppressionList`: on the list of this account.
    OnAccountSuppressionList,
    /// Transient, General: also an out-of-office answer.
    Transient,
    /// Transient, `MailboxFull`.
    MailboxFull,
    /// Undetermined, Undetermined.
    Undetermined,
}

impl Bounce {
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Permanent => ("Permanent", "General"),
            Self::Suppressed => ("Permanent", "Suppressed"),
            Self::OnAccountSuppressionList => ("Permanent", "OnAccountSuppressionList"),
            Self::Transient => ("Transient", "General"),
            Self::MailboxFull => ("Transient", "MailboxFull"),
            Self::Undetermined => ("Undetermined", "Undetermined"),
        }
    }

    fn recipient(self, address: &str) -> Value {
        let (status, said) = match self {
            Self::Permanent => ("5.1.1", "smtp; 550 5.1.1 user unknown"),
            Self::MailboxFull => ("4.2.2", "smtp; 452 4.2.2 mailbox full"),
            Self::Suppressed | Self::OnAccountSuppressionList => (
                "5.1.1",
                "Amazon SES did not send the message to this address because it is on a suppression list.",
            ),
            Self::Transient | Self::Undetermined => return json!({ "emailAddress": address }),
        };
        json!({ "emailAddress": address, "action": "failed", "status": status, "diagnosticCode": said })
    }
}

impl Feedback {
    /// Why SES puts the recipients on the suppression list of the account after this.
    pub(super) fn suppresses(&self) -> Option<Reason> {
        match self {
            Self::Bounced(Bounce::Permanent) => Some(Reason::Bounce),
            Self::Complained => Some(Reason::Complaint),
            _ => None,
        }
    }

    pub(super) fn kind(&self) -> EventType {
        match self {
            Self::Delivered => EventType::Delivery,
            Self::Bounced(_) => EventType::Bounce,
            Self::Complained => EventType::Complaint,
            Self::Rejected => EventType::Reject,
            Self::Opened => EventType::Open,
            Self::Clicked(_) => EventType::Click,
            Self::Delayed => EventType::DeliveryDelay,
            Self::RenderingFailed(_) => EventType::RenderingFailure,
        }
    }

    /// The event for these recipients (bare addresses) of the mail.
    pub(super) fn event(&self, mail: &Mail, recipients: &[&str], now: Timestamp) -> Value {
        event(mail, self.kind(), self.detail(mail, recipients, now))
    }

    fn detail(&self, mail: &Mail, recipients: &[&str], now: Timestamp) -> Value {
        let at = written(now);
        match self {
            Self::Delivered => json!({
                "timestamp": at,
                "processingTimeMillis": now.duration_since(mail.accepted_at).as_millis().max(1),
                "recipients": recipients,
                "smtpResponse": "250 2.6.0 Message received",
                "reportingMTA": "mta.example.com",
            }),
            Self::Bounced(bounce) => bounce_detail(*bounce, mail, recipients, &at),
            Self::Complained => json!({
                "complainedRecipients":
                    recipients.iter().map(|one| json!({ "emailAddress": one })).collect::<Vec<_>>(),
                "timestamp": at,
                "feedbackId": format!("{}-complaint", mail.message_id),
                "userAgent": AGENT,
                "complaintFeedbackType": "abuse",
                "arrivalDate": at,
            }),
            Self::Rejected => json!({ "reason": "Bad content" }),
            Self::Opened => json!({ "ipAddress": "192.0.2.1", "timestamp": at, "userAgent": AGENT }),
            Self::Clicked(link) => json!({
                "ipAddress": "192.0.2.1", "link": link, "linkTags": {}, "timestamp": at, "userAgent": AGENT,
            }),
            Self::Delayed => delay_detail(recipients, &at),
            Self::RenderingFailed(template) => json!({
                "errorMessage": "Attribute 'attributeName' is not present in the rendering data.",
                "templateName": template,
            }),
        }
    }
}

fn bounce_detail(bounce: Bounce, mail: &Mail, recipients: &[&str], at: &str) -> Value {
    let (kind, sub_kind) = bounce.names();
    json!({
        "bounceType": kind,
        "bounceSubType": sub_kind,
        "bouncedRecipients": recipients.iter().map(|one| bounce.recipient(one)).collect::<Vec<_>>(),
        "timestamp": at,
        "feedbackId": format!("{}-bounce", mail.message_id),
        "reportingMTA": "dsn; mta.example.com",
    })
}

fn delay_detail(recipients: &[&str], at: &str) -> Value {
    let delayed = |one: &&str| {
        json!({
            "emailAddress": one,
            "status": "4.4.1",
            "diagnosticCode": "smtp; 421 4.4.1 Unable to connect to remote host",
        })
    };
    json!({
        "timestamp": at,
        "delayType": "TransientCommunicationFailure",
        "expirationTime": at,
        "delayedRecipients": recipients.iter().map(delayed).collect::<Vec<_>>(),
    })
}

/// What happens to a mail for this bare address by itself, in order: the simulator of SES
/// (<https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html>), or a delivery.
pub(super) fn fate(address: &str, suppressed: bool) -> Vec<Feedback> {
    if suppressed {
        return vec![Feedback::Bounced(Bounce::OnAccountSuppressionList)];
    }
    match simulated(address).as_deref() {
        Some("bounce") => vec![Feedback::Bounced(Bounce::Permanent)],
        Some("suppressionlist") => vec![Feedback::Bounced(Bounce::Suppressed)],
        Some("complaint") => vec![Feedback::Delivered, Feedback::Complained],
        Some("ooto") => vec![Feedback::Delivered, Feedback::Bounced(Bounce::Transient)],
        _ => vec![Feedback::Delivered],
    }
}

/// The scenario of a simulator address; `bounce+label@…` is the same as `bounce@…`.
pub(super) fn simulated(address: &str) -> Option<String> {
    let address = address.to_ascii_lowercase();
    let local = address.strip_suffix(SIMULATOR)?;
    Some(local.split('+').next().unwrap_or_default().to_owned())
}

/// The bare addresses of a mail's recipients.
pub(super) fn recipients(mail: &Mail) -> Vec<&str> {
    mail.recipients.iter().filter_map(|one| address::bare(one).ok()).collect()
}
