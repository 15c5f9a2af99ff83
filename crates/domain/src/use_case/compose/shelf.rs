//! Parsed mails by version.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::unmakeable;
use crate::mail::published::PublishedMail;
use crate::mail::render::MailRenderer;
use crate::ports::Content;
use crate::use_case::UseCaseError;

/// Parsed mails by version; a version never changes, so it is parsed once.
#[derive(Debug, Default)]
pub struct MailShelf(Mutex<HashMap<String, Arc<MailRenderer>>>);

impl MailShelf {
    /// The renderer of a version.
    ///
    /// # Errors
    /// [`UseCaseError`] when the version is not stored or cannot be read.
    pub async fn renderer<W: Content>(
        &self,
        world: &W,
        version: &str,
    ) -> Result<Arc<MailRenderer>, UseCaseError> {
        if let Some(known) = self.lock().get(version) {
            return Ok(Arc::clone(known));
        }
        let stored = world.content(version).await?.ok_or_else(|| UseCaseError::NoMail(version.to_owned()))?;
        let published: PublishedMail = serde_json::from_slice(&stored).map_err(unmakeable)?;
        let renderer = Arc::new(MailRenderer::new(&published).map_err(unmakeable)?);
        self.lock().insert(version.to_owned(), Arc::clone(&renderer));
        Ok(renderer)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<MailRenderer>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
