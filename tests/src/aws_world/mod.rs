//! AWS's world: tables, a bucket and queues of its own in the emulator, and the store over them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context as _;
use aws_credential_types::Credentials;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use nachklang_aws::clients::Clients;
use nachklang_aws::config::{Config, Setting};
use nachklang_aws::store::AwsStore;

use crate::emulator::{self, ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY};

pub use crate::proxy::{Call, Fate, Wire};

const TABLES: [Setting; 6] = [
    Setting::Contacts,
    Setting::Orders,
    Setting::Due,
    Setting::Coupons,
    Setting::Products,
    Setting::Settings,
];
const QUEUES: [Setting; 5] = [
    Setting::PlanningQueue,
    Setting::AssignmentQueue,
    Setting::DeliveryQueue,
    Setting::OwnQueue,
    Setting::OwnDeadLetters,
];

/// The resources of one test; nobody else knows their names.
#[derive(Debug, Clone)]
pub struct AwsWorld {
    /// What a function in this world is told.
    pub config: Arc<Config>,
    /// The clients of this world.
    pub clients: Clients,
    /// The environment behind the configuration.
    pub environment: BTreeMap<&'static str, String>,
}

impl AwsWorld {
    /// Makes empty tables, an empty bucket and empty queues; none if the tests of AWS are skipped.
    ///
    /// # Errors
    /// If the emulator does not start or refuses a resource.
    pub async fn new() -> anyhow::Result<Option<Self>> {
        static WORLDS: AtomicU64 = AtomicU64::new(0);
        let Some(emulator) = emulator::shared().await? else { return Ok(None) };
        let number = WORLDS.fetch_add(1, Ordering::Relaxed);
        let name = |setting: Setting| {
            let kind = setting.variable().rsplit('_').next().unwrap_or_default().to_lowercase();
            format!("nachklang-{kind}-{number}")
        };
        let mut environment = BTreeMap::from([
            ("AWS_REGION", REGION.to_owned()),
            ("AWS_ENDPOINT_URL", emulator.endpoint()),
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY.to_owned()),
        ]);
        let maker = Self::of(environment.clone(), &[])?.clients;
        for setting in TABLES {
            make_table(&maker, &name(setting)).await?;
            environment.insert(setting.variable(), name(setting));
        }
        make_bucket(&maker, &name(Setting::Bucket)).await?;
        environment.insert(Setting::Bucket.variable(), name(Setting::Bucket));
        for setting in QUEUES {
            let made = maker.sqs.create_queue().queue_name(name(setting)).send().await?;
            environment.insert(setting.variable(), made.queue_url.context("a queue has a URL")?);
        }
        Self::of(environment, &told()).map(Some)
    }

    /// A store that remembers nothing yet, as a new process has it.
    #[must_use]
    pub fn store(&self) -> AwsStore {
        AwsStore::new(self.clients.clone(), Arc::clone(&self.config))
    }

    /// The same world, seen through another endpoint.
    ///
    /// # Errors
    /// Never, as long as this world has a configuration.
    pub fn through(&self, wire: &Wire) -> anyhow::Result<Self> {
        let mut environment = self.environment.clone();
        environment.insert("AWS_ENDPOINT_URL", wire.endpoint().to_owned());
        Self::of(environment, &told())
    }

    /// The endpoint of this world.
    ///
    /// # Errors
    /// If it has none.
    pub fn endpoint(&self) -> anyhow::Result<&str> {
        self.config.endpoint.as_deref().context("the world has an endpoint")
    }

    fn of(environment: BTreeMap<&'static str, String>, needs: &[Setting]) -> anyhow::Result<Self> {
        let config = Config::from_lookup(needs, |name| environment.get(name).cloned())?;
        let credentials = Credentials::from_keys(ACCESS_KEY_ID, SECRET_ACCESS_KEY, None);
        let clients = Clients::with_credentials(&config, credentials);
        Ok(Self { config: Arc::new(config), clients, environment })
    }
}

fn told() -> Vec<Setting> {
    TABLES.into_iter().chain(QUEUES).chain([Setting::Bucket]).collect()
}

async fn make_table(clients: &Clients, name: &str) -> anyhow::Result<()> {
    let mut table = clients.dynamo.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
    for (name, role) in [("pk", KeyType::Hash), ("sk", KeyType::Range)] {
        let text = AttributeDefinition::builder().attribute_name(name);
        table = table
            .attribute_definitions(text.attribute_type(ScalarAttributeType::S).build()?)
            .key_schema(KeySchemaElement::builder().attribute_name(name).key_type(role).build()?);
    }
    table.send().await?;
    Ok(())
}

async fn make_bucket(clients: &Clients, name: &str) -> anyhow::Result<()> {
    let place = BucketLocationConstraint::from(REGION);
    let place = CreateBucketConfiguration::builder().location_constraint(place).build();
    clients.s3.create_bucket().bucket(name).create_bucket_configuration(place).send().await?;
    Ok(())
}
