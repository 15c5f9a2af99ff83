//! The account: what it may send, and what `GetAccount` says of it.

use serde_json::{Value, json};

/// `EnforcementStatus` of `GetAccount`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enforcement {
    /// No problem.
    Healthy,
    /// Under review; sending goes on.
    Probation,
    /// Sending is stopped by AWS.
    Shutdown,
}

/// The settings of the account. The defaults are those of a small account in production.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Recipients in 24 hours.
    pub max_24_hour_send: u32,
    /// Recipients a second. Reported always, enforced only with `enforce_rate`.
    pub max_send_rate: u32,
    /// Whether more than `max_send_rate` recipients within a second are refused.
    pub enforce_rate: bool,
    /// Recipients of the last 24 hours that the sink has not seen itself.
    pub sent_before: u32,
    /// The owner's own switch.
    pub sending_enabled: bool,
    /// Without it (the sandbox) mails go to verified addresses only.
    pub production_access: bool,
    /// AWS's own switch.
    pub enforcement: Enforcement,
}

impl Default for Account {
    fn default() -> Self {
        Self {
            max_24_hour_send: 50_000,
            max_send_rate: 14,
            enforce_rate: false,
            sent_before: 0,
            sending_enabled: true,
            production_access: true,
            enforcement: Enforcement::Healthy,
        }
    }
}

impl Account {
    /// `GetAccountResponse`. The numbers of the quota are doubles in the API model.
    pub(super) fn describe(&self, sent_last_24_hours: u32) -> Value {
        json!({
            "DedicatedIpAutoWarmupEnabled": false,
            "EnforcementStatus": self.enforcement.name(),
            "ProductionAccessEnabled": self.production_access,
            "SendQuota": {
                "Max24HourSend": f64::from(self.max_24_hour_send),
                "MaxSendRate": f64::from(self.max_send_rate),
                "SentLast24Hours": f64::from(sent_last_24_hours),
            },
            "SendingEnabled": self.sending_enabled,
            "SuppressionAttributes": { "SuppressedReasons": ["BOUNCE", "COMPLAINT"] },
        })
    }
}

impl Enforcement {
    fn name(self) -> &'static str {
        match self {
            Self::Healthy => "HEALTHY",
            Self::Probation => "PROBATION",
            Self::Shutdown => "SHUTDOWN",
        }
    }
}
