//! The shops, flows and mails that lie in the bucket, read and checked but not published.

use std::collections::BTreeMap;

use crate::catalog::{Catalog, Files, MailFacts};
use crate::id::MailName;
use crate::language::Language;
use crate::mail::publish::publish;
use crate::mail::published::PublishedMail;
use crate::mail::source::MailSource;
use crate::report::FileReport;

mod demand;

pub use demand::Demands;

/// What lies in the bucket: path below its root → bytes.
pub type Uploaded = BTreeMap<String, Vec<u8>>;

/// What is in the folders `shops/`, `flows/` and `mails/`, read and checked but not published.
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

type MailFiles = BTreeMap<MailName, BTreeMap<String, Vec<u8>>>;

impl Draft {
    /// Reads and checks. A bad file is no error but a report; what lies in other folders is passed over.
    #[must_use]
    pub fn read(uploaded: &Uploaded) -> Self {
        let mut reports = Vec::new();
        let files = config_files(uploaded, &mut reports);
        let sources = mail_files(uploaded, &mut reports);
        let demands = Demands::of(&files);
        // A file that cannot be read hides what it needs of the mails: then no mail can be judged.
        let mails =
            demands.as_ref().map(|demands| judge(&sources, demands, &mut reports)).unwrap_or_default();
        let facts = if demands.is_some() { facts(&mails) } else { promised(&sources) };
        let loaded = Catalog::load(&files, &facts);
        let (catalog, about_catalog) =
            loaded.map_or_else(|errors| (None, errors), |(catalog, warnings)| (Some(catalog), warnings));
        let catalog =
            catalog.filter(|_| !reports.iter().any(|report| is_config(report) && report.has_errors()));
        reports.extend(about_catalog);
        Self { files, demands, catalog, mails, reports }
    }

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
    let fact = |(name, files): (&MailName, &BTreeMap<String, Vec<u8>>)| {
        (name.clone(), MailFacts { languages: files.keys().filter_map(language).collect() })
    };
    sources.iter().map(fact).collect()
}

fn config_files(uploaded: &Uploaded, reports: &mut Vec<FileReport>) -> Files {
    let is_config = |path: &str| match path.split_once('/') {
        Some(("shops" | "flows", file)) => file.ends_with(".toml") && !file.contains('/'),
        _ => false,
    };
    let files = uploaded.iter().filter(|(path, _)| is_config(path));
    files.map(|(path, bytes)| (path.clone(), as_text(path, bytes, reports))).collect()
}

/// The text of a file. Letters that are no UTF-8 are reported: they would stand garbled in the mails.
fn as_text(path: &str, bytes: &[u8], reports: &mut Vec<FileReport>) -> String {
    if let Err(error) = std::str::from_utf8(bytes) {
        let good = bytes.iter().take(error.valid_up_to());
        let line = 1 + good.filter(|byte| **byte == b'\n').fold(0, |lines, _| lines + 1);
        let mut report = FileReport::new(path);
        report.error(line, "the line is no UTF-8", "save the file as UTF-8");
        reports.push(report);
    }
    String::from_utf8_lossy(bytes).into_owned()
}

/// The files of each mail, by their names in its folder.
fn mail_files(uploaded: &Uploaded, reports: &mut Vec<FileReport>) -> MailFiles {
    let mut mails = MailFiles::new();
    let mut misnamed = BTreeMap::new();
    for (path, bytes) in uploaded {
        let Some((folder, file)) = path.strip_prefix("mails/").and_then(|path| path.split_once('/')) else {
            continue;
        };
        match MailName::parse(folder) {
            Ok(_) if file.contains('/') => {}
            Ok(name) => {
                mails.entry(name).or_default().insert(file.to_owned(), bytes.clone());
            }
            Err(error) => {
                misnamed.insert(folder.to_owned(), error.to_string());
            }
        }
    }
    reports.extend(misnamed.into_iter().map(|(folder, problem)| {
        let mut report = FileReport::new(&format!("mails/{folder}"));
        report.error(0, problem, "rename the folder: its name is that of the mail");
        report
    }));
    mails
}

#[cfg(test)]
mod tests;
