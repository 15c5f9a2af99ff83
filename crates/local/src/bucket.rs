//! The bucket's folders on one machine.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use nachklang_domain::draft::{Draft, Uploaded};

/// Reads and checks the shops, flows and mails of a folder.
///
/// # Errors
/// When the folder cannot be read; a bad file is no error but a report.
pub fn read(bucket: &Path) -> anyhow::Result<Draft> {
    let mut uploaded = Uploaded::new();
    for folder in ["shops", "flows"] {
        take_files(bucket, folder, &mut uploaded)?;
    }
    for mail in folders(&bucket.join("mails"))? {
        take_files(bucket, &format!("mails/{}", name_of(&mail).unwrap_or_default()), &mut uploaded)?;
    }
    Ok(Draft::read(&uploaded))
}

/// Takes in the files of a folder under their paths below the bucket's root.
fn take_files(bucket: &Path, folder: &str, uploaded: &mut Uploaded) -> anyhow::Result<()> {
    for path in entries(&bucket.join(folder))?.into_iter().filter(|path| path.is_file()) {
        if let Some(name) = name_of(&path) {
            let content = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            uploaded.insert(format!("{folder}/{name}"), content);
        }
    }
    Ok(())
}

/// The folders in a folder; a file beside them, such as a note, is passed over.
///
/// # Errors
/// When the folder cannot be read.
pub fn folders(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    Ok(entries(folder)?.into_iter().filter(|path| path.is_dir()).collect())
}

/// The entries of a folder in the order of their names; none when it is not there. Hidden files are passed over.
///
/// # Errors
/// When the folder cannot be read.
pub fn entries(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if name_of(&path).is_some_and(|name| !name.starts_with('.')) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// The last part of a path.
#[must_use]
pub fn name_of(path: &Path) -> Option<&str> {
    path.file_name().and_then(|name| name.to_str())
}
