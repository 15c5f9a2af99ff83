//! The ports over DynamoDB, S3 and SQS.

mod body;
mod bucket;
mod codes;
mod contacts;
mod content;
mod due;
mod fault;
mod ledger;
mod orders;
mod products;
mod queues;
mod stock;

use std::sync::Arc;

use crate::clients::Clients;
use crate::config::Config;

/// The store of a shop's AWS account. Cloning it is cheap.
#[derive(Debug, Clone)]
pub struct AwsStore {
    clients: Clients,
    config: Arc<Config>,
}

impl AwsStore {
    /// The store that a configuration names.
    #[must_use]
    pub fn new(clients: Clients, config: Arc<Config>) -> Self {
        Self { clients, config }
    }
}
