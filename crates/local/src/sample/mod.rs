//! The starter content's bulk data: feeds, coupon codes and orders of the fictional jewellery brand "Lunaria".
//!
//! Everything is computed from fixed words, so a second run writes the same bytes.

pub mod catalogue;
mod coupons;
pub mod feeds;
mod file;
pub mod language;
pub mod orders;
pub mod picture;
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
    Ok(Summary { files: files.len(), bytes: files.iter().map(|file| file.content.len()).sum() })
}

fn files() -> anyhow::Result<Vec<SampleFile>> {
    let mut files = feeds::files()?;
    files.extend(coupons::files()?);
    files.extend(orders::till::files()?);
    Ok(files)
}

fn write(out: &Path, file: &SampleFile) -> anyhow::Result<()> {
    let path = out.join(&file.path);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    }
    std::fs::write(&path, &file.content).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The starter content of this repository.
    fn templates() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates")
    }

    #[test]
    fn generating_again_gives_exactly_the_files_of_the_starter_content() {
        for file in files().unwrap() {
            let known = std::fs::read(templates().join(&file.path));
            assert!(
                known.is_ok_and(|known| known == file.content),
                "{} differs: run nachklang sample-content --out templates",
                file.path
            );
        }
    }

    #[test]
    fn the_starter_content_holds_no_data_file_that_nobody_generates() {
        let generated: Vec<_> =
            files().unwrap().into_iter().map(|file| templates().join(file.path)).collect();
        for folder in ["feeds", "coupons", "orders"] {
            for entry in std::fs::read_dir(templates().join(folder)).unwrap() {
                for file in std::fs::read_dir(entry.unwrap().path()).unwrap() {
                    let path = file.unwrap().path();
                    assert!(generated.contains(&path), "{}", path.display());
                }
            }
        }
    }

    #[test]
    fn what_is_written_is_what_the_summary_counts() {
        let folder = tempfile::tempdir().unwrap();
        let summary = write_all(folder.path()).unwrap();
        let written = std::fs::read(folder.path().join("coupons/thanks-eur/2026-11.csv")).unwrap();
        assert!(written.starts_with(b"Coupon Code,Expires\nDANKE-"));
        assert_eq!(summary.files, files().unwrap().len());
    }
}
