//! Faults on demand.

use std::collections::VecDeque;
use std::fmt;

use axum::http::StatusCode;

use super::call::{Call, Operation};
use super::refusal::Refusal;

/// What goes wrong instead of, or after, doing what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Too many mails in this second: `TooManyRequestsException`, 429.
    RateExceeded,
    /// The same, as the common error `ThrottlingException` that the developer guide names for the API.
    Throttled,
    /// No more mail today: `TooManyRequestsException`, 429, told from [`Fault::RateExceeded`] by its message only.
    DailyQuotaExceeded,
    /// `LimitExceededException`, 400.
    LimitExceeded,
    /// The owner or AWS has paused sending: `SendingPausedException`, 400.
    SendingPaused,
    /// AWS has shut the account: `AccountSuspendedException`, 400.
    AccountSuspended,
    /// `MailFromDomainNotVerifiedException`, 400.
    MailFromDomainNotVerified,
    /// `MessageRejected`, 400, for this reason.
    MessageRejected(String),
    /// `BadRequestException`, 400, for this reason.
    BadRequest(String),
    /// `InternalServiceErrorException`, 500: the caller cannot know whether the mail went.
    InternalError,
    /// The connection ends without an answer, and nothing was done.
    CutBeforeAccept,
    /// It was done, then the connection ends without an answer.
    CutAfterAccept,
}

impl Fault {
    /// The answer; none for a connection that is cut.
    pub(super) fn refusal(&self) -> Option<Refusal> {
        let bad = |code, message: &str| Some(Refusal::new(StatusCode::BAD_REQUEST, code, message));
        match self {
            Self::RateExceeded => Some(Refusal::too_many_requests("Maximum sending rate exceeded.")),
            Self::DailyQuotaExceeded => Some(Refusal::too_many_requests("Daily message quota exceeded.")),
            Self::Throttled => bad("ThrottlingException", "Maximum sending rate exceeded."),
            Self::LimitExceeded => bad("LimitExceededException", "Limit exceeded."),
            Self::SendingPaused => bad("SendingPausedException", "Sending is paused for this account."),
            Self::AccountSuspended => bad("AccountSuspendedException", "Sending suspended for this account."),
            Self::MailFromDomainNotVerified => {
                bad("MailFromDomainNotVerifiedException", "The MAIL FROM domain is not verified.")
            }
            Self::MessageRejected(reason) => Some(Refusal::message_rejected(reason)),
            Self::BadRequest(reason) => Some(Refusal::bad_request(reason)),
            Self::InternalError => {
                let status = StatusCode::INTERNAL_SERVER_ERROR;
                Some(Refusal::new(status, "InternalServiceErrorException", "Internal failure."))
            }
            Self::CutBeforeAccept | Self::CutAfterAccept => None,
        }
    }
}

type Rule = Box<dyn FnMut(&Call) -> Option<Fault> + Send>;

/// Faults that wait for their call, and a rule that makes them.
#[derive(Default)]
pub(super) struct Faults {
    waiting: VecDeque<(Operation, Fault)>,
    rule: Option<Rule>,
}

impl Faults {
    pub(super) fn push(&mut self, operation: Operation, fault: Fault) {
        self.waiting.push_back((operation, fault));
    }

    pub(super) fn set_rule(&mut self, rule: Option<Rule>) {
        self.rule = rule;
    }

    /// The first fault that waits for such a call, else what the rule says.
    pub(super) fn next(&mut self, call: &Call) -> Option<Fault> {
        let waits = self.waiting.iter().position(|(operation, _)| *operation == call.operation);
        if let Some((_, fault)) = waits.and_then(|place| self.waiting.remove(place)) {
            return Some(fault);
        }
        self.rule.as_mut().and_then(|rule| rule(call))
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Faults").field("waiting", &self.waiting).finish_non_exhaustive()
    }
}
