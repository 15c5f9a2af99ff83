//! Publishes what is good of a draft, all at once. What is broken keeps its last good version.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{Catalog, Files};
use crate::draft::{Demands, Draft};
use crate::id::MailName;
use crate::mail::published::PublishedMail;
use crate::ports::{Content, NewContent, PortError, PortResult};

/// Under which kind the shops and flows are published, all of them as one version.
pub const CATALOG: &str = "catalog";
/// The name of that version.
const BRAND: &str = "brand";
/// Under which kind mails are published.
pub const MAIL: &str = "mail";

/// What of a draft is in use now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edition {
    /// The version of the shops and flows; `None` while they have an error.
    pub catalog: Option<String>,
    /// The version of each mail that was published.
    pub mails: BTreeMap<MailName, String>,
    /// Good mails that wait until the shops and flows have no error: the edition in use needs something else of them.
    pub held: BTreeSet<MailName>,
}

/// Publishes what is good. The contents come first, then the mails' pointers, that of the shops and flows last.
///
/// Shops and flows go together. While they have an error, the edition in use goes on; then a mail is published only if
/// it was checked for exactly what that edition needs of it. Let one publish at a time, each what it has just read:
/// otherwise an older draft may replace a newer one.
///
/// # Errors
/// When the store does not answer. Publishing again is harmless.
pub async fn publish_draft<W: Content>(world: &W, draft: &Draft) -> PortResult<Edition> {
    let in_use = active_files(world).await?.and_then(|files| Demands::of(&files));
    let fits = |mail: &MailName| {
        let (drafted, used) = (draft.demands.as_ref(), in_use.as_ref());
        draft.catalog.is_some() || drafted.zip(used).is_some_and(|(a, b)| a.of_mail(mail) == b.of_mail(mail))
    };
    let (good, held): (Vec<&PublishedMail>, Vec<_>) = draft.mails.iter().partition(|mail| fits(&mail.name));
    let mut contents = Vec::with_capacity(good.len() + 1);
    for mail in &good {
        contents.push(content(MAIL, mail.name.as_str(), mail)?);
    }
    if draft.catalog.is_some() {
        contents.push(content(CATALOG, BRAND, &draft.files)?);
    }
    let mut versions = world.publish_all(&contents).await?;
    let catalog = draft.catalog.is_some().then(|| versions.pop()).flatten();
    let mails = good.iter().map(|mail| mail.name.clone()).zip(versions).collect();
    Ok(Edition { catalog, mails, held: held.iter().map(|mail| mail.name.clone()).collect() })
}

fn content(kind: &'static str, name: &str, value: &impl serde::Serialize) -> PortResult<NewContent> {
    let bytes = serde_json::to_vec(value);
    let bytes = bytes.map_err(|error| PortError::permanent("the content cannot be stored").because(error))?;
    Ok(NewContent { kind, name: name.to_owned(), bytes })
}

/// The shops and flows in use.
///
/// # Errors
/// When the store does not answer, or holds a version that this program cannot read.
pub async fn active_catalog<W: Content>(world: &W) -> PortResult<Option<Catalog>> {
    match active_version(world).await? {
        Some(version) => Ok(Some(catalog_of(world, &version).await?)),
        None => Ok(None),
    }
}

/// The version of the shops and flows in use.
///
/// # Errors
/// When the store does not answer.
pub async fn active_version<W: Content>(world: &W) -> PortResult<Option<String>> {
    world.active(CATALOG, BRAND).await
}

/// The shops and flows of a version.
///
/// # Errors
/// When the store does not answer, or holds a version that this program cannot read.
pub async fn catalog_of<W: Content>(world: &W, version: &str) -> PortResult<Catalog> {
    let catalog = Catalog::readable(&files_of(world, version).await?);
    catalog.ok_or_else(|| permanent("the published shops and flows no longer fit this version"))
}

async fn active_files<W: Content>(world: &W) -> PortResult<Option<Files>> {
    match active_version(world).await? {
        Some(version) => Ok(Some(files_of(world, &version).await?)),
        None => Ok(None),
    }
}

async fn files_of<W: Content>(world: &W, version: &str) -> PortResult<Files> {
    let content = world.content(version).await?;
    let content =
        content.ok_or_else(|| permanent("the published shops and flows are gone from the store"))?;
    let files = serde_json::from_slice(&content);
    files.map_err(|error| permanent("the published shops and flows cannot be read").because(error))
}

fn permanent(what: &str) -> PortError {
    PortError::permanent(what)
}
