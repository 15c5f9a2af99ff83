//! The keys of the scenarios: the same in every run, so that every run is the same.

use std::sync::LazyLock;

use nachklang_domain::link::{LinkKey, LinkKeys};
use nachklang_domain::secret::SecretBytes;

static CONTACT_KEY: LazyLock<SecretBytes> =
    LazyLock::new(|| SecretBytes::new(b"the contact key of the scenarios".to_vec()));

/// The key of the contact ids.
#[must_use]
pub fn contact_key() -> &'static SecretBytes {
    &CONTACT_KEY
}

/// The keys of the links in mails.
///
/// # Errors
/// Never for a key that is long enough.
pub fn link_keys() -> anyhow::Result<LinkKeys> {
    let secret = SecretBytes::new(b"the link key of the scenarios: long enough".to_vec());
    Ok(LinkKeys::new(LinkKey { id: 1, secret }, Vec::new())?)
}
