//! Ids of receipt lines that no line number tells apart.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use super::row::TillRow;

/// So many different rows are remembered to number equal ones, about 40 MB.
const MAX_REMEMBERED: usize = 1_000_000;

/// Numbers the equal rows of each receipt in a file.
///
/// The id of a line comes from what stands in it, not from where: the same file under another name gives the same
/// ids, and a receipt that is split over two files gives others for its other rows.
#[derive(Debug, Default)]
pub(super) struct EqualRows {
    counts: HashMap<u64, u32>,
}

impl EqualRows {
    /// Forgets old rows at the border of two receipts. Then, of a receipt torn apart by a million rows, equal rows on
    /// both sides count once.
    pub(super) fn begin_receipt(&mut self) {
        if self.counts.len() >= MAX_REMEMBERED {
            self.counts.clear();
        }
    }

    /// The id of a row's line: its content's hash, with a number from the second equal row on.
    pub(super) fn id(&mut self, row: &TillRow<'_>) -> String {
        let hash = content_hash(row);
        let count = self.counts.entry(hash).or_insert(0);
        let before = *count;
        *count = count.saturating_add(1);
        match before {
            0 => format!("{hash:016x}"),
            before => format!("{hash:016x}-{before}"),
        }
    }
}

fn content_hash(row: &TillRow<'_>) -> u64 {
    let goods = row.sku.as_ref().map_or(row.title, |sku| sku.as_str());
    let mut hash = Sha256::new();
    for text in [row.number.as_str(), goods] {
        hash.update(text.as_bytes());
        hash.update([0]);
    }
    for number in [row.quantity, row.price.each.minor, row.at.as_second()] {
        hash.update(number.to_be_bytes());
    }
    let full: [u8; 32] = hash.finalize().into();
    u64::from_be_bytes(full.first_chunk().copied().unwrap_or_default())
}
