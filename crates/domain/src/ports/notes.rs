//! Leases and notes: who works on what, and how far it came.

use std::future::Future;

use jiff::Timestamp;

use super::error::PortResult;

/// Work that only one may do at a time.
pub trait Leases {
    /// Takes a lease until a moment; answers whether it was to be had. MUST let one in at a time, and another one once
    /// the lease has ended.
    fn take_lease(
        &self,
        name: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> impl Future<Output = PortResult<bool>> + Send;

    /// Ends the lease that was taken until this moment. MUST leave a lease that somebody else has taken since.
    fn end_lease(&self, name: &str, until: Timestamp) -> impl Future<Output = PortResult<()>> + Send;
}

/// Small texts that are kept under a name, such as how far the import of a file came.
pub trait Notes {
    /// Keeps a text of at most a few kilobytes; replaces what was kept. MUST be seen by every later [`Notes::recall`].
    fn remember(&self, name: &str, text: &str) -> impl Future<Output = PortResult<()>> + Send;

    /// The text.
    fn recall(&self, name: &str) -> impl Future<Output = PortResult<Option<String>>> + Send;

    /// Forgets a text; one that is not there is no error.
    fn forget(&self, name: &str) -> impl Future<Output = PortResult<()>> + Send;
}
