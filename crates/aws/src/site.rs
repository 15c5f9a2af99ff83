//! What a function works with: the store, the secrets, the shops and flows in use.

use std::sync::Arc;
use std::time::{Duration, Instant};

use nachklang_domain::catalog::Catalog;
use nachklang_domain::link::LinkKeys;
use nachklang_domain::ports::{Content, PortError, PortResult};
use nachklang_domain::secret::SecretBytes;
use nachklang_domain::use_case::compose::MailShelf;
use nachklang_domain::use_case::publish::{active_version, catalog_of};
use nachklang_domain::webhook::Doors;
use nachklang_domain::webhook::doors::secret_names;

use crate::clients::Clients;
use crate::config::{Config, Setting};
use crate::kept::{Kept, Times};
use crate::lambda::metrics::Metrics;
use crate::secrets::{Secrets, WebhookSecrets};
use crate::store::AwsStore;

mod doors;

use doors::KeptDoors;

/// How long an edition is used without a look, and how long while the store does not answer.
const TIMES: Times = Times {
    fresh: Duration::from_secs(10),
    stale: Duration::from_secs(5 * 60),
    pause: Duration::from_secs(1),
};

/// What one process works with. It is made once; nothing is read before it is asked for.
#[derive(Debug)]
pub struct Site {
    /// The ports.
    pub store: AwsStore,
    /// What the function was told.
    pub config: Arc<Config>,
    /// The clients.
    pub clients: Clients,
    secrets: Secrets,
    shelf: MailShelf,
    editions: Editions,
    doors: KeptDoors,
}

impl Site {
    /// The site that a configuration names. No network.
    #[must_use]
    pub fn open(config: Arc<Config>, clients: Clients) -> Self {
        let store = AwsStore::new(clients.clone(), Arc::clone(&config));
        let secrets = Secrets::new(&clients, Arc::clone(&config));
        Self {
            store,
            config,
            clients,
            secrets,
            shelf: MailShelf::default(),
            editions: Editions::default(),
            doors: KeptDoors::default(),
        }
    }

    /// The same site, whose secrets grow old by another clock: so nobody waits to see one changed.
    #[must_use]
    pub fn with_secrets_clock(self, clock: fn() -> Instant) -> Self {
        Self { secrets: self.secrets.with_clock(clock), ..self }
    }

    /// The key of the contact ids.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn contact_key(&self) -> PortResult<SecretBytes> {
        Ok(SecretBytes::clone(&*self.secrets.contact_key().await?))
    }

    /// The keys of the links in mails.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn link_keys(&self) -> PortResult<Arc<LinkKeys>> {
        self.secrets.link_keys().await
    }

    /// The keys of the links for a link that those known do not open: looked for again, but not at every request. The same
    /// ones are the same `Arc`.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn link_keys_anew(&self) -> PortResult<Arc<LinkKeys>> {
        self.secrets.link_keys_anew().await
    }

    /// The webhooks' secrets; those that are `wanted` and missing are looked for again, but not at every request.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn webhook_secrets(&self, wanted: &[&str]) -> PortResult<Arc<WebhookSecrets>> {
        self.secrets.webhooks(wanted).await
    }

    /// A webhook's secret by the name that the shop's file uses.
    ///
    /// # Errors
    /// When the secrets cannot be read, or none has this name.
    pub async fn webhook_secret(&self, name: &str) -> PortResult<SecretBytes> {
        let secrets = self.webhook_secrets(&[name]).await?;
        let holder = self.config.get(Setting::WebhookSecrets)?;
        let missing = || PortError::permanent(format!("the secret {holder} has no entry {name}: add it"));
        secrets.get(name).cloned().ok_or_else(missing)
    }

    /// The parsed mails.
    #[must_use]
    pub const fn shelf(&self) -> &MailShelf {
        &self.shelf
    }

    /// Metrics of this stage, for one invocation.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        Metrics::new(self.config.get(Setting::Stage).unwrap_or_default())
    }

    /// The shops and flows in use. A new edition is seen after ten seconds; the same edition stays the same `Arc`.
    ///
    /// # Errors
    /// When the store does not answer, or no edition is published that this version can read.
    pub async fn catalog(&self) -> PortResult<Arc<Catalog>> {
        self.editions.in_use(&self.store, Instant::now()).await
    }

    /// The doors for webhooks of the shops of a catalog. A door whose secret is missing stays shut, and the secret is
    /// looked for again after a while.
    ///
    /// # Errors
    /// When the secrets cannot be read.
    pub async fn doors(&self, catalog: &Arc<Catalog>) -> PortResult<Arc<Doors>> {
        let secrets = self.webhook_secrets(&secret_names(catalog)).await?;
        Ok(self.doors.of(Arc::clone(catalog), secrets))
    }

    /// The doors for a webhook that was refused: their secrets are looked for again, but not at every request. The same
    /// doors are the same `Arc`.
    ///
    /// # Errors
    /// When the secrets cannot be read.
    pub async fn doors_anew(&self, catalog: &Arc<Catalog>) -> PortResult<Arc<Doors>> {
        let secrets = self.secrets.webhooks_anew().await?;
        Ok(self.doors.of(Arc::clone(catalog), secrets))
    }
}

/// The edition in use.
struct Editions(Kept<Edition>);

struct Edition {
    version: String,
    catalog: Arc<Catalog>,
}

impl Default for Editions {
    fn default() -> Self {
        Self(Kept::new(TIMES))
    }
}

impl std::fmt::Debug for Editions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Editions")
    }
}

impl Editions {
    async fn in_use<S: Content>(&self, store: &S, now: Instant) -> PortResult<Arc<Catalog>> {
        let edition = self.0.get(now, |_| true, async |known| read(store, known).await).await?;
        Ok(Arc::clone(&edition.catalog))
    }
}

/// The active edition: the known one as long as the pointer names it.
async fn read<S: Content>(store: &S, known: Option<Arc<Edition>>) -> PortResult<Arc<Edition>> {
    let version = active_version(store).await?.ok_or_else(unpublished)?;
    if let Some(known) = known.filter(|known| known.version == version) {
        return Ok(known);
    }
    let catalog = Arc::new(catalog_of(store, &version).await?);
    Ok(Arc::new(Edition { version, catalog }))
}

fn unpublished() -> PortError {
    PortError::permanent(
        "no shops are published yet: upload shops/brand.toml, a file for each shop and the flows to the bucket",
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    use nachklang_domain::ports::NewContent;

    use super::*;

    /// Published content in memory, which can be out of order.
    #[derive(Default)]
    struct Shelf(Mutex<State>);

    #[derive(Default)]
    struct State {
        active: Option<String>,
        contents: BTreeMap<String, Vec<u8>>,
        broken: bool,
        reads: u32,
    }

    impl Shelf {
        fn put(&self, version: &str, shop: &str) {
            let brand = include_str!("../../../templates/shops/brand.toml").replace("Lunaria", shop);
            let files = BTreeMap::from([("shops/brand.toml", brand)]);
            let mut state = self.0.lock().unwrap();
            state.contents.insert(version.to_owned(), serde_json::to_vec(&files).unwrap());
            state.active = Some(version.to_owned());
        }

        fn break_down(&self, broken: bool) {
            self.0.lock().unwrap().broken = broken;
        }

        fn reads(&self) -> u32 {
            self.0.lock().unwrap().reads
        }
    }

    impl Content for Shelf {
        async fn publish(&self, _: &str, _: &str, _: &[u8]) -> PortResult<String> {
            panic!("no function publishes through a site")
        }

        async fn publish_all(&self, _: &[NewContent]) -> PortResult<Vec<String>> {
            panic!("no function publishes through a site")
        }

        async fn active(&self, kind: &str, name: &str) -> PortResult<Option<String>> {
            assert_eq!((kind, name), ("catalog", "brand"));
            let state = self.0.lock().unwrap();
            if state.broken { Err(PortError::transient("busy")) } else { Ok(state.active.clone()) }
        }

        async fn all_active(&self, _: &str) -> PortResult<Vec<(String, String)>> {
            panic!("no function lists through a site")
        }

        async fn content(&self, version: &str) -> PortResult<Option<Vec<u8>>> {
            let mut state = self.0.lock().unwrap();
            state.reads += 1;
            Ok(state.contents.get(version).cloned())
        }
    }

    fn after(begun: Instant, seconds: u64) -> Instant {
        begun + Duration::from_secs(seconds)
    }

    #[tokio::test]
    async fn a_new_edition_is_seen_after_ten_seconds_and_an_old_one_stays_the_same() {
        let (shelf, editions, begun) = (Shelf::default(), Editions::default(), Instant::now());
        shelf.put("one", "Lunaria");
        let first = editions.in_use(&shelf, begun).await.unwrap();
        let again = editions.in_use(&shelf, after(begun, 10)).await.unwrap();
        assert!(Arc::ptr_eq(&first, &again));
        assert_eq!(shelf.reads(), 1);
        shelf.put("two", "Solaria");
        assert_eq!(editions.in_use(&shelf, after(begun, 19)).await.unwrap().brand.name, "Lunaria");
        assert_eq!(editions.in_use(&shelf, after(begun, 20)).await.unwrap().brand.name, "Solaria");
    }

    #[tokio::test]
    async fn while_the_store_is_silent_the_edition_in_use_goes_on() {
        let (shelf, editions, begun) = (Shelf::default(), Editions::default(), Instant::now());
        shelf.put("one", "Lunaria");
        editions.in_use(&shelf, begun).await.unwrap();
        shelf.break_down(true);
        assert!(editions.in_use(&shelf, after(begun, 60)).await.is_ok());
        assert!(editions.in_use(&shelf, after(begun, 300)).await.unwrap_err().is_transient());
        shelf.break_down(false);
        assert!(editions.in_use(&shelf, after(begun, 302)).await.is_ok());
    }

    #[tokio::test]
    async fn before_the_first_edition_the_error_says_what_to_upload() {
        let (shelf, editions, begun) = (Shelf::default(), Editions::default(), Instant::now());
        let error = editions.in_use(&shelf, begun).await.unwrap_err();
        assert!(!error.is_transient() && error.to_string().contains("upload shops/brand.toml"), "{error}");
        shelf.put("one", "Lunaria");
        assert!(editions.in_use(&shelf, after(begun, 1)).await.is_ok());
    }
}
