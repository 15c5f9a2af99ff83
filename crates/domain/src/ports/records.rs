//! Orders and contacts, written under a version.
//!
//! A `glance_…` reads the same as its `load_…` and MAY be behind, which halves its price on DynamoDB. What it shows is
//! good enough for a write under the version that it shows, and for handing a task on to somebody who decides anew.
//! Every other outcome, such as doing nothing, MUST be decided on what `load_…` shows. A contact tells how new its orders
//! are, so a glance at them is as good as the glance at the contact if it shows no less.
//!
//! Source: <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.ReadConsistency.html>

use std::future::Future;

use serde::{Deserialize, Serialize};

use super::error::PortResult;
use crate::contact::Contact;
use crate::coupon::CodeChange;
use crate::id::{ContactId, OrderKey, ShopId};
use crate::order::Order;

/// The version of a stored value: 0 when it is absent, one more with each write.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Version(pub u64);

impl Version {
    /// The version after one more write.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// What a conditional write did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    /// It was written.
    Done,
    /// Somebody else wrote first; read again and decide again.
    Conflict,
}

/// What committing a contact did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// Contact and code were written, both.
    Done,
    /// Somebody else wrote the contact first; neither was written.
    ContactChanged,
    /// The code is not in the state that the change needs; neither was written.
    CodeTaken,
}

/// Orders.
pub trait Orders {
    /// The order, with its version. MUST see every write that has returned.
    fn load_order(&self, key: &OrderKey)
    -> impl Future<Output = PortResult<Option<(Order, Version)>>> + Send;

    /// The order as some moment ago, with the version of that moment. MAY be behind or absent still.
    fn glance_order(
        &self,
        key: &OrderKey,
    ) -> impl Future<Output = PortResult<Option<(Order, Version)>>> + Send;

    /// Writes the order. MUST write nothing and answer [`Saved::Conflict`] unless the stored version is `expected`.
    fn save_order(&self, order: &Order, expected: Version) -> impl Future<Output = PortResult<Saved>> + Send;

    /// The orders with these keys, those that exist, in any order, with their versions. MUST see every write that has
    /// returned.
    fn load_orders(
        &self,
        keys: &[OrderKey],
    ) -> impl Future<Output = PortResult<Vec<(Order, Version)>>> + Send;

    /// The orders with these keys as some moment ago, with the versions of that moment. Each MAY be behind or absent
    /// still.
    fn glance_orders(
        &self,
        keys: &[OrderKey],
    ) -> impl Future<Output = PortResult<Vec<(Order, Version)>>> + Send;
}

/// Contacts, and the codes that change hands together with them.
pub trait Contacts {
    /// The contact, with its version. MUST see every write that has returned.
    fn load_contact(
        &self,
        shop: &ShopId,
        id: ContactId,
    ) -> impl Future<Output = PortResult<Option<(Contact, Version)>>> + Send;

    /// The contact as some moment ago, with the version of that moment. MAY be behind or absent still.
    fn glance_contact(
        &self,
        shop: &ShopId,
        id: ContactId,
    ) -> impl Future<Output = PortResult<Option<(Contact, Version)>>> + Send;

    /// Writes the contact and changes codes, all or nothing. Without codes it is one conditional write.
    ///
    /// MUST write nothing and answer [`Committed::ContactChanged`] unless the stored version is `expected`. MUST write
    /// nothing and answer [`Committed::CodeTaken`] if a claimed code is not free (or not yet free again), or another
    /// change names a code that its holder does not hold. The contact's version is looked at first.
    fn commit(
        &self,
        contact: &Contact,
        expected: Version,
        codes: &[CodeChange],
    ) -> impl Future<Output = PortResult<Committed>> + Send;
}

/// Looks through all orders there are. For an erasure or an export of one person alone: nothing of the daily way may
/// use it, for its cost grows with everything that was ever bought.
pub trait OrderSearch {
    /// The keys of all orders of a shop that are stored as a person's, in any order. MUST see every write that had
    /// returned when it was called.
    fn orders_of(
        &self,
        shop: &ShopId,
        contact: ContactId,
    ) -> impl Future<Output = PortResult<Vec<OrderKey>>> + Send;
}
