//! P5: a mail from its data to the request that SES gets, through the SDK as the function uses it. Only the wire is
//! missing: a connector answers at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::ensure;
use aws_credential_types::Credentials;
use aws_sdk_sesv2::Client;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use nachklang_aws::clients::Clients;
use nachklang_aws::config::{Config, Setting};
use nachklang_aws::mailer::SesMailer;
use nachklang_benches::mail::{Ready, envelope};
use nachklang_benches::meter::cpu;
use nachklang_benches::webhook::now;
use nachklang_domain::ports::Mailer;

/// Rounds; the middle one counts.
const ROUNDS: usize = 5;
const ACCOUNT: &str = r#"{"EnforcementStatus": "HEALTHY", "ProductionAccessEnabled": true, "SendingEnabled": true,
    "SendQuota": {"Max24HourSend": -1.0, "MaxSendRate": 1000000.0, "SentLast24Hours": 3.0}}"#;
const ACCEPTED: &str = r#"{"MessageId": "0102018f-accepted"}"#;

/// A wire with SES at its end that takes everything, and counts what is signed.
#[derive(Debug, Clone, Default)]
struct Wire {
    signed: Arc<AtomicU64>,
    bytes: Arc<AtomicU64>,
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let authorization = request.headers().get("authorization").unwrap_or_default();
        if authorization.starts_with("AWS4-HMAC-SHA256") {
            self.signed.fetch_add(1, Ordering::Relaxed);
        }
        let length = request.body().bytes().map_or(0, <[u8]>::len);
        self.bytes.fetch_add(u64::try_from(length).unwrap_or_default(), Ordering::Relaxed);
        let answer = if request.uri().contains("/account") { ACCOUNT } else { ACCEPTED };
        HttpConnectorFuture::ready(StatusCode::try_from(200).map_or_else(
            |error| Err(aws_smithy_runtime_api::client::result::ConnectorError::user(error.into())),
            |status| Ok(HttpResponse::new(status, SdkBody::from(answer))),
        ))
    }
}

impl HttpClient for Wire {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

/// What one mail takes.
///
/// # Errors
/// When a mail is not accepted.
pub async fn measure(mails: u32) -> anyhow::Result<Duration> {
    let (wire, ready) = (Wire::default(), Ready::new());
    let mailer = mailer(&wire)?;
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let before = cpu();
        for _ in 0..mails {
            let envelope = envelope();
            let id = envelope.tags.mail;
            mailer.send(&ready.outgoing(envelope), id, now()).await?;
        }
        times.push((cpu() - before) / mails.max(1));
    }
    let sent = u64::from(mails) * u64::try_from(ROUNDS)?;
    let (signed, bytes) = (wire.signed.load(Ordering::Relaxed), wire.bytes.load(Ordering::Relaxed));
    ensure!(signed >= sent && bytes / sent.max(1) > 20_000, "{signed} signed requests, {bytes} bytes");
    times.sort_unstable();
    Ok(times.get(ROUNDS / 2).copied().unwrap_or_default())
}

fn mailer(wire: &Wire) -> anyhow::Result<SesMailer> {
    let told = |name: &str| match name {
        "AWS_REGION" => Some("eu-central-1".to_owned()),
        name if name == Setting::ConfigurationSet.variable() => Some("nachklang".to_owned()),
        name if name == Setting::SendingShare.variable() => Some("1".to_owned()),
        _ => None,
    };
    let config = Config::from_lookup(&[Setting::ConfigurationSet, Setting::SendingShare], told)?;
    let credentials =
        Credentials::from_keys("AKIAIOSFODNN7EXAMPLE", "of no account, but as long as one", None);
    let clients = Clients::with_credentials(&config, credentials);
    let ses = clients.ses.config().to_builder().http_client(wire.clone()).build();
    Ok(SesMailer::new(Client::from_conf(ses), &config)?)
}
