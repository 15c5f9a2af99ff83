//! Data files of the bucket: feeds, lists, coupons, till files, contacts. Each is read once, however it is called.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use anyhow::Context as _;
use nachklang_domain::id::content_hash;
use nachklang_domain::report::FileReport;
use nachklang_domain::upload::{self, Upload};
use nachklang_domain::use_case::Taken;
use nachklang_domain::use_case::import_upload::{DataFile, Imported, import_upload};

use crate::bucket::{entries, folders, name_of};
use crate::intake::FileIntake;
use crate::site::Site;

/// What a file is, by the last two folders that it lies in.
///
/// # Errors
/// When it means nothing; the error says where files belong.
pub fn upload_at(path: &Path) -> anyhow::Result<Upload> {
    let parts: Vec<&str> = path.iter().filter_map(|part| part.to_str()).collect();
    let tail = parts.get(parts.len().saturating_sub(3)..).unwrap_or_default();
    Upload::of(&tail.join("/")).with_context(|| format!("{} is no data file", path.display()))
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
                let upload = upload_at(file.strip_prefix(bucket).unwrap_or(&file))?;
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
    let name = name_of(file).unwrap_or("file");
    let read = BufReader::new(open(file)?);
    let data = DataFile { upload, name, read, resume: Taken::default(), allow_shrink };
    let mut intake = FileIntake { site, catalog: &catalog, now: site.now().await?, progress };
    let imported = match upload {
        // What is taken in piece by piece has a transaction for each.
        Upload::Orders(_) | Upload::Contacts(_) => {
            import_upload(site.desk(&catalog), data, &mut intake).await?
        }
        Upload::Products(..) | Upload::Lists(_) | Upload::Coupons(_) => {
            let batch = site.store.begin_batch().await?;
            let imported = import_upload(site.desk_on(batch.store(), &catalog), data, &mut intake).await?;
            batch.commit().await?;
            imported
        }
    };
    keep_report(site, &imported.report)?;
    Ok(imported)
}

/// Opens a file; a gzip file is unpacked on the way.
///
/// # Errors
/// When it cannot be opened.
pub fn unpacked(file: &Path) -> anyhow::Result<Box<dyn Read + Send>> {
    let name = name_of(file).unwrap_or_default();
    Ok(upload::unpacked(name, BufReader::new(open(file)?)))
}

fn open(file: &Path) -> anyhow::Result<File> {
    File::open(file).with_context(|| format!("cannot open {}", file.display()))
}

fn keep_report(site: &Site, report: &FileReport) -> anyhow::Result<()> {
    let name = format!("{}.report.json", report.file.replace('/', "_"));
    crate::file::write_whole(&site.reports.join(name), &serde_json::to_vec_pretty(report)?)
}
