//! The edition in use: the shops, flows and mails that were published last.

use anyhow::Context as _;
use nachklang_domain::catalog::{Catalog, Files};
use nachklang_domain::id::MailName;
use nachklang_domain::ports::Content;

use crate::bucket::Draft;
use crate::demand::Demands;
use crate::store::SqliteStore;

/// Under which kind and name the shops and flows are published, all of them as one version.
const CATALOG: (&str, &str) = ("catalog", "brand");
/// Under which kind mails are published.
const MAIL: &str = "mail";

/// Publishes what is good, all at once. What is broken keeps its last good version.
///
/// Shops and flows go together. While they have an error, the edition in use goes on; then a mail is published only if
/// it was checked for exactly what that edition needs of it.
///
/// # Errors
/// When the store does not answer.
pub async fn publish_draft(store: &SqliteStore, draft: &Draft) -> anyhow::Result<()> {
    let batch = store.begin_batch().await?;
    let in_use = files(batch.store()).await?.and_then(|files| Demands::of(&files));
    let fits = |mail: &MailName| {
        let (drafted, used) = (draft.demands.as_ref(), in_use.as_ref());
        draft.catalog.is_some() || drafted.zip(used).is_some_and(|(a, b)| a.of_mail(mail) == b.of_mail(mail))
    };
    for mail in draft.mails.iter().filter(|mail| fits(&mail.name)) {
        batch.store().publish(MAIL, mail.name.as_str(), &serde_json::to_vec(mail)?).await?;
    }
    if draft.catalog.is_some() {
        batch.store().publish(CATALOG.0, CATALOG.1, &serde_json::to_vec(&draft.files)?).await?;
    }
    Ok(batch.commit().await?)
}

/// The shops and flows in use.
///
/// # Errors
/// When the store does not answer, or holds a version that this program cannot read.
pub async fn active_catalog(store: &SqliteStore) -> anyhow::Result<Option<Catalog>> {
    let Some(files) = files(store).await? else {
        return Ok(None);
    };
    Catalog::readable(&files).context("the published shops and flows no longer fit this version").map(Some)
}

async fn files(store: &SqliteStore) -> anyhow::Result<Option<Files>> {
    let Some(version) = store.active(CATALOG.0, CATALOG.1).await? else {
        return Ok(None);
    };
    let content =
        store.content(&version).await?.context("the published shops and flows are gone from the store")?;
    serde_json::from_slice(&content).context("the published shops and flows cannot be read").map(Some)
}
