//! The doors for webhooks, made once for each edition of the shops' files and of the secrets.

use std::sync::{Arc, Mutex, PoisonError};

use nachklang_domain::catalog::Catalog;
use nachklang_domain::webhook::Doors;

use crate::secrets::WebhookSecrets;

/// The doors in use. They are kept, so that a shop that exists costs a request no more time than one that does not.
#[derive(Default)]
pub(super) struct KeptDoors(Mutex<Option<Made>>);

struct Made {
    catalog: Arc<Catalog>,
    secrets: Arc<WebhookSecrets>,
    doors: Arc<Doors>,
}

impl std::fmt::Debug for KeptDoors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeptDoors")
    }
}

impl KeptDoors {
    /// The doors of a catalog with these secrets; what is wrong with one is logged when they are made.
    pub(super) fn of(&self, catalog: Arc<Catalog>, secrets: Arc<WebhookSecrets>) -> Arc<Doors> {
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = made
            .as_ref()
            .filter(|made| Arc::ptr_eq(&made.catalog, &catalog) && Arc::ptr_eq(&made.secrets, &secrets));
        if let Some(kept) = kept {
            return Arc::clone(&kept.doors);
        }
        let doors = Arc::new(Doors::make(&catalog, |name| secrets.get(name).cloned()));
        for flaw in doors.flaws() {
            let (shop, wire, error) = (flaw.shop.as_str(), flaw.wire.path(), flaw.problem.to_string());
            tracing::error!(shop, wire, error, "a webhook endpoint lacks something");
        }
        *made = Some(Made { catalog, secrets, doors: Arc::clone(&doors) });
        doors
    }
}
