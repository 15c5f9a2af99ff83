//! An order, and how everything that is ever told about it makes one state, in whatever order it arrives.

mod anonymous;
mod kept;
mod line;
mod snapshot;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use line::{Line, LineDetails};
pub use snapshot::{OrderSnapshot, ReturnedPieces};

use crate::id::{ContactId, LineId, OrderKey, RefundId, Sku};
use crate::money::Money;

/// Where the purchase happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// In the online shop.
    Online,
    /// At a till.
    Retail,
}

/// How far the payment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Payment {
    /// Not paid; no mail until it is.
    Pending,
    /// Paid, wholly or in part, or a till receipt.
    Paid,
    /// Given back whole, or voided before it was taken.
    Refunded,
}

/// Pieces given back, by line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// When.
    pub at: Option<Timestamp>,
    /// Pieces by line.
    pub pieces: BTreeMap<LineId, u32>,
    /// Pieces by SKU, where the source names the order but not its line.
    #[serde(default)]
    pub by_sku: BTreeMap<Sku, u32>,
}

/// One thing that a source tells about an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderEvent {
    /// Which order.
    pub key: OrderKey,
    /// Its state, if the message carries one.
    pub snapshot: Option<OrderSnapshot>,
    /// That it is cancelled, and since when.
    pub cancelled_at: Option<Timestamp>,
    /// What was given back.
    pub refunds: BTreeMap<RefundId, Refund>,
}

/// An order as it is stored: the union of all events, so arrival order does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// What identifies it.
    pub key: OrderKey,
    /// The newest snapshot; `None` while only a cancellation or refund has arrived.
    pub snapshot: Option<OrderSnapshot>,
    /// The tombstone; it never goes away.
    pub cancelled_at: Option<Timestamp>,
    /// Refunds by their id.
    pub refunds: BTreeMap<RefundId, Refund>,
    /// Whose it is, once known.
    pub contact: Option<ContactId>,
}

/// What an event did to a stored order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Absorbed {
    /// It said something new.
    Changed,
    /// It said what was known, or something older.
    Nothing,
}

/// Why an order leads to no mail, seen from the order alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeadOrder {
    /// Cancelled.
    Cancelled,
    /// Everything was given back.
    Returned,
    /// Nothing was bought: the receipt holds returns or no goods only.
    NoGoods,
    /// Not paid.
    Unpaid,
    /// A test order.
    Test,
    /// Only a cancellation or refund is known.
    Unknown,
}

impl DeadOrder {
    /// Whether the purchase was undone. The other reasons may pass: an order is paid at last.
    #[must_use]
    pub const fn is_taken_back(self) -> bool {
        matches!(self, Self::Cancelled | Self::Returned)
    }
}

impl Order {
    /// An order of which nothing is known yet.
    #[must_use]
    pub const fn empty(key: OrderKey) -> Self {
        Self { key, snapshot: None, cancelled_at: None, refunds: BTreeMap::new(), contact: None }
    }

    /// Takes in an event. The result depends on the set of events, not on their order.
    pub fn absorb(&mut self, event: OrderEvent) -> Absorbed {
        let cancelled_at = earliest(self.cancelled_at, event.cancelled_at);
        let mut changed = cancelled_at != self.cancelled_at;
        self.cancelled_at = cancelled_at;
        for (id, refund) in event.refunds {
            changed |= self.take_refund(id, refund);
        }
        if let Some(new) = event.snapshot {
            let before = self.snapshot.clone();
            self.snapshot = Some(match self.snapshot.take() {
                None => new.sorted(),
                Some(known) => known.joined(new),
            });
            changed |= self.snapshot != before;
        }
        if changed { Absorbed::Changed } else { Absorbed::Nothing }
    }

    /// Tells whether it says more than what is known. An order may have thousands: only this one is looked at.
    fn take_refund(&mut self, id: RefundId, refund: Refund) -> bool {
        let merged = self.refunds.get(&id).map(|known| larger(known, &refund));
        let merged = merged.unwrap_or(refund);
        if self.refunds.get(&id) == Some(&merged) {
            return false;
        }
        self.refunds.insert(id, merged);
        true
    }

    /// Why it leads to no mail, if so.
    #[must_use]
    pub fn dead(&self) -> Option<DeadOrder> {
        let Some(snapshot) = &self.snapshot else {
            return Some(DeadOrder::Unknown);
        };
        match snapshot.payment {
            _ if self.cancelled_at.is_some() => Some(DeadOrder::Cancelled),
            _ if snapshot.test => Some(DeadOrder::Test),
            _ if snapshot.lines.iter().all(|line| line.quantity == 0) => Some(DeadOrder::NoGoods),
            Payment::Refunded => Some(DeadOrder::Returned),
            _ if self.kept_lines().next().is_none() => Some(DeadOrder::Returned),
            Payment::Pending => Some(DeadOrder::Unpaid),
            Payment::Paid => None,
        }
    }

    /// The value of what was kept, in minor units of the order's currency.
    #[must_use]
    pub fn kept_value(&self) -> Option<Money> {
        let currency = self.snapshot.as_ref()?.currency;
        self.kept_pieces().into_iter().try_fold(Money::new(0, currency), |sum, (line, pieces)| {
            line.value(pieces).and_then(|value| sum.checked_add(value))
        })
    }
}

fn earliest(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    [a, b].into_iter().flatten().min()
}

/// A refund told twice with different pieces keeps the larger number per line: a refund is never taken back.
fn larger(known: &Refund, new: &Refund) -> Refund {
    let mut merged = known.clone();
    merged.at = earliest(known.at, new.at);
    keep_larger(&mut merged.pieces, &new.pieces);
    keep_larger(&mut merged.by_sku, &new.by_sku);
    merged
}

fn keep_larger<K: Ord + Clone>(known: &mut BTreeMap<K, u32>, new: &BTreeMap<K, u32>) {
    for (key, pieces) in new {
        let kept = known.entry(key.clone()).or_insert(0);
        *kept = (*kept).max(*pieces);
    }
}

#[cfg(test)]
mod tests;
