//! Publishing a sheet.
//!
//! In this order, so that a crash at any point leaves what everybody sees as it is, and the next publication knows what
//! the crash has left behind:
//!
//! 1. Take the lease. The folder of the new snapshot is noted as garbage.
//! 2. Write the snapshot into the bucket.
//! 3. Note the snapshot as pending: from now on its rows may be written.
//! 4. Write the rows that differ, for the next generation.
//! 5. Move the pointer.

use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::WriteRequest;
use jiff::Timestamp;
use nachklang_domain::ports::{FeedChange, PortResult};

use super::difference::Difference;
use super::merge::{Merge, Source};
use super::pointer::{Held, Pointer, taken_over};
use super::sheet::Sheet;
use super::snapshot::{Line, Snapshot, SnapshotReader, SnapshotWriter};
use super::staging::Staging;
use crate::config::Setting;
use crate::store::AwsStore;
use crate::store::memory::token;

/// How long a publication may be silent before another process takes over, in seconds. Far longer than any call.
const LEASE: i64 = 180;
/// So often the lease is renewed.
const RENEWED_EVERY: Duration = Duration::from_secs(30);
/// So many rows are written, then noted as written: whoever goes on after a crash need not write them again.
const ROWS_A_STEP: usize = 1_000;

const PUBLISHING: &str = "publish products";

impl AwsStore {
    /// Makes what is staged the sheet that everybody sees.
    ///
    /// After an error everybody sees what they saw before; publishing again, also something else, is safe.
    pub(super) async fn publish_sheet(&self, sheet: &Sheet, staging: &mut Staging) -> PortResult<FeedChange> {
        let one_at_a_time = self.memory.products.publishing.lock().await;
        let mut publication = Publication::begin(self, sheet).await?;
        let new = publication.write_snapshot(staging).await?;
        let change = if publication.is_published(&new) {
            // The new snapshot is garbage, as it was noted.
            FeedChange { unchanged: new.rows, ..FeedChange::default() }
        } else {
            let new = publication.note_pending(new).await?;
            let change = publication.write_rows(&new).await?;
            publication.move_pointer(new);
            change
        };
        publication.end().await?;
        drop(one_at_a_time);
        Ok(change)
    }
}

/// A publication under way, under a lease.
struct Publication<'a> {
    store: &'a AwsStore,
    sheet: &'a Sheet,
    held: Held,
    renewed: Instant,
    folder: String,
}

impl<'a> Publication<'a> {
    async fn begin(store: &'a AwsStore, sheet: &'a Sheet) -> PortResult<Self> {
        let mut held = store.held_pointer(sheet).await?;
        let owner = &store.memory.owner;
        let now = Timestamp::now().as_second();
        if held.is_anothers(owner, now) {
            return Err(taken_over(sheet));
        }
        let folder = format!("{}/{}", sheet.folder("snapshots"), token());
        let garbage = held.pointer.garbage.clone();
        held.pointer.garbage.push(folder.clone());
        let mut publication = Self { store, sheet, held, renewed: Instant::now(), folder };
        publication.renew().await?;
        publication.remove(garbage).await?;
        Ok(publication)
    }

    /// Only under the lease: somebody else's unfinished snapshot is garbage until it is pending.
    async fn remove(&mut self, garbage: Vec<String>) -> PortResult<()> {
        for folder in &garbage {
            self.store.delete_folder(&format!("{folder}/")).await?;
        }
        self.pointer().garbage.retain(|folder| !garbage.contains(folder));
        Ok(())
    }

    async fn write_snapshot(&mut self, staging: &mut Staging) -> PortResult<Snapshot> {
        let store = self.store;
        let mut rows = staging.rows(store).await?;
        let mut writer = SnapshotWriter::new(store, self.folder.clone());
        while let Some(versions) = rows.next().await? {
            if let Some(json) = versions.json.into_iter().flatten().last() {
                writer.add(&Line { name: versions.name, json }).await?;
            }
            self.keep().await?;
        }
        writer.finish().await
    }

    /// Whether everybody sees these rows already, and nothing is to be mended.
    fn is_published(&self, new: &Snapshot) -> bool {
        let pointer = &self.held.pointer;
        let current = pointer.current.as_ref();
        pointer.pending.is_empty() && current.is_some_and(|current| current.digest == new.digest)
    }

    /// Goes on with the pending sheet if it is the same one.
    async fn note_pending(&mut self, new: Snapshot) -> PortResult<Snapshot> {
        let pointer = self.pointer();
        let going_on = match pointer.pending.as_slice() {
            [pending] if pending.digest == new.digest => Some(pending.clone()),
            _ => None,
        };
        if let Some(pending) = going_on {
            return Ok(pending);
        }
        pointer.garbage.retain(|folder| *folder != new.folder);
        pointer.pending.push(new.clone());
        pointer.done.clear();
        self.renew().await?;
        Ok(new)
    }

    async fn write_rows(&mut self, new: &Snapshot) -> PortResult<FeedChange> {
        let pointer = self.held.pointer.clone();
        let mut rows = self.versions(new, &pointer).await?;
        let (mut change, mut writes) = (FeedChange::default(), Vec::new());
        while let Some(versions) = rows.next().await? {
            let difference = Difference::of(&versions);
            difference.count(&mut change);
            if versions.name > pointer.done {
                writes.extend(difference.writes(self.sheet, pointer.generation)?);
            }
            if writes.len() >= ROWS_A_STEP {
                self.write(std::mem::take(&mut writes)).await?;
                self.pointer().done = versions.name;
                self.renew().await?;
            }
            self.keep().await?;
        }
        self.write(writes).await?;
        Ok(change)
    }

    /// The rows of the new sheet, the published one, the one before and all pending ones.
    async fn versions(&self, new: &Snapshot, pointer: &Pointer) -> PortResult<Merge<'a>> {
        let source = |snapshot: Option<&Snapshot>| match snapshot {
            Some(snapshot) => Source::Stored(Box::new(SnapshotReader::new(self.store, snapshot.clone()))),
            None => Source::Empty,
        };
        let published = [Some(new), pointer.current.as_ref(), pointer.previous.as_ref()];
        let pending = pointer.pending.iter().map(Some);
        Merge::new(published.into_iter().chain(pending).map(source).collect()).await
    }

    async fn write(&self, writes: Vec<WriteRequest>) -> PortResult<()> {
        self.store.write_rows(PUBLISHING, Setting::Products, writes).await
    }

    fn move_pointer(&mut self, new: Snapshot) {
        let pointer = self.pointer();
        let left = pointer.pending.drain(..).filter(|pending| pending.folder != new.folder);
        let left: Vec<Snapshot> = left.chain(pointer.previous.take()).collect();
        pointer.garbage.extend(left.into_iter().map(|snapshot| snapshot.folder));
        pointer.previous = pointer.current.replace(new);
        pointer.generation += 1;
        pointer.done.clear();
        pointer.published_at = Timestamp::now().as_second();
    }

    async fn end(mut self) -> PortResult<()> {
        self.held.release();
        self.store.save_pointer(self.sheet, &mut self.held).await?;
        self.store.memory.products.published(self.sheet, self.held.pointer);
        Ok(())
    }

    /// Renews the lease when it is time.
    async fn keep(&mut self) -> PortResult<()> {
        if self.renewed.elapsed() < RENEWED_EVERY { Ok(()) } else { self.renew().await }
    }

    async fn renew(&mut self) -> PortResult<()> {
        let asked = Instant::now();
        self.held.lease(&self.store.memory.owner, Timestamp::now().as_second() + LEASE);
        self.store.save_pointer(self.sheet, &mut self.held).await?;
        self.renewed = asked;
        Ok(())
    }

    const fn pointer(&mut self) -> &mut Pointer {
        &mut self.held.pointer
    }
}
