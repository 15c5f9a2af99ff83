//! The doors for webhooks of all shops, made once for each edition of the shop files.

use std::sync::{Arc, Mutex, PoisonError};

use nachklang_domain::catalog::Catalog;
use nachklang_domain::secret::SecretBytes;
use nachklang_domain::webhook::Doors;

use crate::secrets::Secrets;
use crate::site::Site;

/// The doors of the edition in use. They are kept, so that a shop that exists costs a request no more time than one
/// that does not.
#[derive(Default)]
pub struct KeptDoors(Mutex<Option<(Arc<Catalog>, Arc<Doors>)>>);

impl std::fmt::Debug for KeptDoors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeptDoors")
    }
}

impl KeptDoors {
    /// The doors under a catalog.
    pub fn of(&self, site: &Site, catalog: &Arc<Catalog>) -> Arc<Doors> {
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, doors)) = &*made
            && Arc::ptr_eq(of, catalog)
        {
            return Arc::clone(doors);
        }
        let doors = Arc::new(make(&site.secrets, catalog));
        *made = Some((Arc::clone(catalog), Arc::clone(&doors)));
        doors
    }
}

/// The doors under a catalog; what is wrong with one is logged.
pub fn make(secrets: &Secrets, catalog: &Catalog) -> Doors {
    let doors = Doors::make(catalog, |name| secret(secrets, name));
    for flaw in doors.flaws() {
        let (shop, wire, error) = (flaw.shop.as_str(), flaw.wire.path(), flaw.problem.to_string());
        tracing::error!(shop, wire, error, "a webhook endpoint lacks something");
    }
    doors
}

fn secret(secrets: &Secrets, name: &str) -> Option<SecretBytes> {
    let secret = secrets.webhook(name);
    secret.inspect_err(|error| tracing::error!(error = format!("{error:#}"), "a secret cannot be kept")).ok()
}
