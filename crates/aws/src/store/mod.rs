//! The ports over DynamoDB, S3 and SQS.

mod batch_get;
mod batch_write;
mod body;
mod bucket;
mod codes;
#[cfg(test)]
mod consistency;
mod contacts;
mod content;
mod due;
pub(crate) mod fault;
mod item;
mod ledger;
mod letters;
mod memory;
mod meter;
mod notes;
mod orders;
mod parts;
mod products;
mod queues;
mod recent;
mod retry;
#[cfg(test)]
mod scripted;
mod stock;
mod transaction;
mod versioned;

use std::sync::Arc;

pub use bucket::{FoundObject, ObjectReader, ObjectVersion};
pub use letters::Letters;
pub use meter::{Meter, Units};
pub use queues::Station;
pub(crate) use retry::part;

use memory::Memory;

use crate::clients::Clients;
use crate::config::Config;

/// The store of a shop's AWS account. Cloning it is cheap, and clones share what they remember.
#[derive(Debug, Clone)]
pub struct AwsStore {
    clients: Clients,
    config: Arc<Config>,
    memory: Arc<Memory>,
    drained: Arc<stock::Drained>,
}

impl AwsStore {
    /// The store that a configuration names.
    #[must_use]
    pub fn new(clients: Clients, config: Arc<Config>) -> Self {
        Self { clients, config, memory: Arc::default(), drained: Arc::default() }
    }

    /// The same store, whose calls to DynamoDB a meter counts.
    #[must_use]
    pub fn with_meter(mut self, meter: Arc<Meter>) -> Self {
        self.clients.dynamo = meter::metered(&self.clients.dynamo, meter).into();
        self
    }
}
