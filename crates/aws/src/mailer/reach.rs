//! Whether a request can have reached SES.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_sesv2::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_sesv2::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_sesv2::error::BoxError;
use aws_smithy_runtime_api::client::connection::CaptureSmithyConnection;

/// Watches one request. The HTTP client fills in the connection just before it writes the first byte to it, so a
/// request without a connection has not left.
///
/// An error cannot be asked: of a time limit or a broken connection it does not say whether there was a connection.
#[derive(Debug, Clone, Default)]
pub(super) struct Reach(Arc<Mutex<Stage>>);

#[derive(Debug, Default)]
enum Stage {
    /// The request is being made.
    #[default]
    Making,
    /// It was handed to the HTTP client, which fills in the connection.
    HandedOn(Option<CaptureSmithyConnection>),
}

impl Reach {
    /// Whether it is certain that nothing of the request was written to a connection.
    pub(super) fn never_left(&self) -> bool {
        match &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Stage::Making => true,
            Stage::HandedOn(connection) => connection.as_ref().is_some_and(|capture| capture.get().is_none()),
        }
    }

    /// Whether the request was never made.
    pub(super) fn never_made(&self) -> bool {
        matches!(*self.0.lock().unwrap_or_else(PoisonError::into_inner), Stage::Making)
    }
}

impl Intercept for Reach {
    fn name(&self) -> &'static str {
        "Reach"
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let connection = bag.load::<CaptureSmithyConnection>().cloned();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Stage::HandedOn(connection);
        Ok(())
    }
}
