//! Goods that came back.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::id::{LineId, OrderKey, RefundId, Sku};
use crate::order::{Line, OrderEvent, Refund};

/// Pieces given back on a receipt that names the one they were bought on, as an event about that one, known or not yet.
///
/// The row does not tell which line of that receipt they were; the order charges its lines of that SKU in turn.
pub(super) fn named_return(
    original: OrderKey,
    refund: RefundId,
    at: Timestamp,
    sku: Sku,
    pieces: u32,
) -> OrderEvent {
    let back = Refund { at: Some(at), by_sku: BTreeMap::from([(sku, pieces)]), ..Refund::default() };
    OrderEvent {
        key: original,
        snapshot: None,
        cancelled_at: None,
        refunds: BTreeMap::from([(refund, back)]),
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
        let mut matching: Vec<&Line> = lines.iter().filter(|line| line.sku.as_ref() == Some(sku)).collect();
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
