//! What holds for the lists of every wire: not too long, no id twice, pieces of one line summed.

use std::collections::{BTreeMap, BTreeSet};

use crate::id::LineId;

use super::error::Unreadable;
use super::json::Value;

/// Refuses a list that is longer than `most`.
pub(super) fn check_count(field: &Value<'_>, count: usize, most: usize) -> Result<(), Unreadable> {
    if count > most {
        let problem = format!("has {count} entries, more than {most}");
        return Err(field.unreadable(&problem, "look whether this is one order"));
    }
    Ok(())
}

/// Refuses a list in which one id stands twice: which of the two is meant cannot be known.
pub(super) fn check_unique<'i, T: Ord + 'i>(
    field: &Value<'_>,
    ids: impl Iterator<Item = &'i T>,
) -> Result<(), Unreadable> {
    let mut seen = BTreeSet::new();
    let twice = ids.enumerate().find_map(|(at, id)| (!seen.insert(id)).then_some(at));
    match twice {
        Some(at) => Err(field
            .unreadable(&format!("has at [{at}] an id that stands there already"), "give each its own id")),
        None => Ok(()),
    }
}

/// Adds up the pieces by line; a line may be named more than once, and amounts of money alone name no pieces.
pub(super) fn sum_pieces(
    given_back: impl Iterator<Item = Result<(LineId, u32), Unreadable>>,
) -> Result<BTreeMap<LineId, u32>, Unreadable> {
    let mut pieces: BTreeMap<LineId, u32> = BTreeMap::new();
    for item in given_back {
        let (line, count) = item?;
        if count > 0 {
            let sum = pieces.entry(line).or_default();
            *sum = sum.saturating_add(count);
        }
    }
    Ok(pieces)
}
