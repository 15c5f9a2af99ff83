//! One mail of an enrolment, and how far it is.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::skip_reason::SkipReason;
use crate::coupon::Grant;
use crate::id::{MailId, MailName, SegmentId};
use crate::language::Language;
use crate::mail::published::AddressForm;

/// One mail of an enrolment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRecord {
    /// The first day on which it may go, in the shop's time zone.
    pub due: Date,
    /// The last day on which it is useful.
    pub latest: Date,
    /// Since when it waits for codes, if it does.
    pub held_since: Option<Date>,
    /// How far it is.
    pub state: StepState,
}

/// How far a mail is: planned → claimed → sending → sent | failed | unknown, or skipped with a reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum StepState {
    /// Planned.
    Waiting,
    /// Decided, with its coupon.
    Claimed(Claim),
    /// About to be handed over, until the lease ends.
    Sending {
        /// What is sent.
        claim: Claim,
        /// When the attempt has certainly ended.
        lease_until: Timestamp,
    },
    /// Accepted by the mail service.
    Sent {
        /// What was sent.
        claim: Claim,
        /// The service's id.
        message: String,
        /// When.
        at: Timestamp,
    },
    /// Refused for good by the mail service.
    Failed {
        /// What was refused.
        claim: Claim,
        /// Why, in the service's words without addresses.
        reason: String,
        /// When.
        at: Timestamp,
    },
    /// Handed over with an unknown end; never sent again, settled by an event.
    Unknown {
        /// What may have been sent.
        claim: Claim,
        /// Since when nobody knows.
        since: Timestamp,
    },
    /// Not sent.
    Skipped {
        /// Why.
        reason: SkipReason,
        /// When that was decided.
        at: Timestamp,
    },
}

/// What is sent, fixed when the coupon was claimed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The mail's id.
    pub mail: MailId,
    /// When it was claimed.
    pub at: Timestamp,
    /// The segment.
    pub segment: SegmentId,
    /// Which mail.
    pub name: MailName,
    /// Which published version of it.
    pub version: String,
    /// In which language.
    pub language: Language,
    /// In which form of address.
    pub address: AddressForm,
    /// The coupon, if it carries one.
    pub coupon: Option<Grant>,
}

impl StepState {
    /// Why it never goes, if it was dropped.
    #[must_use]
    pub const fn skip_reason(&self) -> Option<SkipReason> {
        match self {
            Self::Skipped { reason, .. } => Some(*reason),
            _ => None,
        }
    }

    /// What was claimed, if anything was.
    #[must_use]
    pub const fn claim(&self) -> Option<&Claim> {
        match self {
            Self::Claimed(claim)
            | Self::Sending { claim, .. }
            | Self::Sent { claim, .. }
            | Self::Failed { claim, .. }
            | Self::Unknown { claim, .. } => Some(claim),
            Self::Waiting | Self::Skipped { .. } => None,
        }
    }

    /// Whether nothing will happen any more, short of an event that settles an unknown end.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::Sent { .. } | Self::Failed { .. } | Self::Skipped { .. })
    }
}
