//! What has to be written so that a stored sheet says what a new one says.

use aws_sdk_dynamodb::types::WriteRequest;
use nachklang_domain::id::Sku;
use nachklang_domain::ports::{FeedChange, PortError, PortResult};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::merge::Versions;
use super::row::Row;
use super::sheet::Sheet;
use crate::store::batch_write::{delete, put};

/// One row: in the new sheet, in the published one, in the one before, and in those that were never finished.
#[derive(Debug)]
pub(super) struct Difference<'a> {
    name: &'a str,
    new: Option<&'a str>,
    current: Option<&'a str>,
    previous: Option<&'a str>,
    pending: Vec<Option<&'a str>>,
}

impl<'a> Difference<'a> {
    /// Takes the versions in this order.
    pub(super) fn of(versions: &'a Versions) -> Self {
        let mut json = versions.json.iter().map(Option::as_deref);
        let mut next = || json.next().flatten();
        let (new, current, previous) = (next(), next(), next());
        Self { name: &versions.name, new, current, previous, pending: json.collect() }
    }

    /// Counts it.
    pub(super) fn count(&self, change: &mut FeedChange) {
        match (self.current, self.new) {
            (None, Some(_)) => change.added += 1,
            (Some(_), None) => change.removed += 1,
            (Some(current), Some(new)) if current != new => change.changed += 1,
            (Some(_), Some(_)) => change.unchanged += 1,
            (None, None) => {}
        }
    }

    /// What has to be written for the generation after `generation`. Writing it again changes nothing.
    pub(super) fn writes(&self, sheet: &Sheet, generation: u64) -> PortResult<Vec<WriteRequest>> {
        let is_stored = self.previous.is_some() || self.is_touched();
        let mut writes = match (self.current, self.new) {
            (None, None) if is_stored => vec![delete(sheet.row(self.name))?],
            (current, new) if current != new || (new.is_some() && self.is_touched()) => {
                vec![put(self.row(generation)?.item(sheet.row(self.name))?)?]
            }
            _ => Vec::new(),
        };
        if sheet.has_skus() && self.may_move_hints() {
            self.move_hints(sheet, &mut writes)?;
        }
        Ok(writes)
    }

    /// Whether a publication that was never finished may have written the row.
    fn is_touched(&self) -> bool {
        self.pending.iter().any(|pending| *pending != self.current)
    }

    fn row(&self, generation: u64) -> PortResult<Row> {
        Ok(Row {
            generation: generation + 1,
            since: generation,
            now: raw(self.new)?,
            before: raw(self.current)?,
        })
    }

    fn may_move_hints(&self) -> bool {
        self.new != self.current || self.previous != self.current || self.is_touched()
    }

    /// A hint comes with its product and goes one publication later than it: nobody who reads the published sheet
    /// misses one.
    fn move_hints(&self, sheet: &Sheet, writes: &mut Vec<WriteRequest>) -> PortResult<()> {
        let (new, current) = (sku(self.new)?, sku(self.current)?);
        if let Some(new) = new.as_ref().filter(|new| Some(*new) != current.as_ref()) {
            writes.push(put(sheet.hint(new.as_str(), self.name))?);
        }
        let mut obsolete = Vec::new();
        for left in self.pending.iter().copied().chain([self.previous]) {
            obsolete
                .extend(sku(left)?.filter(|sku| new.as_ref() != Some(sku) && current.as_ref() != Some(sku)));
        }
        obsolete.sort();
        obsolete.dedup();
        for sku in obsolete {
            writes.push(delete(sheet.hint(sku.as_str(), self.name))?);
        }
        Ok(())
    }
}

fn raw(json: Option<&str>) -> PortResult<Option<Box<RawValue>>> {
    json.map(|json| RawValue::from_string(json.to_owned())).transpose().map_err(|_| unreadable())
}

fn sku(json: Option<&str>) -> PortResult<Option<Sku>> {
    #[derive(Deserialize)]
    struct Named {
        sku: Option<Sku>,
    }
    let Some(json) = json else { return Ok(None) };
    serde_json::from_str(json).map(|named: Named| named.sku).map_err(|_| unreadable())
}

fn unreadable() -> PortError {
    PortError::permanent("the bucket holds a product that cannot be read; import the feed again")
}
