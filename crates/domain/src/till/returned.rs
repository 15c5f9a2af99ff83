//! Goods that came back.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::id::{LineId, OrderKey, RefundId, Sku};
use crate::order::{Line, OrderEvent, Refund};

/// Pieces given back on a receipt that names the one they were bought on.
///
/// The row does not tell which line of that receipt they were; the order charges its lines of that SKU in turn.
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
    /// The return as an event about the receipt that the goods were bought on, known or not yet.
    #[must_use]
    pub fn into_event(self) -> OrderEvent {
        let refund = Refund {
            at: Some(self.at),
            by_sku: BTreeMap::from([(self.sku, self.pieces)]),
            ..Refund::default()
        };
        OrderEvent {
            key: self.original,
            snapshot: None,
            cancelled_at: None,
            refunds: BTreeMap::from([(self.refund, refund)]),
        }
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
