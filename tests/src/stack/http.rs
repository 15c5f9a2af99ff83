//! Plain HTTP: to the stack's own doors, and to services that have no client here.

use std::sync::LazyLock;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::Value;
use ureq::Agent;
use ureq::http::Request;

use crate::emulator::{ACCESS_KEY_ID, REGION};

/// A function may work as long as that.
const ANSWERED_WITHIN: Duration = Duration::from_secs(120);

static AGENT: LazyLock<Agent> = LazyLock::new(|| {
    let config = Agent::config_builder();
    config.http_status_as_error(false).timeout_global(Some(ANSWERED_WITHIN)).build().into()
});

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: String,
}

impl Answer {
    /// The body of a success.
    ///
    /// # Errors
    /// When it is none, or no JSON.
    pub fn json(&self) -> anyhow::Result<Value> {
        ensure!(self.status < 300, "{} {}", self.status, self.body);
        serde_json::from_str(&self.body).with_context(|| format!("no JSON: {}", self.body))
    }
}

/// One request.
///
/// # Errors
/// When nobody answers.
pub(super) async fn exchange(request: Request<Vec<u8>>) -> anyhow::Result<Answer> {
    tokio::task::spawn_blocking(move || {
        let place = format!("{} {}", request.method(), request.uri().path());
        let mut response = AGENT.run(request).with_context(|| format!("no answer to {place}"))?;
        let body = response.body_mut().read_to_string().with_context(|| format!("half an answer to {place}"))?;
        Ok(Answer { status: response.status().as_u16(), body })
    })
    .await?
}

/// A request for a service of AWS. The emulator looks at the scope of a signature to find the service, not at the
/// signature itself.
pub(super) fn for_service(service: &str) -> ureq::http::request::Builder {
    let scope = format!("{ACCESS_KEY_ID}/20260101/{REGION}/{service}/aws4_request");
    let signature =
        format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature={:064}", 0);
    Request::builder().header("authorization", signature)
}
