//! The secrets, from Secrets Manager: kept for five minutes, so that a new one needs no deploy. A signature that the known
//! ones refuse lets them be looked for earlier.
//!
//! While Secrets Manager does not answer, a known secret serves for up to an hour.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nachklang_domain::link::LinkKeys;
use nachklang_domain::ports::{PortError, PortResult};
use nachklang_domain::secret::SecretBytes;

use crate::clients::{Clients, Lazy};
use crate::config::{Config, Setting};
use crate::kept::{Kept, Times};
use crate::store::fault::fault;

mod shape;

/// How long secrets are kept. The pause bounds what strangers can make this account ask, whatever they sign: a look in 30
/// seconds, each process. It is also how long a changed secret is unknown at most to whoever signs with it.
const TIMES: Times = Times {
    fresh: Duration::from_secs(5 * 60),
    stale: Duration::from_secs(60 * 60),
    pause: Duration::from_secs(30),
};

/// The webhooks' secrets by name.
pub type WebhookSecrets = BTreeMap<String, SecretBytes>;

/// The secrets of a shop's account.
pub struct Secrets {
    client: Lazy<aws_sdk_secretsmanager::Client>,
    config: Arc<Config>,
    contact_key: Kept<SecretBytes>,
    link_keys: Kept<LinkKeys>,
    webhooks: Kept<WebhookSecrets>,
    clock: fn() -> Instant,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets")
    }
}

impl Secrets {
    /// The secrets that a configuration names. Nothing is read yet.
    #[must_use]
    pub fn new(clients: &Clients, config: Arc<Config>) -> Self {
        Self {
            client: clients.secrets.clone(),
            config,
            contact_key: Kept::new(TIMES),
            link_keys: Kept::new(TIMES),
            webhooks: Kept::new(TIMES),
            clock: Instant::now,
        }
    }

    /// The same secrets, which grow old by another clock.
    #[must_use]
    pub fn with_clock(self, clock: fn() -> Instant) -> Self {
        Self { clock, ..self }
    }

    /// The key of the contact ids. Contacts are found by it: it is never changed while there are any.
    ///
    /// # Errors
    /// When it cannot be read, or is empty.
    pub async fn contact_key(&self) -> PortResult<Arc<SecretBytes>> {
        self.read(&self.contact_key, Setting::ContactKey, |_| true, shape::key).await
    }

    /// The keys of the links in mails.
    ///
    /// # Errors
    /// When they cannot be read, or are no keys.
    pub async fn link_keys(&self) -> PortResult<Arc<LinkKeys>> {
        self.read(&self.link_keys, Setting::LinkKeys, |_| true, shape::link_keys).await
    }

    /// The keys of the links for a link that those known do not open: somebody may have added one meanwhile. They are
    /// looked for again, but not at every request; the same ones are the same `Arc`.
    ///
    /// # Errors
    /// As [`Self::link_keys`].
    pub async fn link_keys_anew(&self) -> PortResult<Arc<LinkKeys>> {
        self.read(&self.link_keys, Setting::LinkKeys, |_| false, shape::link_keys).await
    }

    /// The webhooks' secrets. Those that are `wanted` and missing are looked for again, but not at every request.
    ///
    /// # Errors
    /// When they cannot be read, or are no list of secrets.
    pub async fn webhooks(&self, wanted: &[&str]) -> PortResult<Arc<WebhookSecrets>> {
        let has_all = |known: &WebhookSecrets| wanted.iter().all(|name| known.contains_key(*name));
        self.read(&self.webhooks, Setting::WebhookSecrets, has_all, shape::webhooks).await
    }

    /// The webhooks' secrets for a signature that those known refuse: one may have been changed under its name. They are
    /// looked for again, but not at every request; the same ones are the same `Arc`.
    ///
    /// # Errors
    /// As [`Self::webhooks`].
    pub async fn webhooks_anew(&self) -> PortResult<Arc<WebhookSecrets>> {
        self.read(&self.webhooks, Setting::WebhookSecrets, |_| false, shape::webhooks).await
    }

    async fn read<T: PartialEq>(
        &self,
        kept: &Kept<T>,
        setting: Setting,
        suffices: impl Fn(&T) -> bool,
        shape: impl FnOnce(&str) -> Result<T, &'static str>,
    ) -> PortResult<Arc<T>> {
        let name = self.config.get(setting)?;
        let look = async |known: Option<Arc<T>>| {
            let text = self.fetch(name).await?;
            let wrong = |problem| PortError::permanent(format!("the secret {name} {problem}"));
            let told = shape(&text).map_err(wrong)?;
            Ok(known.filter(|known| **known == told).unwrap_or_else(|| Arc::new(told)))
        };
        kept.get((self.clock)(), suffices, look).await
    }

    async fn fetch(&self, name: &str) -> PortResult<String> {
        let told = self.client.get_secret_value().secret_id(name).send().await;
        let told = told.map_err(|error| fault("read a secret", name, &error))?;
        let empty = || PortError::permanent(format!("the secret {name} holds no text: store it as text"));
        told.secret_string.ok_or_else(empty)
    }
}
