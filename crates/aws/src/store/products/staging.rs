//! Rows of a sheet on their way in: sorted in memory, and in runs in the bucket when there are many.

use std::sync::Arc;

use nachklang_domain::ports::PortResult;
use tokio::sync::Mutex;

use super::merge::{Merge, Source};
use super::sheet::Sheet;
use super::snapshot::{Line, Snapshot, SnapshotReader, SnapshotWriter};
use crate::store::AwsStore;
use crate::store::memory::token;

/// Bytes of rows that are sorted in memory. A run is as large; a million products make some fifty.
const RUN: usize = 16 << 20;
/// What a line in memory costs beside its text, in bytes.
const OVERHEAD: usize = 96;

/// Rows that nobody sees yet, in the memory of the process that imports them and in a folder of its own: what a crash
/// leaves of them is never looked at again, and the bucket's lifecycle rule for `staging/` removes it.
#[derive(Debug)]
pub(super) struct Staging {
    folder: String,
    lines: Vec<Line>,
    bytes: usize,
    runs: Vec<Snapshot>,
}

impl Staging {
    /// Nothing yet.
    pub(super) fn new(sheet: &Sheet) -> Self {
        let folder = format!("{}/{}", sheet.folder("staging"), token());
        Self { folder, lines: Vec::new(), bytes: 0, runs: Vec::new() }
    }

    /// Whether there is no row.
    pub(super) const fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.runs.is_empty()
    }

    /// Adds a row. Of two rows of one name the later one counts.
    pub(super) async fn add(&mut self, store: &AwsStore, line: Line) -> PortResult<()> {
        self.bytes += line.size() + OVERHEAD;
        self.lines.push(line);
        if self.bytes >= RUN { self.spill(store).await } else { Ok(()) }
    }

    /// All rows by name, in the order in which they came: the last version counts.
    pub(super) async fn rows<'a>(&'a mut self, store: &'a AwsStore) -> PortResult<Merge<'a>> {
        self.sort();
        let stored = |run: &Snapshot| Source::Stored(Box::new(SnapshotReader::new(store, run.clone())));
        let runs = self.runs.iter().map(stored);
        Merge::new(runs.chain([Source::Lines(self.lines.iter())]).collect()).await
    }

    /// Forgets the rows.
    pub(super) async fn discard(&self, store: &AwsStore) -> PortResult<()> {
        if self.runs.is_empty() { Ok(()) } else { store.delete_folder(&format!("{}/", self.folder)).await }
    }

    async fn spill(&mut self, store: &AwsStore) -> PortResult<()> {
        self.sort();
        let mut writer = SnapshotWriter::new(store, format!("{}/{}", self.folder, self.runs.len()));
        for line in &self.lines {
            writer.add(line).await?;
        }
        self.runs.push(writer.finish().await?);
        self.lines.clear();
        self.bytes = 0;
        Ok(())
    }

    fn sort(&mut self) {
        // Stable: of two rows of one name the later one stands behind the earlier one.
        self.lines.sort_by(|a, b| a.name.cmp(&b.name));
        self.lines.dedup_by(|later, earlier| {
            let same = later.name == earlier.name;
            if same {
                std::mem::swap(later, earlier);
            }
            same
        });
    }
}

impl AwsStore {
    /// What is staged for a sheet under an import, which may be nothing yet.
    pub(super) async fn staging(&self, import: &str, sheet: &Sheet) -> Arc<Mutex<Staging>> {
        let mut staged = self.memory.products.staged.lock().await;
        let staging = staged.entry((import.to_owned(), sheet.clone()));
        Arc::clone(staging.or_insert_with(|| Arc::new(Mutex::new(Staging::new(sheet)))))
    }

    /// Forgets what is staged under an import, for one sheet or for all.
    pub(super) async fn discard_staging(&self, import: &str, sheet: Option<&Sheet>) -> PortResult<()> {
        let mut staged = self.memory.products.staged.lock().await;
        let of_import: Vec<_> = staged
            .extract_if(|(name, of), _| name == import && sheet.is_none_or(|sheet| sheet == of))
            .map(|(_, staging)| staging)
            .collect();
        drop(staged);
        for staging in of_import {
            staging.lock().await.discard(self).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use nachklang_domain::id::ShopId;
    use nachklang_domain::language::Language;

    use super::*;

    #[test]
    fn of_two_rows_of_one_name_the_later_one_counts() {
        let sheet = Sheet::products(&ShopId::parse("de").unwrap(), Language::parse("de").unwrap());
        let mut staging = Staging::new(&sheet);
        for (name, json) in [("b", "1"), ("a", "2"), ("b", "3"), ("a", "4"), ("b", "5")] {
            staging.lines.push(Line { name: name.to_owned(), json: json.to_owned() });
        }
        staging.sort();
        let sorted: Vec<_> =
            staging.lines.iter().map(|line| (line.name.as_str(), line.json.as_str())).collect();
        assert_eq!(sorted, [("a", "4"), ("b", "5")]);
    }
}
