//! The shops of the starter content in a world of the emulated AWS, with their secrets.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use nachklang_aws::clients::Clients;
use nachklang_aws::config::{Config, Function, Setting};
use nachklang_aws::site::Site;
use nachklang_aws::store::AwsStore;
use nachklang_domain::contact::Contact;
use nachklang_domain::email::EmailAddress;
use nachklang_domain::id::{ContactId, OrderKey, OrderNumber, ShopId, Source};
use nachklang_domain::order::Order;
use nachklang_domain::ports::{Contacts as _, Content as _, Orders as _};
use nachklang_tests::aws_world::{AwsWorld, Fate, Wire};
use serde_json::{Value, json};
use sha2::Sha256;

const CONTACT_KEY: &str = "the contact key of these tests";
/// What Shopify signs with for the German shop.
pub const SHOPIFY_KEY: &str = "shopify-shows-it-so";
const API_KEY: &[u8] = b"0123456789abcdef01234567";
/// The key of the links in mails.
pub const LINK_KEY: &str = "a link key of thirty-two bytes or more";

thread_local! {
    static SECONDS: Cell<u64> = const { Cell::new(0) };
}

/// The clock by which secrets grow old.
fn clock() -> Instant {
    static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);
    *BEGUN + Duration::from_secs(SECONDS.get())
}

/// Lets so many seconds pass.
pub fn pass_seconds(seconds: u64) {
    SECONDS.set(SECONDS.get() + seconds);
}

/// The published shops of the starter content, their secrets, empty tables.
pub struct World {
    pub aws: AwsWorld,
    environment: BTreeMap<&'static str, String>,
}

impl World {
    /// None if the tests of AWS are skipped. The secret of `shopify-at` is missing.
    pub async fn new() -> anyhow::Result<Option<Self>> {
        let Some(aws) = AwsWorld::new().await? else { return Ok(None) };
        aws.store().publish("catalog", "brand", &serde_json::to_vec(&files()?)?).await?;
        let mut environment = aws.environment.clone();
        environment.insert(Setting::Stage.variable(), "test".to_owned());
        let unique = aws.config.get(Setting::Bucket)?.to_owned();
        let secrets = [
            (Setting::ContactKey, CONTACT_KEY.to_owned()),
            (Setting::LinkKeys, json!({ "1": LINK_KEY }).to_string()),
            (Setting::WebhookSecrets, webhook_secrets().to_string()),
        ];
        for (setting, secret) in secrets {
            let name = format!("{unique}/{}", setting.variable());
            aws.clients.secrets.create_secret().name(&name).secret_string(secret).send().await?;
            environment.insert(setting.variable(), name);
        }
        Ok(Some(Self { aws, environment }))
    }

    /// What a new process of a function works with.
    pub fn site(&self, function: Function) -> anyhow::Result<Site> {
        self.site_with(function, &[])
    }

    /// The same, told something else.
    pub fn site_with(&self, function: Function, other: &[(&'static str, &str)]) -> anyhow::Result<Site> {
        let mut environment = self.environment.clone();
        environment.extend(other.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let lookup = |name: &str| environment.get(name).cloned();
        let config = Arc::new(Config::from_lookup(&function.needs(), lookup)?);
        let clients = Clients::new(&config, lookup);
        Ok(Site::open(config, clients))
    }

    /// The same, in front of a wire that counts how often secrets are asked for; they grow old by the clock of
    /// [`pass_seconds`].
    pub async fn site_that_counts(&self, function: Function) -> anyhow::Result<(Site, Arc<AtomicU32>, Wire)> {
        let asked = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&asked);
        let wire = Wire::to(self.aws.endpoint()?, move |call| {
            counter.fetch_add(u32::from(call.what.contains("GetSecretValue")), Ordering::Relaxed);
            Fate::Pass
        });
        let wire = wire.await?;
        let site = self.site_with(function, &[("AWS_ENDPOINT_URL", wire.endpoint())])?;
        Ok((site.with_secrets_clock(clock), asked, wire))
    }

    /// Changes a secret, as the operator does.
    pub async fn change_secret(&self, setting: Setting, secret: &Value) -> anyhow::Result<()> {
        let name = self.environment.get(setting.variable()).context("a secret's name")?;
        let put = self.aws.clients.secrets.put_secret_value().secret_id(name);
        put.secret_string(secret.to_string()).send().await?;
        Ok(())
    }

    pub fn store(&self) -> AwsStore {
        self.aws.store()
    }

    pub async fn order(&self, shop: &str, source: &str, number: &str) -> anyhow::Result<Option<Order>> {
        let key = OrderKey {
            shop: ShopId::parse(shop)?,
            source: Source::parse(source)?,
            number: OrderNumber::parse(number)?,
        };
        Ok(self.store().load_order(&key).await?.map(|(order, _)| order))
    }

    pub async fn contact(&self, shop: &str, address: &str) -> anyhow::Result<Option<Contact>> {
        let loaded = self.store().load_contact(&ShopId::parse(shop)?, contact_id(address)?).await?;
        Ok(loaded.map(|(contact, _)| contact))
    }
}

pub fn contact_id(address: &str) -> anyhow::Result<ContactId> {
    let address = EmailAddress::parse(address).ok().context("an address")?;
    Ok(ContactId::of(&address, &CONTACT_KEY.to_owned().into()))
}

/// The headers of a signature as Shopify makes it.
pub fn shopify_signature(body: &[u8]) -> Vec<(&'static str, String)> {
    shopify_signature_with(SHOPIFY_KEY, body)
}

/// The same with another secret.
pub fn shopify_signature_with(secret: &str, body: &[u8]) -> Vec<(&'static str, String)> {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap().chain_update(body);
    vec![("x-shopify-hmac-sha256", STANDARD.encode(mac.finalize().into_bytes()))]
}

/// The headers of Standard Webhooks.
pub fn api_signature(body: &[u8], at: Timestamp) -> Vec<(&'static str, String)> {
    let signed = format!("msg_1.{}.", at.as_second());
    let mac = Hmac::<Sha256>::new_from_slice(API_KEY).unwrap().chain_update(signed).chain_update(body);
    vec![
        ("webhook-id", "msg_1".to_owned()),
        ("webhook-timestamp", at.as_second().to_string()),
        ("webhook-signature", format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))),
    ]
}

fn webhook_secrets() -> Value {
    let api = format!("whsec_{}", STANDARD.encode(API_KEY));
    json!({ "shopify-de": SHOPIFY_KEY, "order-api-ch": api, "order-api-at": api })
}

/// The shops and flows of the starter content.
fn files() -> anyhow::Result<BTreeMap<String, String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../templates");
    let mut files = BTreeMap::new();
    for folder in ["shops", "flows"] {
        for entry in std::fs::read_dir(root.join(folder))? {
            let entry = entry?;
            let name = entry.file_name().into_string().ok().context("a name that is text")?;
            files.insert(format!("{folder}/{name}"), std::fs::read_to_string(entry.path())?);
        }
    }
    Ok(files)
}
