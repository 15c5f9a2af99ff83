//! The secrets of one machine: made at the first start, kept in a file that only its owner can read.
//!
//! A secret is asked for by its name. The environment variable `NACHKLANG_SECRET_<NAME>` (capitals, `-` as `_`) goes
//! before the file, so that a shop's own secret needs no file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nachklang_domain::link::{LinkKey, LinkKeys};
use nachklang_domain::secret::SecretBytes;

/// The key of the contact ids.
const CONTACT_KEY: &str = "contact-key";
/// The key of the links in mails.
const LINK_KEY: &str = "link-key";
/// Bytes of a made secret.
const LENGTH: usize = 32;

/// The secrets of one machine.
pub struct Secrets {
    file: PathBuf,
    known: Mutex<BTreeMap<String, String>>,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secrets({})", self.file.display())
    }
}

impl Secrets {
    /// Opens the file, or begins one.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn open(file: &Path) -> anyhow::Result<Self> {
        let known = match std::fs::read_to_string(file) {
            Ok(text) => {
                toml::from_str(&text).with_context(|| format!("{} is no list of secrets", file.display()))?
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", file.display())),
        };
        Ok(Self { file: file.to_owned(), known: Mutex::new(known) })
    }

    /// The key of the contact ids.
    ///
    /// # Errors
    /// When a new one cannot be kept.
    pub fn contact_key(&self) -> anyhow::Result<SecretBytes> {
        self.text(CONTACT_KEY).map(SecretBytes::from)
    }

    /// The keys of the links in mails.
    ///
    /// # Errors
    /// When a new one cannot be kept.
    pub fn link_keys(&self) -> anyhow::Result<LinkKeys> {
        let key = LinkKey { id: 1, secret: self.text(LINK_KEY)?.into() };
        Ok(LinkKeys::new(key, Vec::new())?)
    }

    /// A webhook's secret by its name, as the shop system shows it; `whsec_…` serves both wires.
    ///
    /// # Errors
    /// When a new one cannot be kept.
    pub fn webhook(&self, name: &str) -> anyhow::Result<SecretBytes> {
        self.text(name).map(SecretBytes::from)
    }

    fn text(&self, name: &str) -> anyhow::Result<String> {
        let variable = format!("NACHKLANG_SECRET_{}", name.to_ascii_uppercase().replace('-', "_"));
        if let Some(set) = std::env::var(&variable).ok().filter(|set| !set.is_empty()) {
            return Ok(set);
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(secret) = known.get(name) {
            return Ok(secret.clone());
        }
        let secret = make()?;
        known.insert(name.to_owned(), secret.clone());
        self.keep(&known)?;
        Ok(secret)
    }

    fn keep(&self, known: &BTreeMap<String, String>) -> anyhow::Result<()> {
        let text = toml::to_string(known).context("cannot write down the secrets")?;
        crate::file::write_whole(&self.file, text.as_bytes())
    }
}

fn make() -> anyhow::Result<String> {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes).context("the machine has no random numbers")?;
    Ok(format!("whsec_{}", STANDARD.encode(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_stays_the_same_over_a_restart_and_differs_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secrets.toml");
        let first = Secrets::open(&file).unwrap().webhook("shopify-de").unwrap();
        let again = Secrets::open(&file).unwrap();
        assert_eq!(again.webhook("shopify-de").unwrap(), first);
        assert_ne!(again.contact_key().unwrap(), first);
    }
}
