use std::io::Write;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use aws_credential_types::Credentials;
use nachklang_domain::ports::Halt;
use nachklang_domain::use_case::deliver_mail::SEND_LEASE;
use serde_json::{Value, json};

use super::fixture::{HTML, SUBJECT, TEXT, mail, story};
use super::stub::{Answer, Stub};
use super::*;
use crate::clients::Clients;

fn config(endpoint: &str, share: &str) -> Config {
    let needs = [Setting::ConfigurationSet, Setting::SendingShare];
    let lookup = |name: &str| match name {
        "AWS_REGION" => Some("eu-central-1".to_owned()),
        "AWS_ENDPOINT_URL_SESV2" => Some(endpoint.to_owned()),
        "NACHKLANG_CONFIGURATION_SET" => Some("nachklang".to_owned()),
        "NACHKLANG_SENDING_SHARE" => Some(share.to_owned()),
        _ => None,
    };
    Config::from_lookup(&needs, lookup).unwrap()
}

fn with_share(endpoint: &str, share: &str) -> PortResult<SesMailer> {
    let config = config(endpoint, share);
    let credentials = Credentials::new("id", "secret", None, None, "tests");
    SesMailer::new((*Clients::with_credentials(&config, credentials).ses).clone(), &config)
}

fn mailer(endpoint: &str) -> SesMailer {
    with_share(endpoint, "1").unwrap()
}

fn started() -> (Stub, SesMailer) {
    let (stub, endpoint) = Stub::start();
    (stub, mailer(&endpoint))
}

async fn send(mailer: &SesMailer) -> Result<String, SendError> {
    let mail = mail();
    mailer.send(&mail, mail.envelope().tags.mail, "2026-03-13T06:30:00Z".parse().unwrap()).await
}

/// Sends one mail that is answered so, with a fresh mailer; SES must have got it once.
async fn answered(answer: Answer) -> Result<String, SendError> {
    let (stub, mailer) = started();
    stub.next_mail(answer);
    let sent = send(&mailer).await;
    assert_eq!(stub.mails().len(), 1, "handed over once, whatever is answered");
    sent
}

#[tokio::test]
async fn a_mail_is_handed_over_with_its_headers_and_tags() {
    let (stub, mailer) = started();
    assert_eq!(send(&mailer).await, Ok("0102018f-accepted".to_owned()));
    let mails = stub.mails();
    let sent = mails.first().unwrap();
    let text = |data: &str| json!({"Data": data, "Charset": "UTF-8"});
    assert_eq!(sent["Content"]["Simple"]["Subject"], text(SUBJECT));
    assert_eq!(sent["Content"]["Simple"]["Body"], json!({"Html": text(HTML), "Text": text(TEXT)}));
    assert_eq!(
        sent["Content"]["Simple"]["Headers"],
        json!([
            {"Name": "List-Unsubscribe", "Value": "<https://mail.lunaria.example/u/token>"},
            {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"},
            {"Name": "List-Id", "Value": "<after-sales.de.de.lunaria.example>"},
        ])
    );
    assert_eq!(sent["ConfigurationSetName"], "nachklang");
    assert_eq!(sent["Destination"], json!({"ToAddresses": ["anna@example.com"]}));
    assert_eq!(sent["ReplyToAddresses"], json!(["service@lunaria.example"]));
    assert_eq!(sent["FromEmailAddress"], mail().from_header());
    assert!(sent["FromEmailAddress"].as_str().unwrap().is_ascii());
    let tags = mail().tags().into_iter().map(|(name, value)| json!({"Name": name, "Value": value}));
    assert_eq!(sent["EmailTags"], Value::Array(tags.collect()));
}

#[tokio::test]
async fn an_answer_that_proves_nothing_is_ambiguous_and_never_tried_again() {
    for answer in [
        Answer::refused(500, "InternalFailure", "unknown"),
        Answer::refused(502, "", "bad gateway"),
        Answer::refused(503, "ServiceUnavailable", "later"),
        Answer::refused(503, "ThrottlingException", "Maximum sending rate exceeded."),
        Answer::refused(408, "RequestTimeout", "too slow"),
        Answer::Text(500, "<html>"),
        Answer::Text(200, "<html>"),
        Answer::Json(200, "", json!({})),
        Answer::Cut,
    ] {
        assert_eq!(answered(answer.clone()).await, Err(SendError::Ambiguous), "{answer:?}");
    }
}

#[tokio::test]
async fn an_answer_that_does_not_come_in_time_is_ambiguous() {
    let (stub, mut mailer) = started();
    mailer.timeout = Duration::from_millis(300);
    stub.next_mail(Answer::Silence);
    assert_eq!(send(&mailer).await, Err(SendError::Ambiguous));
    assert_eq!(stub.mails().len(), 1);
}

#[tokio::test]
async fn every_refusal_of_ses_has_its_meaning() {
    let unverified = "Email address is not verified. The following identities failed the check in region \
                      EU-CENTRAL-1: anna@example.com";
    let throttled = |_: String| SendError::Throttled;
    let quota = |why| SendError::Halted(Halt::Quota, why);
    let pause = |why| SendError::Halted(Halt::Account, why);
    for (status, code, message, meaning) in [
        (429, "TooManyRequestsException", "Too many requests", throttled as fn(String) -> SendError),
        (400, "ThrottlingException", "Maximum sending rate exceeded.", throttled),
        (400, "Throttling", "Maximum sending rate exceeded.", throttled),
        (429, "", "slow down", throttled),
        (400, "ThrottlingException", "Daily message quota exceeded.", quota),
        (429, "TooManyRequestsException", "Daily sending quota exceeded.", quota),
        (400, "LimitExceededException", "Daily message quota exceeded", quota),
        (400, "SendingPausedException", "Sending paused", pause),
        (400, "AccountSuspendedException", "Account suspended", pause),
        (400, "MailFromDomainNotVerifiedException", "No MX record", SendError::SenderStopped),
        (
            404,
            "NotFoundException",
            "Configuration set <nachklang> does not exist.",
            SendError::AccountStopped,
        ),
        (400, "BadRequestException", "Configuration set is invalid", SendError::AccountStopped),
        (400, "MessageRejected", unverified, SendError::SenderStopped),
        (400, "MessageRejected", "Sending paused for this account.", pause),
        (403, "AccessDeniedException", "not authorized to perform ses:SendEmail", SendError::SenderStopped),
        (403, "ExpiredTokenException", "The security token is expired", SendError::AccountStopped),
        (403, "UnrecognizedClientException", "The security token is invalid", SendError::AccountStopped),
        (403, "InvalidSignatureException", "Signature expired", SendError::AccountStopped),
        (400, "SomethingNewException", "unheard of", SendError::AccountStopped),
        (400, "MessageRejected", "The message contains a virus", SendError::Rejected),
        (400, "BadRequestException", "Missing final '@domain'", SendError::Rejected),
    ] {
        let error = answered(Answer::refused(status, code, message)).await.unwrap_err();
        let why = match &error {
            SendError::AccountStopped(why)
            | SendError::SenderStopped(why)
            | SendError::Halted(_, why)
            | SendError::Rejected(why) => why,
            SendError::Throttled | SendError::Ambiguous => "",
        };
        assert_eq!(error, meaning(why.to_owned()), "{code}, {message}");
        assert!(!error.to_string().contains('@'), "{error}");
        if error != SendError::Throttled {
            assert!(error.to_string().contains(&format!("{code}: ")), "{error}");
        }
    }
}

#[tokio::test]
async fn the_error_type_may_stand_in_the_body() {
    let body = json!({"__type": "com.amazonaws#SendingPausedException", "message": "paused"});
    let error = answered(Answer::Json(400, "", body)).await.unwrap_err();
    assert_eq!(error, SendError::Halted(Halt::Account, "SendingPausedException: paused".to_owned()));
}

#[tokio::test]
async fn a_service_out_of_reach_has_certainly_not_accepted_the_mail() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let refused = mailer(&format!("http://{closed}"));
    assert_eq!(send(&refused).await, Err(SendError::Throttled));
    let unknown_host = mailer("http://ses.nowhere.invalid");
    assert_eq!(send(&unknown_host).await, Err(SendError::Throttled));
}

#[tokio::test]
async fn a_connection_that_broke_while_it_waited_is_replaced_without_a_second_mail() {
    let (stub, mailer) = started();
    stub.next_mail(Answer::accepted());
    stub.next_mail(Answer::Cut);
    stub.next_mail(Answer::accepted());
    assert!(send(&mailer).await.is_ok());
    assert_eq!(send(&mailer).await, Err(SendError::Ambiguous));
    assert!(send(&mailer).await.is_ok());
    assert_eq!(stub.mails().len(), 3);
}

#[tokio::test]
async fn a_stopped_account_gets_no_mail_at_all() {
    for (member, value) in [
        ("ProductionAccessEnabled", json!(false)),
        ("SendingEnabled", json!(false)),
        ("EnforcementStatus", json!("SHUTDOWN")),
        ("SendQuota", json!({"Max24HourSend": 200.0, "MaxSendRate": 1.0, "SentLast24Hours": 200.0})),
    ] {
        let (stub, mailer) = started();
        stub.account(Answer::account(|account| account[member] = value));
        for _ in 0..3 {
            assert!(matches!(send(&mailer).await, Err(SendError::Halted(..))), "{member}");
        }
        assert_eq!((stub.mails().len(), stub.looks()), (0, 1), "{member}");
    }
}

#[tokio::test]
async fn after_one_refusal_of_the_account_no_further_mail_is_tried() {
    let (stub, mailer) = started();
    stub.next_mail(Answer::refused(400, "SendingPausedException", "paused"));
    for _ in 0..3 {
        let stopped = SendError::Halted(Halt::Account, "SendingPausedException: paused".to_owned());
        assert_eq!(send(&mailer).await, Err(stopped));
    }
    assert_eq!(stub.mails().len(), 1);
}

#[tokio::test]
async fn an_account_that_cannot_be_looked_at_still_sends() {
    for answer in [
        Answer::refused(429, "TooManyRequestsException", "one a second"),
        Answer::refused(403, "AccessDeniedException", "not authorized to perform ses:GetAccount"),
        Answer::Cut,
    ] {
        let (stub, mailer) = started();
        stub.account(answer);
        assert!(send(&mailer).await.is_ok());
        assert_eq!(stub.looks(), 1, "the look is not repeated at once");
    }
}

#[tokio::test]
async fn ses_cannot_be_asked_about_a_mail() {
    let (stub, mailer) = started();
    let id = mail().envelope().tags.mail;
    assert_eq!(mailer.settle(id).await.unwrap(), Settlement::Unknown);
    assert_eq!((stub.mails().len(), stub.looks()), (0, 0));
}

#[test]
fn sending_ends_before_the_lease_of_a_handover_does() {
    let lease = Duration::try_from(SEND_LEASE).unwrap();
    assert!(LONGEST_SEND < lease / 2, "{LONGEST_SEND:?} of {lease:?}");
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_story_of_a_mail_is_one_line_without_code_and_address() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber =
        tracing_subscriber::fmt().json().flatten_event(true).with_writer(move || writer.clone()).finish();
    tracing::subscriber::with_default(subscriber, || journal::note(&story()));
    let written = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert_eq!(written.lines().count(), 1);
    let line: Value = serde_json::from_str(&written).unwrap();
    assert_eq!(line["level"], "INFO");
    assert_eq!(line["mail.id"], story().mail.to_string());
    assert_eq!(
        (&line["shop"], &line["flow"], &line["segment"]),
        (&json!("de"), &json!("after-sales"), &json!("charm-club"))
    );
    assert_eq!(
        (&line["coupon"], &line["coupon.pool"], &line["coupon.valid_until"]),
        (&json!("own"), &json!("thanks-eur"), &json!("2026-03-27"))
    );
    assert_eq!(line["products.chosen"], "CC-011: topseller of the series; CC-012: topseller of the shop");
    assert_eq!(line["products.dropped"], "CC-013: out of stock");
    for hidden in ["DANKE", "7Q4X", "@", "Anna", "LU-1"] {
        assert!(!written.contains(hidden), "{written}");
    }
}
