//! The whole of Nachklang as it runs on AWS: `infra/template.yaml` deployed to the emulator, the real programs in it.
//!
//! What happens here, happens by the real events: a file is put into the bucket, a webhook comes by HTTP, the schedule's
//! own input calls the run, SES's events come through the topic. Three things differ from AWS:
//!
//! * The emulator's SES keeps no mail and publishes no events, so `AWS_ENDPOINT_URL_SESV2` leads to the project's own sink,
//!   and the sink's events are published to the stack's topic from here.
//! * The template is what `sam package` makes of it, with one number as a literal (see `template`).
//! * Nobody waits for tomorrow (see [`Stack::morning`]).

mod binaries;
mod clock;
mod deploy;
mod desk;
mod feedback;
mod functions;
mod http;
mod morning;
mod operator;
mod person;
mod queues;
mod shopper;
mod template;
mod uploads;
mod wait;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use anyhow::{Context as _, anyhow};
use aws_credential_types::Credentials;
use nachklang_aws::clients::Clients;
use nachklang_aws::config::{Config, Setting};
use nachklang_aws::store::AwsStore;
use tokio::runtime::Runtime;
use tokio::sync::{Mutex, OnceCell, RwLock};

use crate::emulator::{self, ACCESS_KEY_ID, Emulator, REGION, SECRET_ACCESS_KEY};
use crate::ses::Sink;

pub use deploy::Doors;
pub use functions::ShopRun;
pub use http::Answer;
pub use person::Found;
pub use shopper::{Order, Shopper};

/// The domain that the shops of `templates/` send from.
const DOMAIN: &str = "lunaria.example";
/// What stands for the name of the stack, the prefix of its functions.
const NAME: &str = "nachklang";

/// The deployed stack, shared by the scenarios of one program.
pub struct Stack {
    /// The store of the deployed tables, for looking at what the functions did.
    pub store: AwsStore,
    /// Clients of the stack's account.
    pub clients: Clients,
    /// What stands in for SES.
    pub sink: Sink,
    emulator: &'static Emulator,
    outputs: BTreeMap<String, String>,
    resources: BTreeMap<String, String>,
    /// One run at a time.
    morning: Mutex<()>,
    /// Whoever stops or holds up what all share has it alone.
    sending: RwLock<()>,
}

/// All scenarios run on it: the clients' connections and the sink live as long as it does.
static RUNTIME: LazyLock<std::io::Result<Runtime>> =
    LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build());

/// Plays a scenario on the stack, which the first scenario deploys; does nothing if the tests of AWS are skipped.
///
/// # Errors
/// The scenario's, or when the stack cannot be deployed.
pub fn on_stack(scenario: impl AsyncFnOnce(&'static Stack) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let runtime = RUNTIME.as_ref().map_err(|error| anyhow!("no runtime: {error}"))?;
    runtime.block_on(async {
        match shared().await? {
            Some(stack) => scenario(stack).await,
            None => Ok(()),
        }
    })
}

/// Deployed once: who comes after a failure is told the same.
async fn shared() -> anyhow::Result<Option<&'static Stack>> {
    static SHARED: OnceCell<Result<Option<Stack>, String>> = OnceCell::const_new();
    let made = SHARED.get_or_init(async || Stack::deploy().await.map_err(|error| format!("{error:#}"))).await;
    made.as_ref().map(Option::as_ref).map_err(|error| anyhow!("{error}"))
}

impl Stack {
    async fn deploy() -> anyhow::Result<Option<Self>> {
        let Some(emulator) = emulator::shared().await? else { return Ok(None) };
        let sink = Sink::start().await?;
        let doors = Doors { aws: emulator.endpoint(), ses: sink.endpoint() };
        Self::deployed(emulator, sink, doors, |_| true).await.map(Some)
    }

    /// Deploys a stack of its own to an emulator that has none. The functions reach AWS and SES by these doors; whoever
    /// holds the stack speaks to both directly. Of the files of `templates/` the `wanted` are uploaded.
    ///
    /// # Errors
    /// When the stack cannot be deployed or does not take its content.
    pub async fn deployed(
        emulator: &'static Emulator,
        sink: Sink,
        doors: Doors,
        wanted: impl Fn(&str) -> bool,
    ) -> anyhow::Result<Self> {
        sink.verify(DOMAIN);
        sink.add_configuration_set(NAME);
        let deployed = deploy::deploy(emulator, doors).await?;
        let config = config(emulator, &deployed.outputs)?;
        let credentials = Credentials::from_keys(ACCESS_KEY_ID, SECRET_ACCESS_KEY, None);
        let clients = Clients::with_credentials(&config, credentials);
        let stack = Self {
            store: AwsStore::new(clients.clone(), Arc::new(config)),
            clients,
            sink,
            emulator,
            outputs: deployed.outputs,
            resources: deployed.resources,
            morning: Mutex::default(),
            sending: RwLock::default(),
        };
        stack.forward_events()?;
        stack.store_webhook_secrets().await?;
        stack.upload_content(wanted).await?;
        stack.all_ran_yesterday().await?;
        Ok(stack)
    }

    /// An output of the template.
    ///
    /// # Errors
    /// When it has no such output.
    pub fn output(&self, name: &str) -> anyhow::Result<&str> {
        self.outputs.get(name).map(String::as_str).with_context(|| format!("the stack has no output {name}"))
    }

    /// The physical id of a resource of the template.
    ///
    /// # Errors
    /// When it has no such resource.
    pub fn resource(&self, logical: &str) -> anyhow::Result<&str> {
        let found = self.resources.get(logical).map(String::as_str);
        found.with_context(|| format!("the stack has no resource {logical}"))
    }
}

/// The store's configuration, from what the stack tells of itself.
fn config(emulator: &Emulator, outputs: &BTreeMap<String, String>) -> anyhow::Result<Config> {
    let told = [
        (Setting::Contacts, "ContactsTableName"),
        (Setting::Orders, "OrdersTableName"),
        (Setting::Due, "DueTableName"),
        (Setting::Coupons, "CouponsTableName"),
        (Setting::Products, "ProductsTableName"),
        (Setting::Settings, "SettingsTableName"),
        (Setting::Bucket, "BucketName"),
    ];
    let environment =
        told.iter().map(|(setting, output)| (setting.variable(), outputs.get(*output).cloned()));
    let environment: BTreeMap<&str, Option<String>> = environment
        .chain([("AWS_REGION", Some(REGION.to_owned())), ("AWS_ENDPOINT_URL", Some(emulator.endpoint()))])
        .collect();
    let needs: Vec<Setting> = told.into_iter().map(|(setting, _)| setting).collect();
    Ok(Config::from_lookup(&needs, |name| environment.get(name).cloned().flatten())?)
}
