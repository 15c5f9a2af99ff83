//! What of an order the buyer kept.

use std::collections::BTreeMap;

use super::{Line, Order};
use crate::id::{LineId, Sku};

/// Pieces given back, summed over all refunds once: an order may have thousands of lines and of refunds.
struct Returned<'o> {
    by_line: BTreeMap<&'o LineId, u32>,
    by_sku: BTreeMap<&'o Sku, u32>,
}

impl Order {
    /// Pieces of a line that the buyer kept.
    #[must_use]
    pub fn kept(&self, line: &Line) -> u32 {
        let returned = self.returned();
        let mut by_sku = returned.of_sku(line);
        if by_sku > 0 {
            // Lines of one SKU are charged in the order of their ids, whenever the return was told.
            for earlier in self.lines().filter(|other| other.sku == line.sku && other.id < line.id) {
                by_sku = by_sku.saturating_sub(returned.left(earlier));
            }
        }
        returned.left(line).saturating_sub(by_sku)
    }

    /// The lines of which at least one piece was kept.
    pub fn kept_lines(&self) -> impl Iterator<Item = &Line> {
        self.kept_pieces().into_iter().map(|(line, _)| line)
    }

    /// The lines of which at least one piece was kept, and how many: [`Order::kept`] of all lines in one go.
    pub(super) fn kept_pieces(&self) -> Vec<(&Line, u32)> {
        let mut returned = self.returned();
        let mut lines: Vec<(usize, &Line)> = self.lines().enumerate().collect();
        lines.sort_by_key(|(_, line)| &line.id);
        let mut kept: Vec<_> =
            lines.into_iter().map(|(at, line)| (at, line, returned.charge(line))).collect();
        kept.sort_by_key(|(at, ..)| *at);
        kept.into_iter().filter(|(.., pieces)| *pieces > 0).map(|(_, line, pieces)| (line, pieces)).collect()
    }

    fn returned(&self) -> Returned<'_> {
        let mut returned = Returned { by_line: BTreeMap::new(), by_sku: BTreeMap::new() };
        for refund in self.refunds.values() {
            refund.pieces.iter().for_each(|(line, pieces)| add(&mut returned.by_line, line, *pieces));
            refund.by_sku.iter().for_each(|(sku, pieces)| add(&mut returned.by_sku, sku, *pieces));
        }
        returned
    }

    fn lines(&self) -> impl Iterator<Item = &Line> {
        self.snapshot.iter().flat_map(|snapshot| &snapshot.lines)
    }
}

impl Returned<'_> {
    /// Pieces of a line without those that were given back by its id.
    fn left(&self, line: &Line) -> u32 {
        line.quantity.saturating_sub(self.by_line.get(&line.id).copied().unwrap_or(0))
    }

    fn of_sku(&self, line: &Line) -> u32 {
        line.sku.as_ref().and_then(|sku| self.by_sku.get(sku)).copied().unwrap_or(0)
    }

    /// What is kept of a line, once it has borne what was given back of its SKU.
    fn charge(&mut self, line: &Line) -> u32 {
        let left = self.left(line);
        let Some(open) = line.sku.as_ref().and_then(|sku| self.by_sku.get_mut(sku)) else {
            return left;
        };
        let charged = left.min(*open);
        *open -= charged;
        left - charged
    }
}

/// The sum, or the largest number where it ends: a source may claim any number of pieces.
fn add<K: Ord>(sums: &mut BTreeMap<K, u32>, key: K, pieces: u32) {
    let sum = sums.entry(key).or_insert(0);
    *sum = sum.saturating_add(pieces);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fixtures::{event, line, refund, snapshot};

    proptest! {
        #[test]
        fn all_lines_together_keep_what_each_keeps_alone(
            bought in prop::collection::vec((0..3_u8, 0..4_u32), 0..8),
            back in prop::collection::vec((0..9_u8, 0..3_u8, 0..4_u32), 0..8),
        ) {
            let mut told = snapshot("2026-11-02T09:12:00Z".parse().unwrap());
            // Ids in another order than the lines.
            let id = |at: usize| format!("{}", (at * 5 + 3) % 8);
            told.lines = (0..).zip(&bought).map(|(at, (sku, pieces))| line(&id(at), &format!("S{sku}"), *pieces)).collect();
            let mut order = Order::empty(crate::fixtures::key("LU-1"));
            order.absorb(event("LU-1", told));
            for (at, (place, sku, pieces)) in back.iter().enumerate() {
                let (by_line, by_sku) = ([(id(usize::from(*place)), *pieces)], [(format!("S{sku}"), *pieces)]);
                let by_line = by_line.each_ref().map(|(line, pieces)| (line.as_str(), *pieces));
                let by_sku = by_sku.each_ref().map(|(sku, pieces)| (sku.as_str(), *pieces));
                let (id, refund) = if at % 2 == 0 { refund(&at.to_string(), &by_line, &[]) } else { refund(&at.to_string(), &[], &by_sku) };
                order.refunds.insert(id, refund);
            }
            let each: Vec<_> = order.lines().map(|line| (line, order.kept(line))).filter(|(_, kept)| *kept > 0).collect();
            prop_assert_eq!(order.kept_pieces(), each);
        }
    }
}
