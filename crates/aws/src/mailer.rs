//! The mail service: SES v2.
//!
//! SES has no idempotency token and cannot be asked about one mail. So a mail is handed over once, never again by
//! itself, and whatever does not prove that SES refused it is [`SendError::Ambiguous`]; the event that carries the
//! mail's tags settles it.

use std::time::Duration;

use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::config::Config as SesConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use jiff::Timestamp;
use nachklang_domain::id::MailId;
use nachklang_domain::mail::message::OutgoingMail;
use nachklang_domain::ports::{Journal, Mailer, PortResult, SendError, Settlement};
use nachklang_domain::story::MailStory;

use crate::config::{Config, Setting};

mod account;
mod breaker;
mod bucket;
mod classify;
#[cfg(test)]
mod fixture;
mod gate;
mod journal;
mod reach;
mod request;
mod scrub;
#[cfg(test)]
mod stub;

use account::Share;
use gate::{Gate, PATIENCE};
use reach::Reach;

/// How long SES may take to answer. It mostly answers within a second; the longer the wait, the fewer mails end
/// unknown. SES names no longest time.
pub const SEND_TIMEOUT: Duration = Duration::from_secs(20);
/// How long asking for the account's limits may take.
const ACCOUNT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long [`Mailer::send`] may take at most. It must end well before the lease of a handover does, and nothing
/// should be begun with less time left.
pub const LONGEST_SEND: Duration = SEND_TIMEOUT.saturating_add(ACCOUNT_TIMEOUT).saturating_add(PATIENCE);

/// SES as the mail service of one process.
#[derive(Debug)]
pub struct SesMailer {
    client: Client,
    configuration_set: String,
    share: Share,
    gate: Gate,
    timeout: Duration,
}

impl SesMailer {
    /// The mail service that a configuration names. No network.
    ///
    /// # Errors
    /// When the configuration set or the share of the rate is not told.
    pub fn new(client: Client, config: &Config) -> PortResult<Self> {
        Ok(Self {
            client,
            configuration_set: config.get(Setting::ConfigurationSet)?.to_owned(),
            share: config.sending_share()?,
            gate: Gate::default(),
            timeout: SEND_TIMEOUT,
        })
    }

    async fn hand_over(&self, mail: &OutgoingMail) -> Result<String, SendError> {
        let request = request::send_email(&self.client, &self.configuration_set, mail)
            .map_err(|error| SendError::Rejected(scrub::without_addresses(&error.to_string())))?;
        let reach = Reach::default();
        let limits = SesConfig::builder().timeout_config(within(self.timeout));
        let answer = request.customize().interceptor(reach.clone()).config_override(limits).send().await;
        match answer {
            // An acceptance without an id is no answer that SES gives; an event brings the id.
            Ok(output) => output.message_id.filter(|id| !id.is_empty()).ok_or(SendError::Ambiguous),
            Err(error) => Err(classify::send_error(&error, &reach)),
        }
    }
}

fn within(timeout: Duration) -> TimeoutConfig {
    TimeoutConfig::builder().operation_timeout(timeout).operation_attempt_timeout(timeout).build()
}

impl Mailer for SesMailer {
    async fn send(&self, mail: &OutgoingMail, _id: MailId, _now: Timestamp) -> Result<String, SendError> {
        let shop = &mail.envelope().tags.shop;
        self.gate.pass(shop, async || account::look(&self.client, self.share).await).await?;
        let answer = self.hand_over(mail).await;
        self.gate.heed(shop, &answer).await;
        answer
    }

    /// SES cannot be asked: only an event settles a mail.
    async fn settle(&self, _id: MailId) -> PortResult<Settlement> {
        Ok(Settlement::Unknown)
    }
}

impl Journal for SesMailer {
    async fn note(&self, story: &MailStory) -> PortResult<()> {
        journal::note(story);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
