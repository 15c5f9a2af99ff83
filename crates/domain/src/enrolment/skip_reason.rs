//! Why a mail is not sent.

use serde::{Deserialize, Serialize};

use crate::consent::SuppressionReason;
use crate::order::DeadOrder;

/// Why a mail is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// The buyer gave no address that can be mailed.
    NoEmail,
    /// Neither a consent nor the facts of § 7 (3) UWG.
    NoLegalBasis,
    /// She said no.
    Unsubscribed,
    /// Her mailbox does not exist.
    Bounced,
    /// She reported a mail as spam.
    Complained,
    /// Her data was erased.
    Erased,
    /// The shop put her on its list.
    Blocked,
    /// The order was cancelled.
    Cancelled,
    /// Everything was given back.
    Returned,
    /// The receipt holds returns or no goods only.
    NoGoods,
    /// Never paid.
    Unpaid,
    /// A test order.
    TestOrder,
    /// Only a cancellation or refund of the order is known.
    OrderUnknown,
    /// Too late to be useful.
    Expired,
    /// No code came in time.
    NoCode,
    /// It joined the mail of an earlier purchase.
    Merged,
    /// A later purchase started the flow anew.
    Restarted,
    /// The order turned out to be somebody else's.
    Moved,
    /// No flow of the shop takes it.
    NoFlow,
    /// The source has not told its delivery, from which the flow counts.
    NotDelivered,
}

impl SkipReason {
    /// All of them.
    pub const ALL: [Self; 20] = [
        Self::NoEmail,
        Self::NoLegalBasis,
        Self::Unsubscribed,
        Self::Bounced,
        Self::Complained,
        Self::Erased,
        Self::Blocked,
        Self::Cancelled,
        Self::Returned,
        Self::NoGoods,
        Self::Unpaid,
        Self::TestOrder,
        Self::OrderUnknown,
        Self::Expired,
        Self::NoCode,
        Self::Merged,
        Self::Restarted,
        Self::Moved,
        Self::NoFlow,
        Self::NotDelivered,
    ];

    /// The stable name, as in reports and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoEmail => "no_email",
            Self::NoLegalBasis => "no_legal_basis",
            Self::Unsubscribed => "unsubscribed",
            Self::Bounced => "bounced",
            Self::Complained => "complained",
            Self::Erased => "erased",
            Self::Blocked => "blocked",
            Self::Cancelled => "cancelled",
            Self::Returned => "returned",
            Self::NoGoods => "no_goods",
            Self::Unpaid => "unpaid",
            Self::TestOrder => "test_order",
            Self::OrderUnknown => "order_unknown",
            Self::Expired => "expired",
            Self::NoCode => "no_code",
            Self::Merged => "merged",
            Self::Restarted => "restarted",
            Self::Moved => "moved",
            Self::NoFlow => "no_flow",
            Self::NotDelivered => "not_delivered",
        }
    }

    /// The reason in a sentence, for people.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::NoEmail => "the buyer gave no e-mail address that can be mailed",
            Self::NoLegalBasis => {
                "there is neither a consent nor an existing-customer notice for this purchase"
            }
            Self::Unsubscribed => "the buyer unsubscribed",
            Self::Bounced => "the buyer's mailbox does not exist",
            Self::Complained => "the buyer reported a mail as spam",
            Self::Erased => "the buyer's data was erased",
            Self::Blocked => "the shop put the buyer on its suppression list",
            Self::Cancelled => "the order was cancelled",
            Self::Returned => "everything was given back",
            Self::NoGoods => "the receipt holds no goods that were bought",
            Self::Unpaid => "the order is not paid",
            Self::TestOrder => "it is a test order",
            Self::OrderUnknown => "only a cancellation or refund of the order has arrived",
            Self::Expired => "the last day on which the mail is useful has passed",
            Self::NoCode => "no coupon code was free in time",
            Self::Merged => "it joined the mail of an earlier purchase",
            Self::Restarted => "a later purchase started the flow anew",
            Self::Moved => "the order now belongs to somebody else",
            Self::NoFlow => "no flow of the shop takes this order",
            Self::NotDelivered => "the flow counts from the delivery, which has not been told",
        }
    }

    /// Whether none of the mail's orders counted.
    pub(crate) const fn is_of_orders(self) -> bool {
        matches!(
            self,
            Self::Cancelled
                | Self::Returned
                | Self::NoGoods
                | Self::Unpaid
                | Self::TestOrder
                | Self::OrderUnknown
                | Self::Moved
        )
    }
}

impl From<DeadOrder> for SkipReason {
    fn from(dead: DeadOrder) -> Self {
        match dead {
            DeadOrder::Cancelled => Self::Cancelled,
            DeadOrder::Returned => Self::Returned,
            DeadOrder::NoGoods => Self::NoGoods,
            DeadOrder::Unpaid => Self::Unpaid,
            DeadOrder::Test => Self::TestOrder,
            DeadOrder::Unknown => Self::OrderUnknown,
        }
    }
}

impl From<SuppressionReason> for SkipReason {
    fn from(reason: SuppressionReason) -> Self {
        match reason {
            SuppressionReason::Unsubscribed => Self::Unsubscribed,
            SuppressionReason::Bounced => Self::Bounced,
            SuppressionReason::Complained => Self::Complained,
            SuppressionReason::Erased => Self::Erased,
            SuppressionReason::Manual => Self::Blocked,
        }
    }
}
