//! The bucket's folders on one machine: what a marketer uploads is read from here, checked, published or reported.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use nachklang_domain::catalog::{Catalog, Files, MailFacts};
use nachklang_domain::id::{MailName, SegmentId};
use nachklang_domain::language::Language;
use nachklang_domain::mail::publish::{Demand, publish};
use nachklang_domain::mail::published::PublishedMail;
use nachklang_domain::mail::source::MailSource;
use nachklang_domain::ports::Content;
use nachklang_domain::report::FileReport;

use crate::store::SqliteStore;

/// Under which kind and name the shops and flows are published, all of them as one version.
const CATALOG: (&str, &str) = ("catalog", "brand");
/// Under which kind mails are published.
const MAIL: &str = "mail";

/// What is in a folder laid out like the bucket, read and checked but not published.
#[derive(Debug)]
pub struct Draft {
    files: Files,
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
    let files = config_files(bucket)?;
    let demand = demand(&files);
    let mut mails = Vec::new();
    let mut reports = Vec::new();
    for (name, sources) in mail_files(bucket)? {
        let used = Demand {
            segments: demand.segments_of(&name),
            ..demand.rest.clone()
        };
        let published = MailSource::parse(&name, &sources).and_then(|source| publish(&source, &used));
        match published {
            Ok(publication) => {
                reports.extend(publication.warnings);
                mails.push(publication.mail);
            }
            Err(errors) => reports.extend(errors.reports),
        }
    }
    let catalog = match Catalog::load(&files, &facts(&mails)) {
        Ok((catalog, warnings)) => {
            reports.extend(warnings);
            Some(catalog)
        }
        Err(errors) => {
            reports.extend(errors);
            None
        }
    };
    Ok(Draft {
        files,
        catalog,
        mails,
        reports,
    })
}

/// What the flows and shops need of the mails, as far as their files can be read.
struct AllDemand {
    used: BTreeMap<MailName, BTreeSet<SegmentId>>,
    rest: Demand,
}

impl AllDemand {
    fn segments_of(&self, mail: &MailName) -> Vec<SegmentId> {
        self.used.get(mail).into_iter().flatten().cloned().collect()
    }
}

fn demand(files: &Files) -> AllDemand {
    let rest = Demand {
        segments: Vec::new(),
        languages: BTreeSet::new(),
        forms: BTreeSet::new(),
    };
    let mut all = AllDemand {
        used: BTreeMap::new(),
        rest,
    };
    let Some(catalog) = Catalog::readable(files) else {
        return all;
    };
    for flow in catalog.flows.values() {
        for segment in &flow.segments {
            for step in 0..u32::try_from(flow.steps.len()).unwrap_or(0) {
                all.used
                    .entry(flow.mail_for(step, segment))
                    .or_default()
                    .insert(segment.id.clone());
            }
        }
    }
    for shop in catalog.shops.values() {
        all.rest.languages.extend(&shop.languages);
        all.rest.forms.insert(shop.address);
    }
    all
}

fn facts(mails: &[PublishedMail]) -> BTreeMap<MailName, MailFacts> {
    let languages = |mail: &PublishedMail| mail.languages().into_iter().collect::<Vec<Language>>();
    mails
        .iter()
        .map(|mail| {
            (
                mail.name.clone(),
                MailFacts {
                    languages: languages(mail),
                },
            )
        })
        .collect()
}

/// Publishes what is good: each mail by itself, shops and flows together. What is broken keeps its last good version.
///
/// # Errors
/// When the store does not answer.
pub async fn publish_draft(store: &SqliteStore, draft: &Draft) -> anyhow::Result<()> {
    for mail in &draft.mails {
        store
            .publish(MAIL, mail.name.as_str(), &serde_json::to_vec(mail)?)
            .await?;
    }
    if draft.catalog.is_some() {
        store
            .publish(CATALOG.0, CATALOG.1, &serde_json::to_vec(&draft.files)?)
            .await?;
    }
    Ok(())
}

/// The shops and flows in use.
///
/// # Errors
/// When the store does not answer, or holds a version that this program cannot read.
pub async fn active_catalog(store: &SqliteStore) -> anyhow::Result<Option<Catalog>> {
    let Some(version) = store.active(CATALOG.0, CATALOG.1).await? else {
        return Ok(None);
    };
    let content = store
        .content(&version)
        .await?
        .context("the published shops and flows are gone from the store")?;
    let files: Files =
        serde_json::from_slice(&content).context("the published shops and flows cannot be read")?;
    Catalog::readable(&files)
        .context("the published shops and flows no longer fit this version")
        .map(Some)
}

fn config_files(bucket: &Path) -> anyhow::Result<Files> {
    let mut files = Files::new();
    for folder in ["shops", "flows"] {
        for path in entries(&bucket.join(folder))? {
            if let (Some(name), Some("toml")) = (name_of(&path), ending(&path)) {
                let text = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
                files.insert(
                    format!("{folder}/{name}"),
                    String::from_utf8_lossy(&text).into_owned(),
                );
            }
        }
    }
    Ok(files)
}

type MailFiles = Vec<(MailName, BTreeMap<String, Vec<u8>>)>;

fn mail_files(bucket: &Path) -> anyhow::Result<MailFiles> {
    let mut mails = MailFiles::new();
    for folder in entries(&bucket.join("mails"))? {
        let Some(name) = name_of(&folder).and_then(|name| MailName::parse(name).ok()) else {
            continue;
        };
        let mut sources = BTreeMap::new();
        for path in entries(&folder)? {
            if let Some(file) = name_of(&path) {
                let content =
                    std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
                sources.insert(file.to_owned(), content);
            }
        }
        mails.push((name, sources));
    }
    Ok(mails)
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
