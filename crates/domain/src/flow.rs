//! A flow: what starts it, when its mails go, which segment gets which mail, which coupon comes with it.
//! File `flows/<flow>.toml`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{EditionId, FlowId, MailName, PoolId, SegmentId, SeriesId, ShopId, VariantId};
use crate::language::Language;
use crate::money::Currency;
use crate::segment::Conditions;

/// A flow file. The flow's id is the file's name.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    /// The id, from the file's name.
    #[serde(skip_deserializing, default = "unnamed")]
    #[schemars(skip)]
    pub id: FlowId,
    /// Part of every mail's identity: under a new edition the same purchase may be mailed again.
    pub edition: String,
    /// What starts it.
    pub trigger: Trigger,
    /// From when days are counted.
    #[serde(default)]
    pub anchor: Anchor,
    /// The shops it runs in; all when empty.
    #[serde(default)]
    pub shops: Vec<ShopId>,
    /// What a purchase does while an earlier one is still waiting.
    #[serde(default)]
    pub repeat: Repeat,
    /// How many days after its due date a mail is still useful; later it expires.
    pub useful_days: u16,
    /// The mails, in order.
    pub steps: Vec<Step>,
    /// The segments, most important first: an order belongs to the first whose conditions it meets.
    pub segments: Vec<Segment>,
    /// The coupon that comes with the mails.
    #[serde(default)]
    pub coupon: Option<CouponRule>,
}

/// What starts a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// A paid order, online or at a till.
    Purchase,
}

/// From when days are counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Anchor {
    /// The day of the purchase in the shop's time zone.
    #[default]
    Purchased,
    /// The day of the delivery; the flow starts when the source tells it.
    Delivered,
}

/// What a purchase does while an earlier one is still waiting.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Repeat {
    /// It joins the waiting mail: first date kept, lines joined.
    #[default]
    Merge,
    /// The waiting mail is dropped, counting starts anew.
    Restart,
    /// It gets a mail of its own.
    Separate,
}

/// One mail of a flow.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Days after the anchor, or after the step before.
    pub days: u16,
    /// Tries other delays on a share of the contacts.
    #[serde(default)]
    pub experiment: Option<Experiment>,
    /// Mails that differ from those of the segments.
    #[serde(default)]
    pub mails: BTreeMap<SegmentId, MailName>,
}

/// A send-day experiment. A contact gets one variant of a flow, for good.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Experiment {
    /// The variants; their shares add up to 100.
    pub variants: Vec<Variant>,
}

/// One way of an experiment.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// The name in reports.
    pub id: VariantId,
    /// Days after the anchor.
    pub days: u16,
    /// The share of contacts, in percent.
    pub share: u32,
}

/// Who gets which mail.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    /// The name.
    pub id: SegmentId,
    /// What an order must meet; empty in the last segment, which takes the rest.
    #[serde(default)]
    pub when: Conditions,
    /// The mail.
    pub mail: MailName,
    /// Where its products come from.
    pub products: ProductSource,
}

/// Where the products of a mail come from.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, tag = "source", rename_all = "snake_case")]
pub enum ProductSource {
    /// The list that the website shows for a series, or for the whole shop.
    Topsellers {
        /// The series; the whole shop when left out.
        #[serde(default)]
        series: Option<SeriesId>,
        /// How many products at the most.
        count: usize,
        /// With fewer the block is dropped.
        at_least: usize,
    },
    /// What goes with the bought products; filled up with topsellers.
    Recommendations {
        /// The series whose topsellers fill up; that of the bought product when left out.
        #[serde(default)]
        series: Option<SeriesId>,
        /// How many products at the most.
        count: usize,
        /// With fewer the block is dropped.
        at_least: usize,
    },
}

/// The coupon of a flow.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CouponRule {
    /// The campaign's edition.
    pub edition: EditionId,
    /// How often a person gets a code.
    #[serde(default)]
    pub per: CouponScope,
    /// Days that the code is valid after the mail; its own expiry in the shop ends it earlier.
    pub valid_days: u16,
    /// What happens when no code is free.
    #[serde(default)]
    pub empty: EmptyPool,
    /// The pools; the first that serves the shop and currency is used.
    pub pools: Vec<PoolUse>,
    /// What the coupon gives, per language.
    pub benefit: BTreeMap<Language, String>,
}

/// How often a person gets a code.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CouponScope {
    /// One code per person and edition, the same in all steps.
    #[default]
    Contact,
    /// A new code in each step.
    Step,
    /// A new code for each enrolment, the same in its steps.
    Order,
}

/// What happens when no code is free.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, tag = "then", rename_all = "snake_case")]
pub enum EmptyPool {
    /// The mail waits so many days for new codes, then it is skipped.
    Hold {
        /// Days to wait.
        days: u16,
    },
    /// The mail is skipped.
    Skip,
    /// The mail goes without its coupon block.
    Without,
    /// The mail carries one code for everybody.
    Fallback {
        /// That code.
        code: String,
    },
}

impl Default for EmptyPool {
    fn default() -> Self {
        Self::Hold { days: 7 }
    }
}

/// A pool and whom it serves.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PoolUse {
    /// The pool.
    pub pool: PoolId,
    /// The currency of its coupons.
    pub currency: Currency,
    /// The shops it is reserved for; all when empty.
    #[serde(default)]
    pub shops: Vec<ShopId>,
    /// One code for everybody instead of codes from the stock; never runs out.
    #[serde(default)]
    pub generic: Option<String>,
}

fn unnamed() -> FlowId {
    FlowId::parse("unnamed").unwrap_or_else(|_| unreachable!("a constant slug"))
}

impl Flow {
    /// What stands for a flow that is not published any more: no order falls into a segment of it, so none of its mails goes.
    #[must_use]
    pub const fn gone(id: FlowId) -> Self {
        Self {
            id,
            edition: String::new(),
            trigger: Trigger::Purchase,
            anchor: Anchor::Purchased,
            shops: Vec::new(),
            repeat: Repeat::Merge,
            useful_days: 0,
            steps: Vec::new(),
            segments: Vec::new(),
            coupon: None,
        }
    }

    /// Whether it runs in a shop.
    #[must_use]
    pub fn runs_in(&self, shop: &ShopId) -> bool {
        self.shops.is_empty() || self.shops.contains(shop)
    }

    fn variants(&self) -> &[Variant] {
        let experiment = self.steps.first().and_then(|step| step.experiment.as_ref());
        experiment.map_or(&[], |experiment| &experiment.variants)
    }

    /// The variant of a name.
    #[must_use]
    pub fn variant_named(&self, id: &VariantId) -> Option<&Variant> {
        self.variants().iter().find(|variant| variant.id == *id)
    }

    /// The variant of a new contact: stable, by hash of contact and flow, in the shares of the experiment.
    #[must_use]
    pub fn variant_of(&self, contact: crate::id::ContactId) -> Option<&Variant> {
        let mut ticket = crate::id::bucket(&["variant", self.id.as_str(), &contact.to_string()], 100);
        self.variants().iter().find(|variant| match ticket.checked_sub(variant.share) {
            Some(rest) => {
                ticket = rest;
                false
            }
            None => true,
        })
    }

    /// The mail that a segment gets in a step.
    #[must_use]
    pub fn mail_for(&self, step: u32, segment: &Segment) -> MailName {
        let step = usize::try_from(step).ok().and_then(|step| self.steps.get(step));
        step.and_then(|step| step.mails.get(&segment.id)).unwrap_or(&segment.mail).clone()
    }
}

impl PoolUse {
    fn serves(&self, shop: &ShopId) -> bool {
        self.shops.is_empty() || self.shops.contains(shop)
    }
}

impl CouponRule {
    /// The pool for a shop and currency; never one of another currency.
    #[must_use]
    pub fn pool_for(&self, shop: &ShopId, currency: Currency) -> Option<&PoolUse> {
        self.pools.iter().find(|pool| pool.currency == currency && pool.serves(shop))
    }

    /// The pools with stock that serve a shop, in whatever currency.
    pub fn stocks_for(&self, shop: &ShopId) -> impl Iterator<Item = &PoolUse> {
        self.pools.iter().filter(move |pool| pool.serves(shop) && pool.generic.is_none())
    }

    /// Whether a code that came from a pool may stand for an order in a currency. What the pool's currency was, nobody
    /// knows any more once the rule has it no longer.
    #[must_use]
    pub fn suits(&self, pool: &PoolId, currency: Currency) -> bool {
        self.pools.iter().filter(|used| used.pool == *pool).all(|used| used.currency == currency)
    }
}

#[cfg(test)]
mod tests;
