//! Data files of the bucket: feeds, lists, coupons, till files. Each is read once, however it is called.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use anyhow::{Context as _, bail};
use flate2::read::MultiGzDecoder;
use nachklang_domain::id::{PoolId, ShopId, content_hash};
use nachklang_domain::language::Language;
use nachklang_domain::report::FileReport;
use nachklang_domain::shop::Shop;
use nachklang_domain::use_case::import_coupons::import_coupons;
use nachklang_domain::use_case::import_feed::{FeedImport, import_lists, import_products};
use nachklang_domain::use_case::import_till::{TillImport, till_context};
use serde::Serialize;

use crate::bucket::{entries, folders, name_of};
use crate::intake::{self, Taken};
use crate::site::Site;

/// So many receipts share one wait for the disk; a webhook that comes meanwhile waits for no more than these.
const RECEIPTS_A_BATCH: usize = 500;

/// What a file is, by its place in the bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Upload {
    /// `feeds/<shop>/products.<language>.<ending>`
    Products(ShopId, Language),
    /// `feeds/<shop>/topsellers.csv`, `feeds/<shop>/recommendations.csv`
    Lists(ShopId),
    /// `coupons/<pool>/<any>.csv`
    Coupons(PoolId),
    /// `orders/<shop>/<any>.csv`
    Orders(ShopId),
}

/// What an import did.
#[derive(Debug, Serialize)]
pub struct Imported {
    /// The report.
    pub report: FileReport,
    /// What became of it, in words.
    pub outcome: String,
    /// Receipts of a till file that told something new.
    pub stored: u64,
    /// Receipts of a till file that were known.
    pub known: u64,
}

impl Imported {
    const fn of(report: FileReport, outcome: String) -> Self {
        Self { report, outcome, stored: 0, known: 0 }
    }

    fn of_rows(report: FileReport, words: &str) -> Self {
        let outcome = format!("{} {words}", report.accepted);
        Self::of(report, outcome)
    }
}

impl Upload {
    /// What a path below the bucket's root means.
    ///
    /// # Errors
    /// When it means nothing; the error says where files belong.
    pub fn of(path: &Path) -> anyhow::Result<Self> {
        let parts: Vec<&str> = path.iter().filter_map(|part| part.to_str()).collect();
        let tail = parts.len().checked_sub(3).and_then(|at| parts.get(at..));
        let Some(&[folder, owner, file]) = tail else {
            bail!("{} lies in no folder of the bucket", path.display())
        };
        Ok(match (folder, file.split('.').collect::<Vec<_>>().as_slice()) {
            ("feeds", ["products", language, ..]) => {
                Self::Products(ShopId::parse(owner)?, Language::parse(language)?)
            }
            ("feeds", _) => Self::Lists(ShopId::parse(owner)?),
            ("coupons", _) => Self::Coupons(PoolId::parse(owner)?),
            ("orders", _) => Self::Orders(ShopId::parse(owner)?),
            _ => bail!(
                "{} belongs under feeds/<shop>/ (as products.<language>.xml, topsellers.csv, recommendations.csv), \
                 coupons/<pool>/ or orders/<shop>/",
                path.display()
            ),
        })
    }
}

/// Takes in all data files of a kind of folder, in the order of their names; a file that was read before is passed over.
///
/// # Errors
/// When a file cannot be read or the store does not answer.
pub async fn import_folder(site: &Site, bucket: &Path, folder: &str) -> anyhow::Result<Vec<Imported>> {
    let mut imported = Vec::new();
    for owner in folders(&bucket.join(folder))? {
        for file in entries(&owner)? {
            let hash = format!("{folder}/{}#{}", name_of(&owner).unwrap_or_default(), hash_of(&file)?);
            if !site.store.seen_file(&hash).await? {
                let upload = Upload::of(file.strip_prefix(bucket).unwrap_or(&file))?;
                imported.push(import(site, &upload, &file, false, &mut || {}).await?);
                site.store.note_file(&hash).await?;
            }
        }
    }
    Ok(imported)
}

fn hash_of(file: &Path) -> anyhow::Result<String> {
    let content = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(content_hash(&content))
}

/// Takes in one file and writes its report to `reports/`.
///
/// # Errors
/// When the file cannot be read or the store does not answer. A bad file is no error but a report.
pub async fn import(
    site: &Site,
    upload: &Upload,
    file: &Path,
    allow_shrink: bool,
    progress: &mut (dyn FnMut() + Send),
) -> anyhow::Result<Imported> {
    let catalog = site.catalog()?;
    let shown = name_of(file).unwrap_or("file");
    let imported = match upload {
        Upload::Products(shop, language) => {
            let label = format!("feeds/{shop}/{shown}");
            let read = BufReader::new(open(file)?);
            let batch = site.store.begin_batch().await?;
            let desk = site.desk_on(batch.store(), &catalog);
            let (outcome, report) =
                import_products(desk, (shop, *language), &label, read, allow_shrink).await?;
            batch.commit().await?;
            Imported::of(report, feed_words(&outcome))
        }
        Upload::Lists(shop) => {
            let label = format!("feeds/{shop}/{shown}");
            let report = import_lists(site.desk(&catalog), shop, &label, BufReader::new(open(file)?)).await?;
            Imported::of_rows(report, "rows taken")
        }
        Upload::Coupons(pool) => {
            let label = format!("coupons/{pool}/{shown}");
            let batch = site.store.begin_batch().await?;
            let desk = site.desk_on(batch.store(), &catalog);
            let report = import_coupons(desk, pool, &label, unpacked(file)?).await?;
            batch.commit().await?;
            Imported::of_rows(report, "codes taken")
        }
        Upload::Orders(shop) => {
            let shop = catalog.shop(shop).with_context(|| format!("there is no shop {shop}"))?;
            import_orders(site, shop, (file, shown), progress).await?
        }
    };
    keep_report(site, &imported.report)?;
    Ok(imported)
}

async fn import_orders(
    site: &Site,
    shop: &Shop,
    (file, shown): (&Path, &str),
    progress: &mut (dyn FnMut() + Send),
) -> anyhow::Result<Imported> {
    let context = till_context(shop).context("the till's source")?;
    let label = format!("orders/{}/{shown}", shop.id);
    let mut import = TillImport::open(shop, &context, &label, unpacked(file)?);
    let mut taken = Taken::default();
    loop {
        let events = import.next_events(RECEIPTS_A_BATCH);
        if events.is_empty() {
            break;
        }
        taken += intake::take(site, &events).await?;
        events.iter().for_each(|_| progress());
    }
    let words = format!("{} receipts stored, {} known before", taken.stored, taken.known);
    Ok(Imported { stored: taken.stored, known: taken.known, ..Imported::of(import.finish(), words) })
}

fn feed_words(outcome: &FeedImport) -> String {
    match outcome {
        FeedImport::Published(change) => format!(
            "published: {} new, {} changed, {} gone, {} as before",
            change.added, change.changed, change.removed, change.unchanged
        ),
        FeedImport::Held => "held: the last good version stays in use".to_owned(),
        FeedImport::Refused => "refused: the last good version stays in use".to_owned(),
    }
}

/// Opens a file; a gzip file is unpacked on the way.
///
/// # Errors
/// When it cannot be opened.
pub fn unpacked(file: &Path) -> anyhow::Result<Box<dyn Read + Send>> {
    let raw = BufReader::new(open(file)?);
    Ok(if file.extension().is_some_and(|ending| ending == "gz") {
        Box::new(MultiGzDecoder::new(raw))
    } else {
        Box::new(raw)
    })
}

fn open(file: &Path) -> anyhow::Result<File> {
    File::open(file).with_context(|| format!("cannot open {}", file.display()))
}

fn keep_report(site: &Site, report: &FileReport) -> anyhow::Result<()> {
    let name = format!("{}.report.json", report.file.replace('/', "_"));
    crate::file::write_whole(&site.reports.join(name), &serde_json::to_vec_pretty(report)?)
}
