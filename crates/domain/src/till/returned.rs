//! Goods that came back.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::id::{LineId, OrderKey, RefundId, Sku};
use crate::order::{Line, Order, OrderEvent, Refund};

/// Pieces given back on a receipt that names the one they were bought on.
///
/// The row does not tell which line of that receipt they were; the stored order does, see [`NamedReturn::refund`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedReturn {
    /// The receipt that the goods were bought on.
    pub original: OrderKey,
    /// The refund's id, the same whenever the row is read again.
    pub refund: RefundId,
    /// When they were given back.
    pub at: Timestamp,
    /// What was given back.
    pub sku: Sku,
    /// How many.
    pub pieces: u32,
}

impl NamedReturn {
    /// The refund of the receipt they were bought on, as an event about it.
    ///
    /// `None` when the order's lines are not known yet or none of them is of this SKU with pieces left: then the
    /// return is to be kept and tried again after the order's next event.
    #[must_use]
    pub fn refund(&self, original: &Order) -> Option<OrderEvent> {
        let lines = &original.snapshot.as_ref()?.lines;
        let others = original.refunds.iter().filter(|(id, _)| **id != self.refund);
        let mut given_back = GivenBack::default();
        others.for_each(|(_, refund)| given_back.add(&refund.pieces));
        let (pieces, _) = given_back.take(lines, &self.sku, self.pieces);
        if pieces.is_empty() {
            return None;
        }
        let refund = Refund {
            at: Some(self.at),
            pieces,
        };
        Some(OrderEvent {
            key: self.original.clone(),
            snapshot: None,
            cancelled_at: None,
            refunds: BTreeMap::from([(self.refund.clone(), refund)]),
        })
    }
}

/// Pieces of each line that came back already.
#[derive(Debug, Default)]
pub(super) struct GivenBack(BTreeMap<LineId, u32>);

impl GivenBack {
    fn add(&mut self, pieces: &BTreeMap<LineId, u32>) {
        for (line, pieces) in pieces {
            let known = self.0.entry(line.clone()).or_insert(0);
            *known = known.saturating_add(*pieces);
        }
    }

    /// Takes pieces of a SKU from the lines that have some left, by line id; the second number is what none has.
    pub(super) fn take(&mut self, lines: &[Line], sku: &Sku, pieces: u32) -> (BTreeMap<LineId, u32>, u32) {
        let mut matching: Vec<&Line> = lines
            .iter()
            .filter(|line| line.sku.as_ref() == Some(sku))
            .collect();
        matching.sort_by(|one, other| one.id.cmp(&other.id));
        let (mut taken, mut rest) = (BTreeMap::new(), pieces);
        for line in matching {
            let before = self.0.get(&line.id).copied().unwrap_or(0);
            let now = line.quantity.saturating_sub(before).min(rest);
            if now > 0 {
                taken.insert(line.id.clone(), now);
                rest -= now;
            }
        }
        self.add(&taken);
        (taken, rest)
    }
}
