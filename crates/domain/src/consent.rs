//! On what ground somebody may be mailed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Proof of a consent, as it came with an order, a till row or a sign-up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentProof {
    /// When it was given.
    pub at: Timestamp,
    /// Where it was given: a form, a till, a checkbox at checkout.
    pub source: String,
    /// Which text was shown.
    pub text_version: String,
}

/// The legal ground of a marketing mail.
///
/// Source: § 7 (2) UWG (consent), § 7 (3) UWG and article 13 (2) of Directive 2002/58/EC (existing customers).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "ground")]
pub enum LegalBasis {
    /// She agreed.
    Consent(ConsentProof),
    /// She bought, was told at the purchase that she may object, and gets similar goods only.
    ExistingCustomer {
        /// Which notice she was shown.
        notice_version: String,
        /// When she bought.
        since: Timestamp,
    },
}

/// Why somebody is not mailed any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuppressionReason {
    /// She said no.
    Unsubscribed,
    /// Her mailbox does not exist.
    Bounced,
    /// She reported a mail as spam.
    Complained,
    /// Her data was erased; only the keyed hash is kept.
    Erased,
    /// The shop put her on the list.
    Manual,
}
