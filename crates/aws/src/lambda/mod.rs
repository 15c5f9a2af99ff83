//! What every Lambda function does the same way: start, log, count, work through a batch before its time is up.

mod again;
mod batch;
mod deadline;
#[cfg(any(test, feature = "heard"))]
pub mod heard;
pub mod http;
mod log;
pub mod metrics;
mod serve;

pub use again::{OwnQueue, TRIES, is_last_try};
pub use batch::{Outcome, needed, run_batch, run_batch_at_once};
pub use deadline::Deadline;
pub use log::chain;
pub use serve::{run, serve};

use jiff::Timestamp;

/// The time.
#[must_use]
pub fn now() -> Timestamp {
    Timestamp::now()
}
