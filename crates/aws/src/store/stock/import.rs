//! New codes.
//!
//! A code is two items, written together: its place in the stock of its pool, and the note that it is known, which
//! keeps it out of every other pool.

use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::TransactWriteItem;
use futures::stream::{self, StreamExt, TryStreamExt};
use nachklang_domain::coupon::file::CouponRow;
use nachklang_domain::id::PoolId;
use nachklang_domain::ports::{AddedCode, PortError, PortResult};

use super::super::batch_get::{Batch, batch_get};
use super::super::body::Item;
use super::super::codes::{known_key, known_partition, state, stock_key};
use super::super::item::{text, text_of};
use super::super::retry::Backoff;
use super::super::transaction::{MAX_ITEMS, Reason, Transaction, put, refused};
use super::super::versioned::{MARK, WriteMark};
use super::code_unreadable;

/// Items of a code.
const PARTS: usize = 2;
/// Codes of a transaction.
const GROUP: usize = MAX_ITEMS / PARTS;
/// So many transactions at once. A new table takes 4,000 write units a second, twenty of these transactions; each
/// takes some 20 ms.
const AT_ONCE: usize = 8;

/// The import of codes into one pool.
#[derive(Debug, Clone, Copy)]
pub(super) struct Import<'a> {
    client: &'a Client,
    table: &'a str,
    pool: &'a PoolId,
    mark: WriteMark,
}

/// What became of a code, by its folded form.
type Told<'r> = (&'r str, AddedCode);

impl<'a> Import<'a> {
    /// The import of one call.
    ///
    /// # Errors
    /// See [`WriteMark::new`].
    pub(super) fn new(client: &'a Client, table: &'a str, pool: &'a PoolId) -> PortResult<Self> {
        Ok(Self { client, table, pool, mark: WriteMark::new()? })
    }

    /// Adds what nobody knows; one answer a row, in order.
    ///
    /// # Errors
    /// What the table answers. What was added until then stays added.
    pub(super) async fn add(&self, rows: &[CouponRow]) -> PortResult<Vec<AddedCode>> {
        let mut seen = HashSet::new();
        let distinct: Vec<&CouponRow> = rows.iter().filter(|row| seen.insert(row.code.folded())).collect();
        let groups: Vec<_> = distinct.chunks(GROUP).map(|group| self.add_group(group)).collect();
        let told: Vec<Vec<Told<'_>>> = stream::iter(groups).buffer_unordered(AT_ONCE).try_collect().await?;
        let mut told: HashMap<&str, AddedCode> = told.into_iter().flatten().collect();
        rows.iter().map(|row| answer(&mut told, row)).collect()
    }

    /// One transaction, and another for what is left after those that are known. Those that can be known before are
    /// asked for first: a file that comes again costs reads then, at an eighth of the price of writes that fail.
    async fn add_group<'r>(&self, rows: &[&'r CouponRow]) -> PortResult<Vec<Told<'r>>> {
        let (mut told, mut open) = self.known(rows).await?;
        let mut backoff = Backoff::default();
        while !open.is_empty() {
            let transaction = self.transaction(&open)?;
            let Some(reasons) = transaction.write(self.client).await? else {
                told.extend(open.iter().map(|row| (row.code.folded(), AddedCode::Added)));
                break;
            };
            if let Some(code) = refused(&reasons) {
                return Err(transaction.refused(code));
            }
            let (before, left) = (open.len(), self.sort(&open, &reasons, &mut told)?);
            if left.len() == before && !backoff.pause().await {
                return Err(transaction.contended());
            }
            open = left;
        }
        Ok(told)
    }

    /// What of the rows is known, and the others.
    async fn known<'r>(&self, rows: &[&'r CouponRow]) -> PortResult<(Vec<Told<'r>>, Vec<&'r CouponRow>)> {
        let batch = Batch { doing: "look for known codes", table: self.table, consistent: false };
        let keys = rows.iter().map(|row| known_key(&row.code)).collect();
        let found = batch_get(self.client, batch, keys).await?;
        let found: HashMap<&str, &Item> =
            found.iter().filter_map(|item| Some((text_of(item, "pk")?, item))).collect();
        let (mut told, mut open) = (Vec::new(), Vec::new());
        for row in rows {
            match found.get(known_partition(&row.code).as_str()) {
                Some(item) => told.push((row.code.folded(), self.known_in(item)?)),
                None => open.push(*row),
            }
        }
        Ok((told, open))
    }

    fn transaction(&self, rows: &[&CouponRow]) -> PortResult<Transaction<'a>> {
        let items = rows.iter().flat_map(|row| [self.note(row), self.stock(row)]);
        let items = items.map(|item| {
            let put = put(self.table, item, "attribute_not_exists(pk)", None)?;
            Ok(TransactWriteItem::builder().put(put).build())
        });
        Ok(Transaction {
            doing: "add codes to a pool",
            table: self.table,
            items: items.collect::<PortResult<_>>()?,
        })
    }

    fn note(&self, row: &CouponRow) -> Item {
        let mut item = known_key(&row.code);
        item.insert("pool".to_owned(), text(self.pool.as_str()));
        item.insert(MARK.to_owned(), self.mark.attribute());
        item
    }

    fn stock(&self, row: &CouponRow) -> Item {
        let mut item = stock_key(self.pool, &row.code);
        item.insert("code".to_owned(), text(row.code.expose()));
        item.insert("state".to_owned(), text(state::FREE));
        item.extend(row.expires.map(|day| ("expires".to_owned(), text(day.to_string()))));
        item
    }

    /// Reads the two reasons of each row: what is known is told, the others stay open.
    fn sort<'r>(
        &self,
        rows: &[&'r CouponRow],
        reasons: &[Reason],
        told: &mut Vec<Told<'r>>,
    ) -> PortResult<Vec<&'r CouponRow>> {
        let mut open = Vec::new();
        for (at, row) in rows.iter().enumerate() {
            let known = match (reasons.get(at * PARTS), reasons.get(at * PARTS + 1)) {
                (Some(Reason::ConditionFailed(note)), _) => {
                    Some(self.known_in(note.as_ref().ok_or_else(code_unreadable)?)?)
                }
                // Only a table that was restored in part holds a place without its note.
                (_, Some(Reason::ConditionFailed(_))) => Some(AddedCode::KnownHere),
                _ => None,
            };
            match known {
                Some(known) => told.push((row.code.folded(), known)),
                None => open.push(*row),
            }
        }
        Ok(open)
    }

    /// What a note says. One that this very call has left says that its answer was lost.
    fn known_in(&self, note: &Item) -> PortResult<AddedCode> {
        let pool =
            text_of(note, "pool").and_then(|pool| PoolId::parse(pool).ok()).ok_or_else(code_unreadable)?;
        Ok(match pool {
            _ if self.mark.is_on(Some(note)) => AddedCode::Added,
            pool if pool == *self.pool => AddedCode::KnownHere,
            pool => AddedCode::KnownIn(pool),
        })
    }
}

/// The second row of a code that was added finds it known.
fn answer(told: &mut HashMap<&str, AddedCode>, row: &CouponRow) -> PortResult<AddedCode> {
    let known = told.get_mut(row.code.folded());
    let known = known.ok_or_else(|| PortError::permanent("a row was left out; this is a defect"))?;
    let answer = known.clone();
    if answer == AddedCode::Added {
        *known = AddedCode::KnownHere;
    }
    Ok(answer)
}

#[cfg(test)]
mod tests;
