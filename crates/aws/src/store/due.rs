//! The due list: one row an entry, whose key is the whole entry.
//!
//! A day of a shop is spread over shards, so that a day with many mails takes more writes than one key can. Nobody
//! deletes an entry: it ends by its time to live, which costs nothing.

use std::collections::HashSet;

use aws_sdk_dynamodb::types::{Select, WriteRequest};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use nachklang_domain::id::ShopId;
use nachklang_domain::ports::{DUE_SHARDS, DueEntry, DueList, DuePage, PortResult};

use super::AwsStore;
use super::batch_write::put;
use super::body::{Item, unreadable};
use super::fault::fault;
use super::item::{key, number, text, text_of};
use crate::config::Setting;

/// Entries a page: each has about 120 bytes, so that a page costs some eight read units.
const PAGE: i32 = 500;
/// So many counts are under way at once.
const COUNTS_IN_FLIGHT: usize = 8;
/// How long an entry stays after its day, for whoever asks why a mail was planned.
const KEPT_DAYS: i32 = 400;

const WRITING: &str = "write due entries";
const READING: &str = "read the due list";
const COUNTING: &str = "count due entries";

impl DueList for AwsStore {
    async fn put_due(&self, entries: &[DueEntry]) -> PortResult<()> {
        let mut seen = HashSet::new();
        // A call that names a key twice is refused whole.
        let distinct = entries.iter().filter(|entry| seen.insert((shelf_of(entry), entry.place())));
        let writes = distinct.map(write).collect::<PortResult<Vec<_>>>()?;
        self.write_rows(WRITING, Setting::Due, writes).await
    }

    async fn due_page(
        &self,
        shop: &ShopId,
        day: Date,
        shard: u32,
        from: Option<&str>,
    ) -> PortResult<DuePage> {
        let (table, shelf) = (self.config.get(Setting::Due)?, shelf(shop, day, shard));
        let query = self.clients.dynamo.query().table_name(table).limit(PAGE);
        let query =
            query.key_condition_expression("pk = :pk").expression_attribute_values(":pk", text(&shelf));
        let query =
            query.projection_expression("sk").set_exclusive_start_key(from.map(|place| key(shelf, place)));
        let answer = query.send().await.map_err(|error| fault(READING, table, &error))?;
        let entries = answer.items().iter().map(|item| entry(shop, day, item));
        Ok(DuePage {
            entries: entries.collect::<PortResult<_>>()?,
            next: answer.last_evaluated_key().and_then(|last| text_of(last, "sk")).map(str::to_owned),
        })
    }

    async fn due_counts(&self, shop: &ShopId, first: Date, days: u16) -> PortResult<Vec<u64>> {
        let shelves = (0..days).flat_map(|ahead| (0..DUE_SHARDS).map(move |shard| (ahead, shard)));
        let counts = shelves.map(|(ahead, shard)| async move {
            let Ok(day) = first.checked_add(i32::from(ahead).days()) else {
                return Ok((ahead, 0));
            };
            Ok((ahead, self.count_due(&shelf(shop, day, shard)).await?))
        });
        let counts: Vec<(u16, u64)> =
            stream::iter(counts).buffer_unordered(COUNTS_IN_FLIGHT).try_collect().await?;
        let of = |day| counts.iter().filter(|(ahead, _)| *ahead == day).map(|(_, count)| count).sum();
        Ok((0..days).map(of).collect())
    }
}

impl AwsStore {
    async fn count_due(&self, shelf: &str) -> PortResult<u64> {
        let table = self.config.get(Setting::Due)?;
        let (mut count, mut from) = (0, None);
        loop {
            let query = self.clients.dynamo.query().table_name(table).select(Select::Count);
            let query =
                query.key_condition_expression("pk = :pk").expression_attribute_values(":pk", text(shelf));
            let call = query.set_exclusive_start_key(from).send().await;
            let answer = call.map_err(|error| fault(COUNTING, table, &error))?;
            count += u64::try_from(answer.count()).unwrap_or(0);
            from = answer.last_evaluated_key;
            if from.is_none() {
                return Ok(count);
            }
        }
    }
}

fn shelf(shop: &ShopId, day: Date, shard: u32) -> String {
    format!("{shop}#{day}#{shard}")
}

fn shelf_of(entry: &DueEntry) -> String {
    shelf(&entry.task.shop, entry.day, entry.task.shard())
}

fn write(entry: &DueEntry) -> PortResult<WriteRequest> {
    let mut item = key(shelf_of(entry), entry.place());
    item.insert("ttl".to_owned(), number(ends(entry.day)));
    put(item)
}

/// When an entry of a day may be forgotten, in seconds since 1970.
fn ends(day: Date) -> u64 {
    let last = day.saturating_add(KEPT_DAYS.days());
    let midnight = last.to_zoned(TimeZone::UTC).map(|midnight| midnight.timestamp().as_second());
    midnight.ok().and_then(|seconds| u64::try_from(seconds).ok()).unwrap_or(u64::MAX)
}

fn entry(shop: &ShopId, day: Date, item: &Item) -> PortResult<DueEntry> {
    let found = text_of(item, "sk").and_then(|place| DueEntry::at_place(shop, day, place));
    found.ok_or_else(|| unreadable("a due entry"))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn an_entry_ends_four_hundred_days_after_its_day() {
        let midnight = date(2027, 4, 18).to_zoned(TimeZone::UTC).unwrap().timestamp().as_second();
        assert_eq!(ends(date(2026, 3, 14)), u64::try_from(midnight).unwrap());
        assert!(ends(Date::MAX) > ends(date(2026, 3, 14)));
    }

    #[test]
    fn what_is_no_entry_is_told() {
        let shop = ShopId::parse("de").unwrap();
        for place in ["", "2026-03-14", "2026-03-14#after-sales#x#y#0"] {
            let error = entry(&shop, date(2026, 3, 14), &key("de#2026-03-14#0", place)).unwrap_err();
            assert!(!error.is_transient(), "{place}");
        }
    }
}
