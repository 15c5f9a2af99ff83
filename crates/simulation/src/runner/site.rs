//! What the invocations of a scenario share, as warm functions do.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use nachklang_domain::catalog::Catalog;
use nachklang_domain::link::LinkKeys;
use nachklang_domain::ports::{PortError, PortResult};
use nachklang_domain::use_case::compose::MailShelf;
use nachklang_domain::use_case::publish::{active_version, catalog_of};

use crate::keys::link_keys;
use crate::ports::Ports;

/// What is shared.
#[derive(Debug)]
pub(super) struct Site {
    /// The keys of the links in mails.
    pub(super) link_keys: LinkKeys,
    /// The mails, parsed.
    pub(super) shelf: MailShelf,
    /// A run with more due entries is split.
    pub(super) split_over: Option<u64>,
    catalogs: Mutex<BTreeMap<String, Arc<Catalog>>>,
}

impl Site {
    pub(super) fn new(split_over: Option<u64>) -> anyhow::Result<Self> {
        let (shelf, catalogs) = (MailShelf::default(), Mutex::default());
        Ok(Self { link_keys: link_keys()?, shelf, split_over, catalogs })
    }

    /// The shops and flows in use; a version that was read before is not read again.
    pub(super) async fn catalog(&self, ports: &Ports) -> PortResult<Arc<Catalog>> {
        let version = active_version(ports).await?;
        let version = version.ok_or_else(|| PortError::permanent("no shops are published"))?;
        if let Some(known) = self.known(&version) {
            return Ok(known);
        }
        let catalog = Arc::new(catalog_of(ports, &version).await?);
        self.lock().insert(version, Arc::clone(&catalog));
        Ok(catalog)
    }

    fn known(&self, version: &str) -> Option<Arc<Catalog>> {
        self.lock().get(version).cloned()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Arc<Catalog>>> {
        self.catalogs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
