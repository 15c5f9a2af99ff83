//! The starter content's bulk data: feeds, coupon codes and orders of the fictional jewellery brand "Lunaria".
//!
//! Everything is computed from fixed words, so a second run writes the same bytes.

pub mod catalogue;
mod coupons;
pub mod feeds;
mod file;
pub mod language;
pub mod random;
pub mod shop;

use std::path::Path;

use anyhow::Context as _;

use file::SampleFile;

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// How many files.
    pub files: usize,
    /// How many bytes.
    pub bytes: usize,
}

/// Writes the product feeds, coupon files and till files below a folder, over what is there.
///
/// # Errors
/// When a file cannot be written; the error names it.
pub fn write_all(out: &Path) -> anyhow::Result<Summary> {
    let files = files()?;
    for file in &files {
        write(out, file)?;
    }
    Ok(Summary {
        files: files.len(),
        bytes: files.iter().map(|file| file.content.len()).sum(),
    })
}

fn files() -> anyhow::Result<Vec<SampleFile>> {
    let mut files = feeds::files()?;
    files.extend(coupons::files()?);
    Ok(files)
}

fn write(out: &Path, file: &SampleFile) -> anyhow::Result<()> {
    let path = out.join(&file.path);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    }
    std::fs::write(&path, &file.content).with_context(|| format!("cannot write {}", path.display()))
}
