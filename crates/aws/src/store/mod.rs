//! The ports over DynamoDB, S3 and SQS.

mod batch_get;
mod body;
mod bucket;
mod codes;
mod contacts;
mod content;
mod due;
pub(crate) mod fault;
mod item;
mod ledger;
mod meter;
mod orders;
mod products;
mod queues;
mod retry;
mod stock;
mod transaction;
mod versioned;

use std::sync::Arc;

pub use meter::{Meter, Units};

use crate::clients::Clients;
use crate::config::Config;

/// The store of a shop's AWS account. Cloning it is cheap.
#[derive(Debug, Clone)]
pub struct AwsStore {
    clients: Clients,
    config: Arc<Config>,
    drained: Arc<stock::Drained>,
}

impl AwsStore {
    /// The store that a configuration names.
    #[must_use]
    pub fn new(clients: Clients, config: Arc<Config>) -> Self {
        Self { clients, config, drained: Arc::default() }
    }

    /// The same store, whose calls to DynamoDB a meter counts.
    #[must_use]
    pub fn with_meter(mut self, meter: Arc<Meter>) -> Self {
        self.clients.dynamo = meter::metered(&self.clients.dynamo, meter);
        self
    }
}
