//! What AWS answers when it does not do what was asked, as port errors.

use std::fmt;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;
use nachklang_domain::ports::PortError;

/// The service has too much to do, or another request is on the same item.
const BUSY: [&str; 21] = [
    "ProvisionedThroughputExceededException",
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "TooManyRequestsException",
    "BandwidthLimitExceeded",
    "SlowDown",
    "OverLimit",
    "KmsThrottled",
    "TransactionConflictException",
    "TransactionInProgressException",
    "ReplicatedWriteConflictException",
    "PriorRequestNotComplete",
    "OperationAborted",
    "ConditionalRequestConflict",
    "RequestTimeout",
    "RequestTimeoutException",
    "LimitExceededException",
];
/// The service broke; most of these come with a status of 500 or 503 as well.
const BROKEN: [&str; 6] = [
    "InternalServerError",
    "InternalError",
    "InternalFailure",
    "InternalServiceError",
    "ServiceUnavailable",
    "ServiceUnavailableException",
];
/// What the call names is not there.
const ABSENT: [&str; 6] = [
    "ResourceNotFoundException",
    "NoSuchBucket",
    "NoSuchKey",
    "NonExistentQueue",
    "AWS.SimpleQueueService.NonExistentQueue",
    "QueueDoesNotExist",
];
/// The function may not do it, or nobody knows who it is.
const FORBIDDEN: [&str; 10] = [
    "AccessDenied",
    "AccessDeniedException",
    "KmsAccessDenied",
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "InvalidAccessKeyId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "MissingAuthenticationToken",
    "NotAuthorized",
];
/// The credentials have run out.
const EXPIRED: [&str; 2] = ["ExpiredTokenException", "ExpiredToken"];
/// The value is larger than the service takes.
const TOO_LARGE: [&str; 3] =
    ["ItemCollectionSizeLimitExceededException", "EntityTooLarge", "RequestEntityTooLarge"];

/// Why a call to AWS did not do what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// Too much to do, or a neighbour's request is on the same item.
    Busy,
    /// The service broke.
    Broken,
    /// No answer arrived; it may have been done.
    Unanswered,
    /// What the call names is not there.
    Absent,
    /// Not allowed.
    Forbidden,
    /// The credentials have run out.
    Expired,
    /// The value is too large.
    TooLarge,
    /// The service calls it wrong.
    Refused,
    /// The call was never sent.
    Unsent,
}

impl Cause {
    /// Whether trying again can help.
    const fn is_transient(self) -> bool {
        match self {
            // Pressure passes.
            Self::Busy | Self::Broken => true,
            // Whoever tries again must find out whether it was done.
            Self::Unanswered => true,
            // Somebody has to change the stack, the role, the data or the program.
            Self::Absent
            | Self::Forbidden
            | Self::Expired
            | Self::TooLarge
            | Self::Refused
            | Self::Unsent => false,
        }
    }

    const fn remedy(self) -> &'static str {
        match self {
            Self::Busy => "it is busy; try again in a moment",
            Self::Broken => "it is disturbed; try again in a moment",
            Self::Unanswered => "no answer arrived; try again in a moment",
            Self::Absent => {
                "it does not exist: check its name in the environment, the region, and that the stack is deployed"
            }
            Self::Forbidden => "it is not allowed: give the function's role this permission",
            Self::Expired => "the credentials have run out: start the process anew",
            Self::TooLarge => "the value is too large: see the quotas of the service",
            Self::Refused => {
                "the request is refused: compare the keys and names with the template of the stack"
            }
            Self::Unsent => "the request could not be made: check region, endpoint and credentials",
        }
    }
}

/// The port's error for a call that AWS did not do.
///
/// `doing` completes the sentence "cannot …"; `place` names the table, queue, bucket or secret. Of the answer only
/// the code and the request's id are told: its message may quote keys and values.
pub(crate) fn fault<E: ProvideErrorMetadata>(
    doing: &str,
    place: &str,
    error: &SdkError<E, HttpResponse>,
) -> PortError {
    let cause = cause(error);
    let told = Told { code: error.code(), request: error.request_id() };
    let sentence = format!("cannot {doing} ({place}): {}{told}", cause.remedy());
    if cause.is_transient() { PortError::transient(sentence) } else { PortError::permanent(sentence) }
}

fn cause<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Cause {
    match error {
        SdkError::TimeoutError(_) | SdkError::ResponseError(_) => Cause::Unanswered,
        SdkError::DispatchFailure(failure) if failure.is_io() || failure.is_timeout() => Cause::Unanswered,
        SdkError::DispatchFailure(failure) if failure.is_user() => Cause::Unsent,
        SdkError::DispatchFailure(_) => Cause::Unanswered,
        SdkError::ServiceError(answer) => answered(error.code(), answer.raw().status().as_u16()),
        // `ConstructionFailure`, and what a later SDK may add: nothing says that it would pass.
        _ => Cause::Unsent,
    }
}

/// The code decides; a status of 429 or 5xx decides for codes that nobody has met yet.
fn answered(code: Option<&str>, status: u16) -> Cause {
    let among = |codes: &[&str]| code.is_some_and(|code| codes.contains(&code));
    match status {
        _ if among(&BUSY) => Cause::Busy,
        _ if among(&BROKEN) => Cause::Broken,
        _ if among(&ABSENT) => Cause::Absent,
        _ if among(&FORBIDDEN) => Cause::Forbidden,
        _ if among(&EXPIRED) => Cause::Expired,
        _ if among(&TOO_LARGE) => Cause::TooLarge,
        429 => Cause::Busy,
        500..=599 => Cause::Broken,
        _ => Cause::Refused,
    }
}

/// What of the answer may be told.
struct Told<'a> {
    code: Option<&'a str>,
    request: Option<&'a str>,
}

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code, self.request) {
            (Some(code), Some(request)) => write!(f, " [{code}, request {request}]"),
            (Some(word), None) | (None, Some(word)) => write!(f, " [{word}]"),
            (None, None) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::error::ErrorMetadata;
    use aws_sdk_dynamodb::operation::put_item::PutItemError;
    use aws_smithy_runtime_api::client::result::ConnectorError;
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;

    use super::*;

    type Refusal = SdkError<PutItemError, HttpResponse>;

    fn response(status: u16) -> HttpResponse {
        let mut response = HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::empty());
        response.headers_mut().insert("x-amzn-requestid", "REQ1");
        response
    }

    fn answer(code: &str, status: u16) -> Refusal {
        let secret = "the item { anna@example.com } is wrong";
        let meta = ErrorMetadata::builder().code(code).message(secret).build();
        SdkError::service_error(PutItemError::generic(meta), response(status))
    }

    fn said(error: &Refusal) -> (String, bool) {
        let fault = fault("save an order", "orders-test", error);
        (fault.to_string(), fault.is_transient())
    }

    #[test]
    fn what_passes_by_itself_is_worth_another_try() {
        let unanswered: [Refusal; 4] = [
            SdkError::timeout_error("late"),
            SdkError::dispatch_failure(ConnectorError::io("reset".into())),
            SdkError::dispatch_failure(ConnectorError::timeout("late".into())),
            SdkError::response_error("cut off", response(200)),
        ];
        let answered = [
            "ProvisionedThroughputExceededException",
            "ThrottlingException",
            "RequestLimitExceeded",
            "TransactionConflictException",
            "TransactionInProgressException",
            "InternalServerError",
            "SlowDown",
            "OverLimit",
            "InternalServiceError",
        ]
        .map(|code| answer(code, 400));
        let new_codes = [answer("NeverSeen", 429), answer("NeverSeen", 500), answer("NeverSeen", 503)];
        for error in unanswered.into_iter().chain(answered).chain(new_codes) {
            assert!(said(&error).1, "{error:?}");
        }
    }

    #[test]
    fn what_stays_wrong_is_not_tried_again() {
        let answered = [
            "ResourceNotFoundException",
            "ValidationException",
            "AccessDeniedException",
            "ItemCollectionSizeLimitExceededException",
            "ExpiredTokenException",
            "NoSuchBucket",
            "QueueDoesNotExist",
            "NeverSeen",
        ]
        .map(|code| answer(code, 400));
        let unsent: [Refusal; 2] = [
            SdkError::construction_failure("no table"),
            SdkError::dispatch_failure(ConnectorError::user("no such host name".into())),
        ];
        for error in answered.into_iter().chain(unsent) {
            assert!(!said(&error).1, "{error:?}");
        }
    }

    #[test]
    fn each_kind_of_refusal_says_what_to_do() {
        for (code, remedy) in [
            ("AccessDeniedException", "give the function's role this permission"),
            ("NoSuchBucket", "check its name in the environment"),
            ("ExpiredToken", "start the process anew"),
            ("EntityTooLarge", "see the quotas of the service"),
            ("ValidationException", "compare the keys and names with the template"),
            ("ThrottlingException", "it is busy; try again in a moment"),
            ("InternalError", "it is disturbed; try again in a moment"),
        ] {
            let (text, _) = said(&answer(code, 400));
            assert!(text.contains(remedy), "{text}");
        }
    }

    #[test]
    fn an_error_says_what_where_and_what_to_do_and_quotes_no_item() {
        let (text, _) = said(&answer("ResourceNotFoundException", 400));
        assert_eq!(
            text,
            "cannot save an order (orders-test): it does not exist: check its name in the environment, the region, \
             and that the stack is deployed [ResourceNotFoundException, request REQ1]"
        );
        let (text, _) = said(&answer("ValidationException", 400));
        assert!(!text.contains("anna"), "{text}");
        let (text, _) = said(&SdkError::timeout_error("anna@example.com"));
        assert_eq!(text, "cannot save an order (orders-test): no answer arrived; try again in a moment");
    }
}
