//! The kinds of calls, each with faults of its own.

use super::fault::Fault;
use super::message::Call;

/// A kind of call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// A mail is handed to SES.
    Send,
    /// Anything else that SES is asked.
    Account,
    /// DynamoDB is to write.
    Write,
    /// DynamoDB is to read.
    Read,
    /// SQS.
    Queue,
    /// S3.
    Object,
    /// Secrets Manager.
    Secret,
}

impl Lane {
    /// Every kind of call.
    pub const ALL: [Self; 7] =
        [Self::Send, Self::Account, Self::Write, Self::Read, Self::Queue, Self::Object, Self::Secret];

    /// The kind of a call.
    #[must_use]
    pub fn of(call: &Call) -> Self {
        match call.what.split_once('.') {
            _ if call.what == "POST /v2/email/outbound-emails" => Self::Send,
            _ if call.what.contains(" /v2/email/") => Self::Account,
            Some(("DynamoDB_20120810", action)) if is_write(action) => Self::Write,
            Some(("DynamoDB_20120810", _)) => Self::Read,
            Some(("AmazonSQS", _)) => Self::Queue,
            Some(("secretsmanager", _)) => Self::Secret,
            _ => Self::Object,
        }
    }

    /// The faults within so many calls.
    ///
    /// SES is asked once for a mail, so its faults are the dangerous ones and come often; all others are tried again by
    /// the SDK.
    pub(super) const fn deck(self) -> (usize, &'static [(Fault, usize)]) {
        use Fault::{BrokenAfter, BrokenBefore, CutAfter, CutBefore};
        use Fault::{KilledAfter, KilledBefore, Outage, Slow, Throttled};
        match self {
            Self::Send => (
                32,
                &[
                    (CutBefore, 1),
                    (CutAfter, 2),
                    (BrokenBefore, 1),
                    (BrokenAfter, 1),
                    (Throttled, 2),
                    (Slow, 1),
                    (KilledBefore, 1),
                    (KilledAfter, 1),
                ],
            ),
            Self::Write => (
                120,
                &[
                    (CutBefore, 2),
                    (CutAfter, 4),
                    (BrokenBefore, 2),
                    (BrokenAfter, 2),
                    (Throttled, 3),
                    (Slow, 1),
                    (Outage, 1),
                    (KilledBefore, 1),
                    (KilledAfter, 1),
                ],
            ),
            // A day reads thousands of times.
            Self::Read => (
                400,
                &[(CutBefore, 2), (CutAfter, 2), (BrokenBefore, 2), (Throttled, 3), (Slow, 1), (Outage, 1)],
            ),
            Self::Object => (
                60,
                &[(CutBefore, 1), (CutAfter, 1), (BrokenBefore, 1), (Throttled, 2), (Slow, 1), (Outage, 1)],
            ),
            Self::Queue => (
                40,
                &[
                    (CutBefore, 1),
                    (CutAfter, 3),
                    (BrokenBefore, 1),
                    (BrokenAfter, 2),
                    (Throttled, 2),
                    (Slow, 1),
                    (Outage, 1),
                    (KilledBefore, 1),
                    (KilledAfter, 1),
                ],
            ),
            Self::Account | Self::Secret => (10, &[(CutBefore, 1), (BrokenBefore, 1), (Throttled, 1)]),
        }
    }

    /// The service's words for "slow down", as HTTP status and body.
    ///
    /// Sources: DynamoDB, "Error handling", API errors with HTTP 400; SQS and Secrets Manager, "Common errors"; S3,
    /// "Error responses"; SES, "Errors related to the sending quotas".
    pub(super) fn slow_down(self, again: bool) -> (u16, String) {
        let json =
            |status, kind: &str, said: &str| (status, format!(r#"{{"__type":"{kind}","message":"{said}"}}"#));
        match self {
            Self::Send | Self::Account => {
                json(429, "TooManyRequestsException", "Maximum sending rate exceeded.")
            }
            Self::Write | Self::Read if again => json(400, "ThrottlingException", "Rate exceeded"),
            Self::Write | Self::Read => json(
                400,
                "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
                "The level of configured provisioned throughput for the table was exceeded.",
            ),
            Self::Queue => json(400, "com.amazonaws.sqs#RequestThrottled", "The request was throttled."),
            Self::Secret => json(400, "ThrottlingException", "Rate exceeded"),
            Self::Object => (
                503,
                "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
                    .to_owned(),
            ),
        }
    }

    /// The service's words for "I am broken".
    pub(super) fn broken(self, again: bool) -> (u16, String) {
        let status = if again { 503 } else { 500 };
        match self {
            Self::Object => {
                (status, "<Error><Code>InternalError</Code><Message>Try again.</Message></Error>".to_owned())
            }
            _ => (status, r#"{"__type":"InternalServerError","message":"Try again."}"#.to_owned()),
        }
    }
}

fn is_write(action: &str) -> bool {
    ["Put", "Update", "Delete", "TransactWrite", "BatchWrite"].iter().any(|verb| action.starts_with(verb))
}
