//! Data files: feeds, lists, coupon codes, receipts, contacts. They are read as a stream, whatever their size.
//!
//! What lies in the bucket counts: a file that was replaced before it was read is not read any more. A file that was
//! taken in under the same shop files is passed over; one whose import broke off is read again, and what was taken of it
//! is not taken twice.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use nachklang_aws::store::FoundObject;
use nachklang_domain::catalog::Catalog;
use nachklang_domain::id::ShopId;
use nachklang_domain::ports::{PortResult, feed_moment};
use nachklang_domain::report::FileReport;
use nachklang_domain::secret::SecretBytes;
use nachklang_domain::upload::Upload;
use nachklang_domain::use_case::import_upload::{Ending, Imported};
use nachklang_domain::use_case::publish::{active_catalog, active_version};

use crate::bucket::{Bucket, Watched};
use crate::importer::{Importer, World};
use crate::intake::{CloudIntake, Progress};
use crate::outcome::{Again, Took};
use crate::reading::Reading;
use crate::report::{State, UploadReport};

/// Largest data file, in bytes as it lies in the bucket.
pub const MAX_DATA: u64 = 4 << 30;
/// A lease lasts this much longer than the invocation that holds it.
const MARGIN: Duration = Duration::from_secs(5);
/// So many looks whether a shop has come that a file belongs to.
const SHOP_LOOKS: u32 = 10;

/// A data file that was uploaded.
#[derive(Debug, Clone, Copy)]
pub struct DataUpload<'a> {
    /// Its key.
    pub key: &'a str,
    /// What it is.
    pub upload: &'a Upload,
    /// When it was uploaded, if the event says.
    pub at: Option<Timestamp>,
    /// Whether nobody comes again if it cannot be taken in now.
    pub last_try: bool,
}

impl<W: World, B: Bucket> Importer<W, B> {
    /// Takes in a data file. `left` tells how much time there is.
    ///
    /// # Errors
    /// [`Again`] when the message must come again. A bad file is no error but a report.
    pub async fn import_data(
        &self,
        file: DataUpload<'_>,
        contact_key: &SecretBytes,
        left: impl Fn() -> Duration + Clone + Send + Sync + 'static,
    ) -> Result<Took, Again> {
        let name = lease_name(&file);
        for _ in 0..self.pace.looks {
            let Some(found) = self.bucket.find(file.key).await? else {
                return Ok(Took::Nothing);
            };
            if self.was_taken(&file, &found).await? {
                self.note_feed(&file).await?;
                return Ok(Took::Nothing);
            }
            if let Some(held) = self.hold(&name, left() + MARGIN).await? {
                let took = self.import_held(file, &found, contact_key, left).await;
                self.give_back(held).await?;
                return took;
            }
            tokio::time::sleep(self.pace.look).await;
        }
        Err(Again::Busy)
    }

    async fn import_held(
        &self,
        file: DataUpload<'_>,
        found: &FoundObject,
        contact_key: &SecretBytes,
        left: impl Fn() -> Duration + Clone + Send + Sync + 'static,
    ) -> Result<Took, Again> {
        if found.size > MAX_DATA {
            let problem = format!("the file has more than {MAX_DATA} bytes");
            return self.refuse(&file, problem, "split it into several files").await;
        }
        let Some(catalog) = self.catalog_for(file.upload).await? else {
            return self.without_shop(&file).await;
        };
        let of = self.version(found).await?;
        let resume = Progress::load(&self.world, file.key, &of).await?;
        let intake = CloudIntake {
            world: self.world.clone(),
            catalog: Arc::clone(&catalog),
            contact_key: contact_key.clone(),
            now: (self.clock)(),
            key: file.key.to_owned(),
            of: of.clone(),
            left,
        };
        let (read, watch) = Watched::new(self.bucket.open(found).await);
        let data = Reading { upload: file.upload.clone(), name: name_of(file.key).to_owned(), read, resume };
        let imported = data.run(intake).await?;
        if watch.has_failed() {
            return Err(Again::BrokenOff);
        }
        self.settle(&file, &of, imported?).await
    }

    /// Writes the report, then notes that the file was taken in.
    async fn settle(&self, file: &DataUpload<'_>, of: &str, imported: Imported) -> Result<Took, Again> {
        let report = report(file, &imported, (self.clock)());
        self.write(&report).await?;
        if imported.ending == Ending::Unfinished {
            return Err(Again::Unfinished(imported.taken.all()));
        }
        if imported.ending == Ending::Done {
            self.note_feed(file).await?;
        }
        self.world.remember(&mark(file.key), of).await?;
        self.world.forget(&Progress::name(file.key)).await?;
        Ok(Took::Looked { rejected: report.is_rejection() })
    }

    async fn refuse(&self, file: &DataUpload<'_>, problem: String, remedy: &str) -> Result<Took, Again> {
        self.write(&UploadReport::of_problem(file.key, problem, remedy, (self.clock)())).await?;
        Ok(Took::Looked { rejected: true })
    }

    async fn was_taken(&self, file: &DataUpload<'_>, found: &FoundObject) -> PortResult<bool> {
        let Some(taken) = self.world.recall(&mark(file.key)).await? else {
            return Ok(false);
        };
        Ok(taken == self.version(found).await?)
    }

    /// The file, and what it is read by: under other shop files, the same file may say something else.
    async fn version(&self, found: &FoundObject) -> PortResult<String> {
        let catalog = active_version(&self.world).await?.unwrap_or_default();
        Ok(format!("{} {catalog} {}", found.etag, env!("CARGO_PKG_VERSION")))
    }

    /// Notes of when the feed in use is. An event that comes late does not make it older.
    async fn note_feed(&self, file: &DataUpload<'_>) -> PortResult<()> {
        let Upload::Products(shop, language) = file.upload else {
            return Ok(());
        };
        let (name, at) = (feed_moment(shop, *language), file.at.unwrap_or_else(self.clock));
        if self.world.moment(&name).await?.is_none_or(|known| known < at) {
            self.world.set_moment(&name, at).await?;
        }
        Ok(())
    }

    /// The shops, once the one that the file belongs to is among them. Whoever uploads everything at once may well
    /// upload a shop's data before the shop: so what lies in the bucket is published first.
    async fn catalog_for(&self, upload: &Upload) -> PortResult<Option<Arc<Catalog>>> {
        for look in 0..SHOP_LOOKS {
            if look > 0 {
                tokio::time::sleep(self.pace.look).await;
            }
            let catalog = active_catalog(&self.world).await?;
            if let Some(catalog) =
                catalog.filter(|catalog| shop_of(upload).is_none_or(|shop| catalog.shop(shop).is_some()))
            {
                return Ok(Some(Arc::new(catalog)));
            }
            self.publish_content().await?;
        }
        Ok(None)
    }

    async fn without_shop(&self, file: &DataUpload<'_>) -> Result<Took, Again> {
        let (problem, remedy) = match shop_of(file.upload) {
            Some(shop) => (
                format!("there is no shop {shop}"),
                format!(
                    "rename the folder, or upload shops/{shop}.toml and look at its report; then upload this file again"
                ),
            ),
            None => (
                "no shops are published yet".to_owned(),
                "upload shops/ and flows/ and look at their reports; then upload this file again".to_owned(),
            ),
        };
        let took = self.refuse(file, problem, &remedy).await?;
        if file.last_try { Ok(took) } else { Err(Again::NoShop) }
    }
}

fn report(file: &DataUpload<'_>, imported: &Imported, at: Timestamp) -> UploadReport {
    let told = FileReport { file: file.key.to_owned(), ..imported.report.clone() };
    let nothing_taken = told.accepted == 0 && told.unchanged == 0 && told.has_errors();
    let (state, hint) = match imported.ending {
        Ending::Unfinished => (State::Unfinished, "; the time was up: it goes on by itself in a moment"),
        Ending::Kept => (State::Refused, ""),
        Ending::Done if nothing_taken => (State::Refused, ""),
        Ending::Done if file.upload.is_replaced_by_newer() => (State::Published, ""),
        Ending::Done => (State::Taken, ""),
    };
    UploadReport {
        state,
        outcome: format!("{}{hint}", imported.outcome),
        version: None,
        at: Some(at),
        file: told,
    }
}

/// Files that change the same thing wait for each other, whatever they are called.
fn lease_name(file: &DataUpload<'_>) -> String {
    match file.upload {
        Upload::Products(shop, language) => format!("feeds/{shop}/{language}"),
        Upload::Lists(shop) => format!("feeds/{shop}/lists"),
        Upload::Coupons(_) | Upload::Orders(_) | Upload::Contacts(_) => file.key.to_owned(),
    }
}

const fn shop_of(upload: &Upload) -> Option<&ShopId> {
    match upload {
        Upload::Products(shop, _) | Upload::Lists(shop) | Upload::Orders(shop) | Upload::Contacts(shop) => {
            Some(shop)
        }
        Upload::Coupons(_) => None,
    }
}

/// Under which name it is noted which file was taken in under a key.
fn mark(key: &str) -> String {
    format!("file#{key}")
}

fn name_of(key: &str) -> &str {
    key.rsplit('/').next().unwrap_or(key)
}
