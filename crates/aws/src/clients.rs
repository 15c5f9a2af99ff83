//! The SDK clients, made once per process.
//!
//! Inside Lambda, region and credentials are environment variables, so the configuration is built by hand: the usual
//! chain of providers would cost start-up time and never be used.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;

use crate::config::Config;

mod http;
mod wire;

/// A call that takes longer is tried again: DynamoDB, SQS and S3 answer in milliseconds.
const CALL: Duration = Duration::from_secs(5);
/// A connection that takes longer is given up.
const CONNECT: Duration = Duration::from_secs(2);
/// So often a call is tried, with growing pauses between.
const ATTEMPTS: u32 = 4;

/// The clients of one process.
#[derive(Debug, Clone)]
pub struct Clients {
    /// DynamoDB.
    pub dynamo: aws_sdk_dynamodb::Client,
    /// S3.
    pub s3: aws_sdk_s3::Client,
    /// SQS.
    pub sqs: aws_sdk_sqs::Client,
    /// Secrets Manager.
    pub secrets: aws_sdk_secretsmanager::Client,
    /// SES, which never tries a call again by itself: a mail might go twice.
    pub ses: aws_sdk_sesv2::Client,
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
        let s3 =
            aws_sdk_s3::config::Builder::from(&shared).force_path_style(config.endpoint.is_some()).build();
        let ses = aws_sdk_sesv2::config::Builder::from(&shared).retry_config(RetryConfig::disabled());
        let ses = match config.ses_endpoint.as_ref().or(config.endpoint.as_ref()) {
            Some(endpoint) => ses.endpoint_url(endpoint),
            None => ses,
        };
        Self {
            dynamo: aws_sdk_dynamodb::Client::new(&shared),
            s3: aws_sdk_s3::Client::from_conf(s3),
            sqs: aws_sdk_sqs::Client::new(&shared),
            secrets: aws_sdk_secretsmanager::Client::new(&shared),
            ses: aws_sdk_sesv2::Client::from_conf(ses.build()),
        }
    }
}

fn shared(config: &Config, credentials: Credentials) -> SdkConfig {
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(CALL).build();
    let builder = SdkConfig::builder()
        .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::v2026_01_12())
        .region(Region::new(config.region.clone()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(http::on_demand(CONNECT))
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(timeouts);
    match &config.endpoint {
        Some(endpoint) => builder.endpoint_url(endpoint).build(),
        None => builder.build(),
    }
}
