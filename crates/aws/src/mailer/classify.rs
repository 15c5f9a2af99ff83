//! What an error of `SendEmail` proves.
//!
//! Only an answer of the class 4xx, or that nothing was written to any connection, proves that SES did not accept the
//! mail. Everything else is ambiguous: a time limit, a broken connection, an answer of the class 5xx.
//!
//! Sources: <https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html> (the errors and their statuses),
//! <https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html> (the words of a throttle),
//! <https://docs.aws.amazon.com/ses/latest/APIReference-V2/CommonErrors.html> (signature and credentials).

use aws_sdk_sesv2::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_sesv2::operation::send_email::SendEmailError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use nachklang_domain::ports::{Halt, SendError};

use super::reach::Reach;
use super::scrub::without_addresses;

/// The server gave up waiting for the request: whether it had all of it, it does not say (RFC 9110, section 15.5.9).
const REQUEST_TIMEOUT: u16 = 408;
const TOO_MANY_REQUESTS: u16 = 429;

/// What an error means for the mail.
pub(super) fn send_error(error: &SdkError<SendEmailError, HttpResponse>, reach: &Reach) -> SendError {
    match error {
        SdkError::ServiceError(refusal) => {
            let (code, message) = (refusal.err().code(), refusal.err().message());
            let status = refusal.raw().status().as_u16();
            refused(status, code.unwrap_or_default(), message.unwrap_or_default())
        }
        // No other mail can be asked for either: credentials or an endpoint are missing.
        _ if reach.never_made() => {
            SendError::AccountStopped("no request to SES can be made: look at the credentials".to_owned())
        }
        // SES is out of reach; a later try may find it.
        _ if reach.never_left() => SendError::Throttled,
        _ => SendError::Ambiguous,
    }
}

/// What a refusal means. One that is about a sender stops the mails of its shop. One that is about more stops this caller,
/// and so does one that is not known: no mail must be given up for a reason that all of them share. Only what is said of the
/// account halts everybody. In the sandbox it is a recipient who is not verified: then each shop is stopped by itself.
fn refused(status: u16, code: &str, message: &str) -> SendError {
    if !(400..500).contains(&status) || status == REQUEST_TIMEOUT {
        return SendError::Ambiguous;
    }
    let reason = without_addresses(&format!("{code}: {message}"));
    let words = message.to_lowercase();
    match code {
        "TooManyRequestsException" | "ThrottlingException" | "Throttling" => throttled(&words, reason),
        _ if status == TOO_MANY_REQUESTS => throttled(&words, reason),
        "SendingPausedException" | "AccountSuspendedException" => SendError::Halted(Halt::Account, reason),
        "LimitExceededException" if is_the_quota(&words) => SendError::Halted(Halt::Quota, reason),
        "MessageRejected" if is_a_pause(&words) => SendError::Halted(Halt::Account, reason),
        "MessageRejected" if words.contains("not verified") => SendError::SenderStopped(reason),
        "MailFromDomainNotVerifiedException" | "AccessDeniedException" => SendError::SenderStopped(reason),
        "BadRequestException" if words.contains("configuration set") => SendError::AccountStopped(reason),
        "MessageRejected" | "BadRequestException" => SendError::Rejected(reason),
        _ => SendError::AccountStopped(reason),
    }
}

/// `Daily message quota exceeded` ends with the day, `Maximum sending rate exceeded` with the second.
fn throttled(words: &str, reason: String) -> SendError {
    if is_the_quota(words) { SendError::Halted(Halt::Quota, reason) } else { SendError::Throttled }
}

fn is_the_quota(words: &str) -> bool {
    words.contains("quota")
}

fn is_a_pause(words: &str) -> bool {
    ["sending paused", "suspended"].iter().any(|about| words.contains(about))
}
