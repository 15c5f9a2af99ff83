//! A person in one shop: all that decides about her mails, as one value with one version.
//!
//! Every decision about a person is made on this value and committed under its version. So a cancellation, an
//! objection and a claim can never pass each other unseen (`docs/adr/0001-one-item-decides.md`).

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::consent::{LegalBasis, SuppressionReason};
use crate::coupon::CouponCode;
use crate::email::EmailAddress;
use crate::enrolment::{EnrolledOrder, Enrolment, StepRecord, StepState};
use crate::flow::CouponRule;
use crate::id::{ContactId, EditionId, EnrolmentId, FlowId, MailId, OrderKey, PoolId, ShopId};
use crate::language::{Country, Language};
use crate::money::Currency;
use crate::order::{DeadOrder, Order, OrderSnapshot};
use crate::ports::{MailTask, Version};

mod shell;

/// A person in one shop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// The shop whose list she is on.
    pub shop: ShopId,
    /// Who she is.
    pub id: ContactId,
    /// Her address; gone once her data is erased.
    pub email: Option<EmailAddress>,
    /// Her first name, if a source told it.
    pub first_name: Option<String>,
    /// Her language, if a source told it.
    pub language: Option<Language>,
    /// Her country, if a source told it.
    pub country: Option<Country>,
    /// On what ground she may be mailed.
    pub basis: Option<LegalBasis>,
    /// Why she is not mailed any more; never taken back by an event.
    pub suppressed: Option<Suppression>,
    /// Her way through the flows.
    pub enrolments: Vec<Enrolment>,
    /// The codes that are hers.
    pub coupons: Vec<HeldCoupon>,
    /// When the profile was last told; an older order does not overwrite it.
    pub profile_at: Option<Timestamp>,
    /// When something was told of an order of hers last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_at: Option<Timestamp>,
    /// The orders that were told as hers at some time, newest told last, at most [`KNOWN_ORDERS`]: a later return may belong to one.
    #[serde(default)]
    pub orders: Vec<KnownOrder>,
}

/// An order that was told as hers at some time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownOrder {
    /// The order.
    #[serde(flatten)]
    pub key: OrderKey,
    /// Its version when it was told last; 0 where that was not noted.
    #[serde(default)]
    pub version: Version,
    /// Whether it was told to be somebody else's.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub left: bool,
}

/// So many of a person's orders are kept in sight. A return reaches back over a flow's days, never over more orders.
pub const KNOWN_ORDERS: usize = 100;

/// That she is not mailed any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppression {
    /// Why.
    pub reason: SuppressionReason,
    /// Since when.
    pub at: Timestamp,
}

/// What a source tells of a person; what it leaves out stays as it is known.
#[derive(Debug, Clone, Copy, Default)]
pub struct Profile<'a> {
    /// Her address.
    pub email: Option<&'a EmailAddress>,
    /// Her first name.
    pub first_name: Option<&'a String>,
    /// Her language.
    pub language: Option<&'a Language>,
    /// Her country.
    pub country: Option<&'a Country>,
}

/// A code in somebody's hands. For the CRM it tells campaign, validity and state (see `explain` and the exports).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldCoupon {
    /// The edition it was given under.
    pub edition: EditionId,
    /// What makes it hers within the edition; see [`crate::coupon::scope_key`].
    pub scope: String,
    /// The pool.
    pub pool: PoolId,
    /// The code.
    pub code: CouponCode,
    /// The mail it was claimed for.
    pub mail: MailId,
    /// The day from which she holds it.
    pub granted_on: Date,
    /// The last day on which it is valid: as printed, or later where the mail arrived later.
    pub valid_until: Date,
    /// The last day on which the shop takes it.
    pub expires: Option<Date>,
}

impl Contact {
    /// Somebody of whom nothing is known yet.
    #[must_use]
    pub const fn new(shop: ShopId, id: ContactId) -> Self {
        Self {
            shop,
            id,
            email: None,
            first_name: None,
            language: None,
            country: None,
            basis: None,
            suppressed: None,
            enrolments: Vec::new(),
            coupons: Vec::new(),
            profile_at: None,
            told_at: None,
            orders: Vec::new(),
        }
    }

    /// Takes over what an order tells about the buyer, unless a newer one was heard before.
    ///
    /// After an erasure nothing is taken over: only the key that keeps her suppressed remains.
    pub fn learn(&mut self, snapshot: &OrderSnapshot, basis: Option<LegalBasis>) {
        let profile = Profile {
            email: snapshot.email.as_ref(),
            first_name: snapshot.first_name.as_ref(),
            language: snapshot.language.as_ref(),
            country: snapshot.country.as_ref(),
        };
        self.learn_profile(profile, basis, snapshot.revision);
    }

    /// Takes over what a source told of her at a moment, as [`Contact::learn`] does.
    pub fn learn_profile(&mut self, told: Profile<'_>, basis: Option<LegalBasis>, at: Timestamp) {
        if self.is_erased() {
            return;
        }
        let newest = self.profile_at.is_none_or(|known| known <= at);
        replace(&mut self.email, told.email, newest);
        replace(&mut self.first_name, told.first_name, newest);
        replace(&mut self.language, told.language, newest);
        replace(&mut self.country, told.country, newest);
        self.basis = stronger(self.basis.take(), basis);
        self.profile_at = self.profile_at.max(Some(at));
    }

    /// Notes that an order is hers, and how new what was told of it is; the one told longest ago is lost sight of.
    pub fn add_order(&mut self, order: &OrderKey, version: Version) {
        if let Some(known) = self.orders.iter_mut().find(|known| known.key == *order) {
            known.left &= known.version >= version;
            known.version = known.version.max(version);
            return;
        }
        let surplus = (self.orders.len() + 1).saturating_sub(KNOWN_ORDERS);
        self.orders.drain(..surplus);
        self.orders.push(KnownOrder { key: order.clone(), version, left: false });
    }

    /// Notes that an order is somebody else's from this version on.
    pub fn lose_order(&mut self, order: &OrderKey, version: Version) {
        self.add_order(order, version);
        let lost = self.orders.iter_mut().filter(|known| known.key == *order);
        lost.for_each(|known| known.left = true);
    }

    /// Whether she was told that an order is somebody else's or counts no more, and what is seen of it is older than that:
    /// whoever told her is about to store it, and may answer the shop before a mail goes.
    #[must_use]
    pub fn was_told_of_its_end(&self, order: &Order, seen: Version) -> bool {
        let left = || self.orders.iter().any(|known| known.key == order.key && known.left);
        let dead = || self.enrolled(&order.key).any(|enrolled| enrolled.dead.is_some());
        !self.is_up_to_date(&order.key, seen) && order.dead().is_none() && (left() || dead())
    }

    fn enrolled(&self, order: &OrderKey) -> impl Iterator<Item = &EnrolledOrder> {
        let enrolled = self.enrolments.iter().flat_map(|enrolment| &enrolment.orders);
        enrolled.filter(move |enrolled| enrolled.key == *order)
    }

    /// Whether she was told a newer state of an order than this one.
    #[must_use]
    pub fn knows_better(&self, order: &OrderKey, told: Version) -> bool {
        self.orders.iter().any(|known| known.key == *order && known.version > told)
    }

    /// Whether what she was told of an order of hers is what is stored. A message that broke off leaves it otherwise.
    #[must_use]
    pub fn is_told_rightly(&self, order: &Order) -> bool {
        let left = self.orders.iter().any(|known| known.key == order.key && known.left);
        !left && self.enrolled(&order.key).all(|enrolled| enrolled.dead == order.dead())
    }

    /// Notes an order anew, whatever was told of it before.
    pub fn renew_order(&mut self, order: &OrderKey, version: Version) {
        self.orders.retain(|known| known.key != *order);
        self.add_order(order, version);
    }

    /// Why an order counts no more, if she was told that it was cancelled or given back whole, under this version or a
    /// newer one.
    #[must_use]
    pub fn taken_back(&self, order: &OrderKey, version: Version) -> Option<DeadOrder> {
        self.orders.iter().find(|known| known.key == *order && known.version >= version)?;
        let dead = self.enrolled(order).find_map(|enrolled| enrolled.dead);
        dead.filter(|dead| dead.is_taken_back())
    }

    /// Notes why an order counts no more, or that it counts, in every enrolment: also in those of flows that run no more.
    pub fn note_end(&mut self, order: &OrderKey, dead: Option<DeadOrder>) {
        let enrolled = self.enrolments.iter_mut().flat_map(|enrolment| &mut enrolment.orders);
        enrolled.filter(|enrolled| enrolled.key == *order).for_each(|enrolled| enrolled.dead = dead);
    }

    /// Whether an order was told as hers.
    #[must_use]
    pub fn knows(&self, order: &OrderKey) -> bool {
        self.orders.iter().any(|known| known.key == *order && !known.left)
    }

    /// Whether what is seen of an order holds all that was told of it. One that was lost sight of never does.
    #[must_use]
    pub fn is_up_to_date(&self, order: &OrderKey, seen: Version) -> bool {
        let told = self.orders.iter().find(|known| known.key == *order).map(|known| known.version);
        told.is_some_and(|told| told > Version::default() && seen >= told)
    }

    /// Notes that she is not to be mailed; the first reason stays, an erasure replaces it.
    pub fn suppress(&mut self, reason: SuppressionReason, at: Timestamp) {
        if self.suppressed.is_none() || reason == SuppressionReason::Erased {
            self.suppressed = Some(Suppression { reason, at });
        }
    }

    /// The enrolment with an id.
    #[must_use]
    pub fn enrolment(&self, id: EnrolmentId) -> Option<&Enrolment> {
        self.enrolments.iter().find(|enrolment| enrolment.id == id)
    }

    /// The enrolment with an id, to change it.
    pub fn enrolment_mut(&mut self, id: EnrolmentId) -> Option<&mut Enrolment> {
        self.enrolments.iter_mut().find(|enrolment| enrolment.id == id)
    }

    /// One mail of an enrolment, by its step from 0.
    #[must_use]
    pub fn step(&self, enrolment: EnrolmentId, step: u32) -> Option<&StepRecord> {
        self.enrolment(enrolment)?.steps.get(usize::try_from(step).ok()?)
    }

    /// One mail of an enrolment, to change it.
    pub fn step_mut(&mut self, enrolment: EnrolmentId, step: u32) -> Option<&mut StepRecord> {
        self.enrolment_mut(enrolment)?.steps.get_mut(usize::try_from(step).ok()?)
    }

    /// The same contact with one mail in another state. Of an erased person a mail that has come to its end leaves
    /// nothing behind.
    #[must_use]
    pub fn with_state(mut self, task: &MailTask, state: StepState) -> Self {
        if let Some(step) = self.step_mut(task.enrolment, task.step) {
            step.state = state;
        }
        if self.is_erased() {
            self.forget();
        }
        self
    }

    /// The enrolments in a flow that an order is part of, the one that still waits first.
    pub fn enrolments_of<'a>(
        &'a self,
        flow: &'a FlowId,
        order: &'a OrderKey,
    ) -> impl Iterator<Item = &'a Enrolment> {
        self.enrolments.iter().filter(move |enrolment| enrolment.flow == *flow && enrolment.holds(order))
    }

    /// The code she holds under a rule's edition and a scope, for an order in a currency.
    #[must_use]
    pub fn coupon(&self, rule: &CouponRule, scope: &str, currency: Option<Currency>) -> Option<&HeldCoupon> {
        let hers = |held: &&HeldCoupon| held.edition == rule.edition && held.scope == scope;
        let suits = |held: &&HeldCoupon| currency.is_none_or(|currency| rule.suits(&held.pool, currency));
        self.coupons.iter().filter(hers).find(suits)
    }
}

fn replace<T: Clone>(known: &mut Option<T>, told: Option<&T>, newest: bool) {
    if let Some(told) = told
        && (newest || known.is_none())
    {
        *known = Some(told.clone());
    }
}

/// A consent outweighs an existing customer; of two of a kind the earlier proof stays, whichever was told first.
fn stronger(known: Option<LegalBasis>, told: Option<LegalBasis>) -> Option<LegalBasis> {
    let rank = |basis: &LegalBasis| match basis {
        LegalBasis::Consent(proof) => (0, proof.at),
        LegalBasis::ExistingCustomer { since, .. } => (1, *since),
    };
    [known, told].into_iter().flatten().min_by_key(rank)
}

#[cfg(test)]
mod tests;
