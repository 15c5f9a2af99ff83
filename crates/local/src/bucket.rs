//! The bucket's folders on one machine: what a marketer uploads is read from here, checked, published or reported.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use nachklang_domain::catalog::{Catalog, Files, MailFacts};
use nachklang_domain::id::MailName;
use nachklang_domain::language::Language;
use nachklang_domain::mail::publish::publish;
use nachklang_domain::mail::published::PublishedMail;
use nachklang_domain::mail::source::MailSource;
use nachklang_domain::report::FileReport;

use crate::demand::Demands;

/// What is in a folder laid out like the bucket, read and checked but not published.
#[derive(Debug)]
pub struct Draft {
    /// The shop and flow files.
    pub files: Files,
    /// What they need of the mails; `None` when one of them cannot be read.
    pub demands: Option<Demands>,
    /// The shops and flows, if nothing is wrong with them.
    pub catalog: Option<Catalog>,
    /// The mails that are good.
    pub mails: Vec<PublishedMail>,
    /// What is wrong, and what to look at, by file.
    pub reports: Vec<FileReport>,
}

impl Draft {
    /// Whether any file has an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.catalog.is_none() || self.reports.iter().any(FileReport::has_errors)
    }

    /// A good mail by its name.
    #[must_use]
    pub fn mail(&self, name: &MailName) -> Option<&PublishedMail> {
        self.mails.iter().find(|mail| mail.name == *name)
    }
}

/// Reads and checks the shops, flows and mails of a folder.
///
/// # Errors
/// When the folder cannot be read; a bad file is no error but a report.
pub fn read(bucket: &Path) -> anyhow::Result<Draft> {
    let mut reports = Vec::new();
    let files = config_files(bucket, &mut reports)?;
    let sources = mail_files(bucket, &mut reports)?;
    let demands = Demands::of(&files);
    // A file that cannot be read hides what it needs of the mails: then no mail can be judged.
    let mails = demands.as_ref().map(|demands| judge(&sources, demands, &mut reports)).unwrap_or_default();
    let facts = if demands.is_some() { facts(&mails) } else { promised(&sources) };
    let loaded = Catalog::load(&files, &facts);
    let (catalog, about_catalog) =
        loaded.map_or_else(|errors| (None, errors), |(catalog, warnings)| (Some(catalog), warnings));
    let catalog = catalog.filter(|_| !reports.iter().any(|report| is_config(report) && report.has_errors()));
    reports.extend(about_catalog);
    Ok(Draft { files, demands, catalog, mails, reports })
}

fn is_config(report: &FileReport) -> bool {
    !report.file.starts_with("mails/")
}

/// The mails that are good; the reports tell about the others.
fn judge(sources: &MailFiles, demands: &Demands, reports: &mut Vec<FileReport>) -> Vec<PublishedMail> {
    let mut mails = Vec::new();
    for (name, sources) in sources {
        let published =
            MailSource::parse(name, sources).and_then(|source| publish(&source, &demands.of_mail(name)));
        match published {
            Ok(publication) => {
                reports.extend(publication.warnings);
                mails.push(publication.mail);
            }
            Err(errors) => reports.extend(errors.reports),
        }
    }
    mails
}

fn facts(mails: &[PublishedMail]) -> BTreeMap<MailName, MailFacts> {
    let fact = |mail: &PublishedMail| {
        let languages = mail.languages().into_iter().collect::<Vec<Language>>();
        (mail.name.clone(), MailFacts { languages })
    };
    mails.iter().map(fact).collect()
}

/// What the mails would offer if all were good.
fn promised(sources: &MailFiles) -> BTreeMap<MailName, MailFacts> {
    let language = |file: &String| Language::parse(file.strip_suffix(".toml")?).ok();
    let fact = |(name, files): &(MailName, BTreeMap<String, Vec<u8>>)| {
        (name.clone(), MailFacts { languages: files.keys().filter_map(language).collect() })
    };
    sources.iter().map(fact).collect()
}

fn config_files(bucket: &Path, reports: &mut Vec<FileReport>) -> anyhow::Result<Files> {
    let mut files = Files::new();
    for folder in ["shops", "flows"] {
        for path in entries(&bucket.join(folder))? {
            if let (Some(name), Some("toml")) = (name_of(&path), ending(&path)) {
                let label = format!("{folder}/{name}");
                let text = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
                files.insert(label.clone(), as_text(&label, text, reports));
            }
        }
    }
    Ok(files)
}

/// The text of a file. Letters that are no UTF-8 are reported: they would stand garbled in the mails.
fn as_text(label: &str, bytes: Vec<u8>, reports: &mut Vec<FileReport>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| {
        let good = error.as_bytes().iter().take(error.utf8_error().valid_up_to());
        let line = 1 + good.filter(|byte| **byte == b'\n').fold(0, |lines, _| lines + 1);
        let mut report = FileReport::new(label);
        report.error(line, "the line is no UTF-8", "save the file as UTF-8");
        reports.push(report);
        String::from_utf8_lossy(error.as_bytes()).into_owned()
    })
}

type MailFiles = Vec<(MailName, BTreeMap<String, Vec<u8>>)>;

fn mail_files(bucket: &Path, reports: &mut Vec<FileReport>) -> anyhow::Result<MailFiles> {
    let mut mails = MailFiles::new();
    for folder in folders(&bucket.join("mails"))? {
        let shown = name_of(&folder).unwrap_or_default();
        match MailName::parse(shown) {
            Ok(name) => mails.push((name, contents(&folder)?)),
            Err(error) => {
                let mut report = FileReport::new(&format!("mails/{shown}"));
                report.error(0, error.to_string(), "rename the folder: its name is that of the mail");
                reports.push(report);
            }
        }
    }
    Ok(mails)
}

fn contents(folder: &Path) -> anyhow::Result<BTreeMap<String, Vec<u8>>> {
    let mut sources = BTreeMap::new();
    for path in entries(folder)?.into_iter().filter(|path| path.is_file()) {
        if let Some(file) = name_of(&path) {
            let content = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            sources.insert(file.to_owned(), content);
        }
    }
    Ok(sources)
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

fn ending(path: &Path) -> Option<&str> {
    path.extension().and_then(|ending| ending.to_str())
}
