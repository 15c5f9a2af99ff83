//! Why a mail looks as it does: kept beside each mail for whoever asks.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::coupon::Grant;
use crate::flow::Flow;
use crate::id::{ContactId, FlowId, MailId, MailName, OrderKey, SegmentId, ShopId, VariantId};
use crate::language::Language;

/// The story of one mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailStory {
    /// The mail.
    pub mail: MailId,
    /// The shop.
    pub shop: ShopId,
    /// The person.
    pub contact: ContactId,
    /// The flow and its edition.
    pub flow: FlowId,
    /// The orders that it is about.
    pub orders: Vec<OrderKey>,
    /// The segment they belong to.
    pub segment: SegmentId,
    /// The way of the experiment.
    pub variant: Option<VariantId>,
    /// The mail's folder.
    pub name: MailName,
    /// Its published version.
    pub version: String,
    /// The language.
    pub language: Language,
    /// The coupon.
    pub coupon: Option<Grant>,
    /// The products in it, each with where it comes from.
    pub chosen: Vec<Told>,
    /// The products that were looked at and left out, each with why.
    pub dropped: Vec<Told>,
    /// When it was made.
    pub made_at: Timestamp,
}

/// A product and a word about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The product's id in the feed.
    pub product: String,
    /// Where it comes from, or why it was left out.
    pub word: String,
}

impl MailStory {
    /// The `utm_campaign` of the mail's links: the flow and its edition, never anything about a person.
    #[must_use]
    pub fn campaign(flow: &Flow) -> String {
        format!("{}-{}", flow.id, flow.edition)
    }
}
