//! What the mail service tells about a mail after it was handed over.
//!
//! Events come at least once, in any order, and late: a bounce may follow a delivery by days. What became of a mail
//! must depend on which events came, never on when ([`crate::use_case::record_event`]).

use jiff::Timestamp;

pub mod ses;

use crate::consent::SuppressionReason;
use crate::id::MailId;
use crate::ports::MailTask;

/// One event about one mail, without anything about the person but the keyed hash in its task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailEvent {
    /// The mail.
    pub mail: MailId,
    /// Where it is kept.
    pub task: MailTask,
    /// The id that the service gave it.
    pub message: String,
    /// When the service accepted it.
    pub sent_at: Timestamp,
    /// When this happened.
    pub at: Timestamp,
    /// What happened.
    pub kind: MailEventKind,
}

/// What happened to a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MailEventKind {
    /// The service accepted it and tries to deliver it.
    Accepted,
    /// The recipient's mail server took it.
    Delivered,
    /// It is not delivered yet; the service goes on trying.
    Delayed,
    /// The mailbox does not exist.
    HardBounced,
    /// The service gave up for now: the mailbox is full, the server did not answer. Another mail may arrive.
    SoftBounced,
    /// The service accepted it and sent nothing: the address is on its own list, for this reason.
    Withheld(SuppressionReason),
    /// The recipient called it spam.
    Complained,
    /// The service refused to send it: it took the content for a virus.
    Rejected,
    /// The service could not make it.
    NotRendered,
    /// Somebody or something loaded its pictures. Mail programs do that unasked, so it is counted and decides nothing.
    Opened,
    /// Somebody or something followed a link. Gateways do that unasked, so it is counted and decides nothing.
    Clicked,
}

/// What an event proves about its mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// It went.
    Went,
    /// She never saw it.
    NeverSeen,
}

impl MailEventKind {
    /// The stable name, as in logs, metrics and as the reason of a failed mail.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Delivered => "delivered",
            Self::Delayed => "delayed",
            Self::HardBounced => "bounced",
            Self::SoftBounced => "soft_bounced",
            Self::Withheld(_) => "suppressed",
            Self::Complained => "complained",
            Self::Rejected => "rejected",
            Self::NotRendered => "not_rendered",
            Self::Opened => "opened",
            Self::Clicked => "clicked",
        }
    }

    /// What it proves about the mail, if it decides anything.
    ///
    /// A hard bounce outweighs a delivery: some servers take a mail first and send it back later.
    #[must_use]
    pub const fn proof(self) -> Option<Proof> {
        match self {
            Self::Accepted | Self::Delivered | Self::Complained => Some(Proof::Went),
            Self::HardBounced | Self::Withheld(_) | Self::Rejected | Self::NotRendered => {
                Some(Proof::NeverSeen)
            }
            Self::Delayed | Self::SoftBounced | Self::Opened | Self::Clicked => None,
        }
    }

    /// Why she is not to be mailed any more, if it says so.
    #[must_use]
    pub const fn suppression(self) -> Option<SuppressionReason> {
        match self {
            Self::HardBounced => Some(SuppressionReason::Bounced),
            Self::Complained => Some(SuppressionReason::Complained),
            Self::Withheld(reason) => Some(reason),
            _ => None,
        }
    }
}
