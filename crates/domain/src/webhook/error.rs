//! Why a webhook was not taken, and what its sender is answered.

use super::guard::BadBody;
use super::signature::BadSignature;

/// Why a webhook was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// The body is larger than [`super::guard::MAX_BODY`].
    #[error("the body has {bytes} bytes, more than {limit}: send less in one request")]
    TooLarge {
        /// Its length.
        bytes: usize,
        /// What is taken at most.
        limit: usize,
    },
    /// No such shop, or it has no such wire.
    #[error("no shop is configured for this path: compare the path with the shop's file")]
    UnknownShop,
    /// The signature is missing, wrong or too old.
    #[error("the signature was refused: {0}")]
    BadSignature(#[from] BadSignature),
    /// Signed, but for a topic that nobody reads.
    #[error(
        "no such topic: the path ends in orders-create, orders-paid, orders-updated, orders-cancelled, refunds-create, \
         or orders for the order API"
    )]
    UnknownTopic,
    /// Signed, but no JSON that can be trusted.
    #[error("the body is broken: {0}")]
    Broken(BadBody),
    /// Signed and sound JSON, but not what the topic promises. The body must be kept whole for a person to look at.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

/// A signed body that does not say what it must.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {problem}: {remedy}")]
pub struct Unreadable {
    /// Where in the body, such as `line_items[2].price`; `body` for the whole.
    pub field: String,
    /// What is wrong with it, without anybody's address or name.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

impl From<BadBody> for WebhookError {
    fn from(bad: BadBody) -> Self {
        match bad {
            BadBody::TooLarge { bytes, limit } => Self::TooLarge { bytes, limit },
            other => Self::Broken(other),
        }
    }
}

impl WebhookError {
    /// The HTTP status of the answer.
    ///
    /// An unknown shop answers like a wrong signature, so that nobody can list the shops. A parked body answers 202:
    /// a shop system that sees errors again and again switches its webhook off and later orders would be lost.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::TooLarge { .. } => 413,
            Self::UnknownShop | Self::BadSignature(_) => 401,
            Self::UnknownTopic => 404,
            Self::Broken(_) => 400,
            Self::Unreadable(_) => 202,
        }
    }

    /// The body of the answer: the same for an unknown shop and a wrong signature.
    #[must_use]
    pub fn answer(&self) -> String {
        match self {
            Self::UnknownShop | Self::BadSignature(_) => "the signature was refused".to_owned(),
            Self::Unreadable(unreadable) => format!("kept for a person to look at: {unreadable}"),
            other => other.to_string(),
        }
    }

    /// Whether the caller must keep the body whole, because it is signed and holds what could not be read.
    #[must_use]
    pub const fn is_parked(&self) -> bool {
        matches!(self, Self::Unreadable(_))
    }
}
