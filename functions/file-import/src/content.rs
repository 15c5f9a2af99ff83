//! Shops, flows and mails: all of them are read, checked and published together.
//!
//! Each upload asks for it, and an upload of forty files asks forty times. So nobody reads before the folders have been
//! quiet for a moment, one reads at a time, and whoever finds that the very files that lie there were read before is done.
//! A listing of S3 shows every upload that was answered, so the last one that asks sees all files; and as the lease is
//! held from the listing to the pointers, an older listing never replaces a newer one.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use nachklang_aws::store::FoundObject;
use nachklang_domain::draft::{Draft, Uploaded};
use nachklang_domain::id::content_hash;
use nachklang_domain::ports::{PortError, PortResult};
use nachklang_domain::report::FileReport;
use nachklang_domain::use_case::publish::publish_draft;

use crate::bucket::Bucket;
use crate::content_report::about_all;
use crate::importer::{Importer, World};
use crate::place::is_content;
use crate::report::{UploadReport, reported_file};

/// Most files of shops, flows and mails.
pub const MAX_FILES: usize = 2_000;
/// Largest of them, in bytes.
pub const MAX_FILE: u64 = 2 << 20;
/// Most bytes of all of them.
pub const MAX_ALL: u64 = 128 << 20;

const FOLDERS: [&str; 3] = ["shops/", "flows/", "mails/"];
/// The name of the lease, and of the note that tells which files were read last.
const NAME: &str = "content";
/// Longer than publishing may take: whoever holds the lease has stopped by its end.
const LEASE: Duration = Duration::from_secs(150);
const WORK: Duration = Duration::from_secs(120);
/// So many objects are read or written at once.
const AT_ONCE: usize = 16;

/// What publishing did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Published {
    /// These very files were looked at before.
    Before,
    /// They were looked at; the reports tell of each.
    Now {
        /// Files that somebody has to mend.
        rejected: u64,
    },
}

impl<W: World, B: Bucket> Importer<W, B> {
    /// Reads what lies in the folders, publishes what is good, writes a report about each file.
    ///
    /// # Errors
    /// When the store or the bucket does not answer, or others are at it for too long.
    pub async fn publish_content(&self) -> PortResult<Published> {
        for _ in 0..self.pace.looks {
            if self.was_read(&self.listing().await?).await? {
                return Ok(Published::Before);
            }
            self.until_quiet().await?;
            if let Some(held) = self.hold(NAME, LEASE).await? {
                let work = tokio::time::timeout(WORK, self.publish_listed()).await;
                self.give_back(held).await?;
                return work.unwrap_or_else(|_| Err(PortError::transient("publishing took too long")));
            }
            tokio::time::sleep(self.pace.look).await;
        }
        Err(PortError::transient("others are publishing; this upload is looked at again later"))
    }

    async fn publish_listed(&self) -> PortResult<Published> {
        let listing = self.listing().await?;
        if self.was_read(&listing).await? {
            return Ok(Published::Before);
        }
        let too_much = too_much(&listing);
        let reports = if too_much.is_empty() {
            self.publish_files(&listing).await?
        } else {
            let at = (self.clock)();
            let refused = |file| UploadReport::refused(file, "refused: what was in use stays in use", at);
            too_much.into_iter().map(refused).collect()
        };
        self.write_all(&reports).await?;
        self.world.remember(NAME, &fingerprint(&listing)).await?;
        let rejected = reports.iter().filter(|report| report.is_rejection()).count();
        Ok(Published::Now { rejected: u64::try_from(rejected).unwrap_or(u64::MAX) })
    }

    async fn write_all(&self, reports: &[UploadReport]) -> PortResult<()> {
        // Made before the stream: a closure over borrowed reports would keep the future from being sent.
        let writes: Vec<_> = reports.iter().map(|report| self.write(report)).collect();
        stream::iter(writes).buffer_unordered(AT_ONCE).try_collect().await
    }

    async fn publish_files(&self, listing: &[FoundObject]) -> PortResult<Vec<UploadReport>> {
        let files = self.read(listing).await?;
        let keys: Vec<String> = files.keys().cloned().collect();
        let draft = tokio::task::spawn_blocking(move || Draft::read(&files)).await;
        let draft = draft.map_err(|error| PortError::permanent("the files cannot be read").because(error))?;
        let edition = publish_draft(&self.world, &draft).await?;
        let mut reports = about_all(&keys, &draft, &edition, (self.clock)());
        reports.extend(self.about_gone(&reports).await?);
        Ok(reports)
    }

    /// Waits until nothing has changed for a moment.
    async fn until_quiet(&self) -> PortResult<()> {
        let mut listing = self.listing().await?;
        for _ in 0..self.pace.looks {
            tokio::time::sleep(self.pace.quiet).await;
            let next = self.listing().await?;
            if next == listing {
                break;
            }
            listing = next;
        }
        Ok(())
    }

    async fn listing(&self) -> PortResult<Vec<FoundObject>> {
        let mut listing = Vec::new();
        for folder in FOLDERS {
            let found = self.bucket.list(folder, MAX_FILES + 1).await?;
            listing.extend(found.into_iter().filter(|object| is_content(&object.key)));
        }
        Ok(listing)
    }

    async fn was_read(&self, listing: &[FoundObject]) -> PortResult<bool> {
        Ok(self.world.recall(NAME).await?.is_some_and(|read| read == fingerprint(listing)))
    }

    /// A file that is gone meanwhile is left out: whoever removed it asks anew.
    async fn read(&self, listing: &[FoundObject]) -> PortResult<Uploaded> {
        let read = |object: FoundObject| async move {
            let bytes = self.bucket.get(&object.key, MAX_FILE).await?;
            Ok::<_, PortError>(bytes.map(|bytes| (object.key, bytes)))
        };
        let files = stream::iter(listing.to_vec()).map(read).buffer_unordered(AT_ONCE);
        files.try_filter_map(|file| async move { Ok(file) }).try_collect().await
    }

    /// Reports about files that are gone, where another one is still kept. Nothing is deleted: this function may not.
    async fn about_gone(&self, reports: &[UploadReport]) -> PortResult<Vec<UploadReport>> {
        let known: BTreeSet<String> = reports.iter().map(UploadReport::key).collect();
        let mut about = Vec::new();
        for folder in FOLDERS {
            let kept = self.bucket.list(&format!("reports/{folder}"), MAX_FILES).await?;
            for old in kept.iter().filter(|old| !known.contains(&old.key)) {
                let Some(gone) = reported_file(&old.key).map(UploadReport::gone) else { continue };
                if u64::try_from(gone.json()?.len()).ok() != Some(old.size) {
                    about.push(gone);
                }
            }
        }
        Ok(about)
    }
}

/// Tells one set of files from another. A new version of the program looks at the same files anew.
fn fingerprint(listing: &[FoundObject]) -> String {
    let mut text = env!("CARGO_PKG_VERSION").to_owned();
    for object in listing {
        text.push_str(&format!("\n{}\t{}", object.key, object.etag));
    }
    content_hash(text.as_bytes())
}

/// What is beyond the caps; then nothing of the folders is read.
fn too_much(listing: &[FoundObject]) -> Vec<FileReport> {
    let report = |file: &str, problem: String, remedy: &str| {
        let mut report = FileReport::new(file);
        report.error(0, problem, remedy);
        report
    };
    let large = listing.iter().filter(|object| object.size > MAX_FILE);
    let mut reports: Vec<FileReport> = large
        .map(|object| {
            report(
                &object.key,
                format!("the file has more than {MAX_FILE} bytes"),
                "upload a smaller one; pictures are linked, not uploaded",
            )
        })
        .collect();
    let all = listing.iter().fold(0_u64, |all, object| all.saturating_add(object.size));
    if listing.len() > MAX_FILES || all > MAX_ALL {
        let problem =
            format!("shops/, flows/ and mails/ hold more than {MAX_FILES} files or {MAX_ALL} bytes");
        reports.push(report("mails", problem, "remove mails that no flow sends any more"));
    }
    reports
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(key: &str, size: u64, etag: &str) -> FoundObject {
        FoundObject { key: key.to_owned(), size, etag: etag.to_owned() }
    }

    #[test]
    fn other_files_have_another_fingerprint() {
        let one = [object("shops/de.toml", 1, "a"), object("shops/ch.toml", 1, "b")];
        assert_eq!(fingerprint(&one), fingerprint(&one.clone()));
        for other in [
            vec![object("shops/de.toml", 1, "b"), object("shops/ch.toml", 1, "a")],
            vec![object("shops/de.toml", 1, "a")],
            Vec::new(),
        ] {
            assert_ne!(fingerprint(&one), fingerprint(&other), "{other:?}");
        }
    }

    #[test]
    fn what_is_beyond_the_caps_is_named() {
        assert!(too_much(&[object("shops/de.toml", MAX_FILE, "a")]).is_empty());
        let large =
            too_much(&[object("mails/a/logo.png", MAX_FILE + 1, "a"), object("shops/de.toml", 1, "a")]);
        assert_eq!(large.iter().map(|report| report.file.as_str()).collect::<Vec<_>>(), ["mails/a/logo.png"]);
        let many = vec![object("flows/a.toml", 1, "a"); MAX_FILES + 1];
        assert_eq!(too_much(&many).len(), 1);
        let heavy = vec![object("mails/a/logo.png", MAX_FILE, "a"); 65];
        assert_eq!(too_much(&heavy).len(), 1);
    }
}
