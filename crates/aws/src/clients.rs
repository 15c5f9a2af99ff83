//! The SDK clients, each made once per process, if at all.
//!
//! Inside Lambda, region and credentials are environment variables, so the configuration is built by hand: the usual
//! chain of providers would cost start-up time and never be used. Each client reads a list of all regions when it is
//! made, half of what a function does before its first event: so none is made that is not used.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;

use crate::config::{Config, Setting};

mod http;
mod lazy;
mod wire;

use wire::Limits;

pub use lazy::Lazy;

/// A call that takes longer is tried again: DynamoDB, SQS and S3 answer in milliseconds.
const CALL: Duration = Duration::from_secs(5);
/// A connection that takes longer is given up.
const CONNECT: Duration = Duration::from_secs(2);
/// A mail goes over no connection that was left alone for longer. A function is frozen between events, and its connections may
/// be closed meanwhile without its noticing: a mail that is written to such a one never arrives, and nobody knows.
const LEFT_ALONE: Duration = Duration::from_secs(1);
/// So often a call is tried, with growing pauses between.
const ATTEMPTS: u32 = 4;

/// The clients of one process.
#[derive(Debug, Clone)]
pub struct Clients {
    /// DynamoDB.
    pub dynamo: Lazy<aws_sdk_dynamodb::Client>,
    /// S3.
    pub s3: Lazy<aws_sdk_s3::Client>,
    /// SQS.
    pub sqs: Lazy<aws_sdk_sqs::Client>,
    /// Secrets Manager.
    pub secrets: Lazy<aws_sdk_secretsmanager::Client>,
    /// SES, which never tries a call again by itself: a mail might go twice.
    pub ses: Lazy<aws_sdk_sesv2::Client>,
}

impl Clients {
    /// Makes the clients with the credentials of the environment.
    #[must_use]
    pub fn new(config: &Config, lookup: impl Fn(&str) -> Option<String>) -> Self {
        let credentials = Credentials::new(
            lookup("AWS_ACCESS_KEY_ID").unwrap_or_default(),
            lookup("AWS_SECRET_ACCESS_KEY").unwrap_or_default(),
            lookup("AWS_SESSION_TOKEN").filter(|token| !token.is_empty()),
            None,
            "environment",
        );
        Self::with_credentials(config, credentials)
    }

    /// Makes the clients.
    #[must_use]
    pub fn with_credentials(config: &Config, credentials: Credentials) -> Self {
        let shared = shared(config, credentials);
        Self {
            dynamo: of(&shared, aws_sdk_dynamodb::Client::new),
            s3: s3(config, &shared),
            sqs: of(&shared, aws_sdk_sqs::Client::new),
            secrets: of(&shared, aws_sdk_secretsmanager::Client::new),
            ses: ses(config, &shared),
        }
    }

    /// Makes those that nearly every event of a function needs. Before its first event it has a whole processor, later
    /// only the share that its memory buys.
    pub fn make_ready(&self, config: &Config) {
        let is_told = |setting| config.get(setting).is_ok();
        self.dynamo.make();
        self.s3.make();
        self.secrets.make();
        // Whoever does not hand on only puts a message back, now and then.
        if is_told(Setting::AssignmentQueue) {
            self.sqs.make();
        }
        if is_told(Setting::ConfigurationSet) {
            self.ses.make();
        }
    }
}

fn of<C: Send + 'static>(shared: &SdkConfig, make: fn(&SdkConfig) -> C) -> Lazy<C> {
    let shared = shared.clone();
    Lazy::new(move || make(&shared))
}

fn s3(config: &Config, shared: &SdkConfig) -> Lazy<aws_sdk_s3::Client> {
    let (builder, in_path) = (aws_sdk_s3::config::Builder::from(shared), config.endpoint.is_some());
    Lazy::new(move || aws_sdk_s3::Client::from_conf(builder.force_path_style(in_path).build()))
}

fn ses(config: &Config, shared: &SdkConfig) -> Lazy<aws_sdk_sesv2::Client> {
    let endpoint = config.ses_endpoint.clone().or_else(|| config.endpoint.clone());
    let builder = aws_sdk_sesv2::config::Builder::from(shared)
        .http_client(http::on_demand(Limits { connect: CONNECT, left_alone: Some(LEFT_ALONE) }))
        .retry_config(RetryConfig::disabled());
    Lazy::new(move || {
        let builder = match endpoint {
            Some(endpoint) => builder.endpoint_url(endpoint),
            None => builder,
        };
        aws_sdk_sesv2::Client::from_conf(builder.build())
    })
}

fn shared(config: &Config, credentials: Credentials) -> SdkConfig {
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(CALL).build();
    let builder = SdkConfig::builder()
        .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::v2026_01_12())
        .region(Region::new(config.region.clone()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(http::on_demand(Limits { connect: CONNECT, left_alone: None }))
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(timeouts);
    match &config.endpoint {
        Some(endpoint) => builder.endpoint_url(endpoint).build(),
        None => builder.build(),
    }
}
