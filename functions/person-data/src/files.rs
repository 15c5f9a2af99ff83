//! Files that name her: till and contact files are written anew without her rows, parked requests go whole. Every older
//! version that names her is deleted for good.

use std::time::Duration;

use nachklang_aws::lambda::Deadline;
use nachklang_aws::store::{AwsStore, ObjectVersion};
use nachklang_domain::catalog::Catalog;
use nachklang_domain::delimited::Header;
use nachklang_domain::person::{MAX_FILE, Trace, without_rows};
use nachklang_domain::ports::PortResult;
use nachklang_domain::till::receipt_column;
use nachklang_domain::upload::Upload;
use nachklang_domain::use_case::suppress::Reach;
use serde::Serialize;

/// Folders of files with rows about many people.
const ROWS: [&str; 2] = ["orders/", "contacts/"];
/// Folders of requests, each about one purchase.
const REQUESTS: [&str; 2] = ["parked/", "replay/"];
/// No other file is begun with less time than that.
const RESERVE: Duration = Duration::from_secs(60);

/// What was done about files.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Files {
    /// Versions that were looked into.
    pub looked_into: u64,
    /// Files that were written anew without her rows.
    pub rewritten: u64,
    /// Versions that named her and are gone.
    pub versions_deleted: u64,
    /// Files that could not be looked into, or changed meanwhile.
    pub left: Vec<String>,
    /// Whether the time was too short for all of them.
    pub broken_off: bool,
}

impl Files {
    /// Whether nothing is left.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.left.is_empty() && !self.broken_off
    }
}

/// What is looked for, and where.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Search<'a> {
    pub(crate) store: &'a AwsStore,
    pub(crate) catalog: &'a Catalog,
    pub(crate) trace: &'a Trace,
    pub(crate) reach: &'a Reach,
    pub(crate) deadline: Deadline,
}

/// What a version says of her.
enum Found {
    /// Nothing.
    Nothing,
    /// It names her; with what is left of it, if it is about others too.
    Named(Option<Vec<u8>>),
    /// It cannot be told.
    Unreadable,
}

impl Search<'_> {
    /// Removes her from every file.
    pub(crate) async fn remove(self) -> PortResult<Files> {
        let mut files = Files::default();
        for version in self.versions().await? {
            if self.deadline.left() < RESERVE {
                files.broken_off = true;
                break;
            }
            files.looked_into += 1;
            match self.look_into(&version).await? {
                Found::Nothing => {}
                Found::Unreadable => files.left.push(version.key),
                Found::Named(others) => self.remove_from(&version, others, &mut files).await?,
            }
        }
        files.left.dedup();
        Ok(files)
    }

    /// The files that name her now.
    pub(crate) async fn naming(self) -> PortResult<Vec<String>> {
        let mut names = Vec::new();
        for version in self.versions().await?.into_iter().filter(|version| version.is_latest) {
            if !matches!(self.look_into(&version).await?, Found::Nothing) {
                names.push(version.key);
            }
        }
        Ok(names)
    }

    async fn versions(self) -> PortResult<Vec<ObjectVersion>> {
        let mut versions = Vec::new();
        for prefix in prefixes(self.reach) {
            versions.extend(self.store.list_versions(&prefix).await?);
        }
        Ok(versions)
    }

    async fn look_into(self, version: &ObjectVersion) -> PortResult<Found> {
        if version.size > MAX_FILE {
            return Ok(Found::Unreadable);
        }
        let Some(bytes) = self.store.get_version(version).await? else { return Ok(Found::Nothing) };
        if !ROWS.iter().any(|folder| version.key.starts_with(folder)) {
            return Ok(if self.trace.is_in_file(&bytes) { Found::Named(None) } else { Found::Nothing });
        }
        let receipt = |header: &Header| self.receipt(&version.key, header);
        Ok(match without_rows(&version.key, &bytes, self.trace, receipt) {
            Ok(others) if others.removed == 0 => Found::Nothing,
            Ok(others) => Found::Named(Some(others.bytes)),
            Err(_) => Found::Unreadable,
        })
    }

    /// Where a till file of a shop has the receipt number.
    fn receipt(self, key: &str, header: &Header) -> Option<usize> {
        match Upload::of(key) {
            Ok(Upload::Orders(shop)) => receipt_column(header, &self.catalog.shop(&shop)?.till),
            _ => None,
        }
    }

    /// The newest version of a file of rows is replaced before it is deleted, so that no older one takes its place.
    async fn remove_from(
        self,
        version: &ObjectVersion,
        others: Option<Vec<u8>>,
        files: &mut Files,
    ) -> PortResult<()> {
        if let Some(others) = others.filter(|_| version.is_latest) {
            if !self.store.replace_version(version, others).await? {
                files.left.push(version.key.clone());
                return Ok(());
            }
            files.rewritten += 1;
        }
        self.store.delete_versions(std::slice::from_ref(version)).await?;
        files.versions_deleted += 1;
        Ok(())
    }
}

/// The folders that may name somebody. A file in the wrong folder is found for all shops only.
fn prefixes(reach: &Reach) -> Vec<String> {
    match reach {
        Reach::AllShops => ROWS.iter().chain(&REQUESTS).map(ToString::to_string).collect(),
        Reach::Shop(shop) => {
            let rows = ROWS.iter().map(|folder| format!("{folder}{shop}/"));
            rows.chain(REQUESTS.iter().map(|folder| format!("{folder}webhooks/{shop}/"))).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use nachklang_domain::id::ShopId;

    use super::*;

    #[test]
    fn one_shop_means_the_folders_of_that_shop_and_of_no_other() {
        let of = prefixes(&Reach::Shop(ShopId::parse("de").unwrap()));
        assert_eq!(of, ["orders/de/", "contacts/de/", "parked/webhooks/de/", "replay/webhooks/de/"]);
        assert_eq!(prefixes(&Reach::AllShops), ["orders/", "contacts/", "parked/", "replay/"]);
    }

    #[test]
    fn an_erasure_is_complete_when_nothing_is_left() {
        let left = Files { left: vec!["orders/de/x.csv".to_owned()], ..Files::default() };
        assert!(!left.is_complete() && !Files { broken_off: true, ..Files::default() }.is_complete());
        assert!(Files::default().is_complete());
    }
}
