//! One machine's whole world: the store, the outbox, the secrets, the published content.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use anyhow::Context as _;
use jiff::Timestamp;
use nachklang_domain::catalog::Catalog;
use nachklang_domain::link::LinkKeys;
use nachklang_domain::secret::SecretBytes;
use nachklang_domain::use_case::Desk;
use nachklang_domain::use_case::compose::{MailShelf, Postbox};
use nachklang_domain::use_case::publish::active_catalog;

use crate::outbox::Outbox;
use crate::secrets::Secrets;
use crate::store::SqliteStore;

/// One machine's world.
#[derive(Debug)]
pub struct Site {
    /// Orders, contacts, codes, queues.
    pub store: SqliteStore,
    /// The mails.
    pub outbox: Outbox,
    /// The secrets.
    pub secrets: Secrets,
    /// Where reports go.
    pub reports: PathBuf,
    contact_key: SecretBytes,
    link_keys: LinkKeys,
    shelf: MailShelf,
    catalog: RwLock<Option<Arc<Catalog>>>,
}

impl Site {
    /// Opens the world that lives in a folder, or begins one.
    ///
    /// # Errors
    /// When the folder cannot be used.
    pub async fn open(folder: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let secrets = Secrets::open(&folder.join("secrets.toml"))?;
        let site = Self {
            store: SqliteStore::open(&folder.join("nachklang.sqlite"))?,
            outbox: Outbox::new(&folder.join("outbox")),
            contact_key: secrets.contact_key()?,
            link_keys: secrets.link_keys()?,
            secrets,
            reports: folder.join("reports"),
            shelf: MailShelf::default(),
            catalog: RwLock::new(None),
        };
        if let Some(catalog) = active_catalog(&site.store).await? {
            site.set_catalog(catalog);
        }
        Ok(site)
    }

    /// The published shops and flows.
    ///
    /// # Errors
    /// When nothing has been published yet.
    pub fn catalog(&self) -> anyhow::Result<Arc<Catalog>> {
        let catalog = self.catalog.read().unwrap_or_else(PoisonError::into_inner).clone();
        catalog.context("no shops are published yet: run `nachklang publish` with a folder like templates/")
    }

    /// Makes a catalog the active one.
    pub fn set_catalog(&self, catalog: Catalog) {
        *self.catalog.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(catalog));
    }

    /// The keys of the links in mails.
    #[must_use]
    pub const fn link_keys(&self) -> &LinkKeys {
        &self.link_keys
    }

    /// The key of the contact ids.
    #[must_use]
    pub const fn contact_key(&self) -> &SecretBytes {
        &self.contact_key
    }

    /// What the use cases need, over the store.
    #[must_use]
    pub const fn desk<'a>(&'a self, catalog: &'a Catalog) -> Desk<'a, SqliteStore> {
        self.desk_on(&self.store, catalog)
    }

    /// What the use cases need, over a handle of the store such as a batch's.
    #[must_use]
    pub const fn desk_on<'a>(
        &'a self,
        store: &'a SqliteStore,
        catalog: &'a Catalog,
    ) -> Desk<'a, SqliteStore> {
        Desk { world: store, catalog, contact_key: &self.contact_key }
    }

    /// What makes and takes mails.
    #[must_use]
    pub const fn postbox(&self) -> Postbox<'_, Outbox> {
        Postbox { mailer: &self.outbox, keys: &self.link_keys, shelf: &self.shelf }
    }

    /// The time here.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn now(&self) -> anyhow::Result<Timestamp> {
        crate::clock::now(&self.store).await
    }
}
