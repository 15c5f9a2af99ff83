//! The SES sink keeps what SES would send, refuses what SES would refuse, and publishes the events that SES would publish.

use std::path::Path;

use anyhow::{Context as _, ensure};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use nachklang_tests::emulator;
use nachklang_tests::ses::{
    Bounce, Call, Enforcement, EventType, Fault, Feedback, Operation, Outcome, Reason, Sink,
};
use serde_json::{Value, json};

const MAILS: &str = "/v2/email/outbound-emails";
const SET: &str = "transactional";

struct Answer {
    status: u16,
    code: Option<String>,
    body: Value,
}

impl Answer {
    fn refusal(&self) -> (u16, &str) {
        (self.status, self.code.as_deref().unwrap_or_default())
    }

    fn message(&self) -> &str {
        self.body.get("message").and_then(Value::as_str).unwrap_or_default()
    }
}

/// A sink whose account may send from example.com.
async fn sink() -> anyhow::Result<Sink> {
    let sink = Sink::start().await?;
    sink.verify("example.com");
    sink.add_configuration_set(SET);
    Ok(sink)
}

async fn call(sink: &Sink, method: &str, path: &str, body: &Value) -> anyhow::Result<Answer> {
    let request = ureq::http::Request::builder()
        .method(method)
        .uri(format!("{}{path}", sink.endpoint()))
        .header("content-type", "application/json")
        .body(if body.is_null() { String::new() } else { body.to_string() })?;
    tokio::task::spawn_blocking(move || exchange(request)).await?
}

fn exchange(request: ureq::http::Request<String>) -> anyhow::Result<Answer> {
    let agent =
        ureq::Agent::new_with_config(ureq::Agent::config_builder().http_status_as_error(false).build());
    let mut response = agent.run(request)?;
    let code = response.headers().get("x-amzn-errortype").map(|code| code.to_str().map(str::to_owned));
    let body = response.body_mut().read_to_string()?;
    Ok(Answer {
        status: response.status().as_u16(),
        code: code.transpose()?,
        body: serde_json::from_str(&body)?,
    })
}

async fn send(sink: &Sink, mail: &Value) -> anyhow::Result<Answer> {
    call(sink, "POST", MAILS, mail).await
}

/// Sends, and gives the message id.
async fn sent(sink: &Sink, mail: &Value) -> anyhow::Result<String> {
    let answer = send(sink, mail).await?;
    ensure!(answer.status == 200, "refused: {}", answer.body);
    let id = answer.body.get("MessageId").and_then(Value::as_str);
    Ok(id.context("no message id")?.to_owned())
}

fn mail(to: &str, mail_id: &str) -> Value {
    json!({
        "FromEmailAddress": "Lunaria <shop@example.com>",
        "Destination": { "ToAddresses": [to] },
        "Content": { "Simple": {
            "Subject": { "Data": "Grüße 💌", "Charset": "UTF-8" },
            "Body": {
                "Text": { "Data": "Schöne Ohrringe", "Charset": "UTF-8" },
                "Html": { "Data": "<p>Schöne Ohrringe</p>", "Charset": "UTF-8" },
            },
            "Headers": [
                { "Name": "List-Unsubscribe", "Value": format!("<https://example.com/u/{}>", "x".repeat(400)) },
                { "Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click" },
            ],
        } },
        "EmailTags": [{ "Name": "mail_id", "Value": mail_id }],
        "ConfigurationSetName": SET,
    })
}

fn raw(mime: &[u8]) -> Value {
    json!({ "Content": { "Raw": { "Data": BASE64_STANDARD.encode(mime) } } })
}

fn types(events: &[Value]) -> Vec<&str> {
    events.iter().filter_map(|event| event["eventType"].as_str()).collect()
}

#[tokio::test]
async fn a_simple_mail_is_kept_whole() -> anyhow::Result<()> {
    let sink = sink().await?;
    let id = sent(&sink, &mail("Anna <anna@example.org>", "m-1")).await?;
    let mail = sink.mail(&id).context("not kept")?;
    let message = mail.parsed()?;
    assert_eq!(message.subject(), Some("Grüße 💌"));
    assert_eq!(message.from().and_then(|from| from.first()?.address()), Some("shop@example.com"));
    assert_eq!(message.to().and_then(|to| to.first()?.address()), Some("anna@example.org"));
    assert_eq!(message.body_text(0).as_deref().map(str::trim), Some("Schöne Ohrringe"));
    assert_eq!(message.body_html(0).as_deref().map(str::trim), Some("<p>Schöne Ohrringe</p>"));
    let unsubscribe = message.header_raw("List-Unsubscribe").map(str::trim);
    assert_eq!(unsubscribe, Some(format!("<https://example.com/u/{}>", "x".repeat(400)).as_str()));
    assert_eq!(
        message.header_raw("List-Unsubscribe-Post").map(str::trim),
        Some("List-Unsubscribe=One-Click")
    );
    assert_eq!(message.message_id(), Some(format!("{id}@eu-central-1.amazonses.com").as_str()));
    assert_eq!((mail.tags["mail_id"].as_str(), mail.configuration_set.as_deref()), ("m-1", Some(SET)));
    Ok(())
}

#[tokio::test]
async fn a_raw_mail_is_kept_byte_for_byte_and_speaks_for_itself() -> anyhow::Result<()> {
    let sink = sink().await?;
    let mime = b"From: shop@example.com\r\nTo: Anna <anna@example.org>, b@example.org\r\nSubject: raw\r\n\
        X-SES-CONFIGURATION-SET: transactional\r\nX-SES-MESSAGE-TAGS: mail_id=m-2, shop=de\r\n\r\nHello\r\n";
    let id = sent(&sink, &raw(mime)).await?;
    let mail = sink.mail(&id).context("not kept")?;
    assert_eq!(mail.mime, mime);
    assert_eq!(mail.recipients, ["anna@example.org", "b@example.org"]);
    assert_eq!(
        mail.tags.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>(),
        ["mail_id=m-2", "shop=de"]
    );
    assert_eq!(mail.configuration_set.as_deref(), Some(SET));
    Ok(())
}

#[tokio::test]
async fn text_without_a_character_set_becomes_ascii() -> anyhow::Result<()> {
    let sink = sink().await?;
    let mut mail = mail("anna@example.org", "m-1");
    mail["Content"]["Simple"]["Subject"] = json!({ "Data": "Grüße" });
    let id = sent(&sink, &mail).await?;
    assert_eq!(sink.mail(&id).context("not kept")?.parsed()?.subject(), Some("Gr??e"));
    Ok(())
}

#[tokio::test]
async fn an_unverified_sender_is_refused_and_in_the_sandbox_an_unverified_recipient() -> anyhow::Result<()> {
    let sink = sink().await?;
    let mut stranger = mail("anna@example.org", "m-1");
    stranger["FromEmailAddress"] = json!("shop@example.net");
    let answer = send(&sink, &stranger).await?;
    assert_eq!(answer.refusal(), (400, "MessageRejected"));
    assert_eq!(
        answer.message(),
        "Email address is not verified. The following identities failed the check in region EU-CENTRAL-1: \
         shop@example.net"
    );
    sink.change_account(|account| account.production_access = false);
    assert_eq!(send(&sink, &mail("anna@example.org", "m-2")).await?.refusal(), (400, "MessageRejected"));
    sent(&sink, &mail("bounce@simulator.amazonses.com", "m-3")).await?;
    sink.verify("anna@example.org");
    sent(&sink, &mail("anna@example.org", "m-4")).await?;
    Ok(())
}

#[tokio::test]
async fn an_unknown_configuration_set_is_refused() -> anyhow::Result<()> {
    let sink = Sink::start().await?;
    sink.verify("example.com");
    let answer = send(&sink, &mail("anna@example.org", "m-1")).await?;
    assert_eq!(answer.refusal(), (404, "NotFoundException"));
    assert_eq!(answer.message(), "Configuration set <transactional> does not exist.");
    assert!(sink.mails().is_empty());
    Ok(())
}

#[tokio::test]
async fn what_breaks_a_limit_of_ses_is_refused() -> anyhow::Result<()> {
    let sink = sink().await?;
    let with = |pointer: &str, value: Value| {
        let mut mail = mail("anna@example.org", "m-1");
        *mail.pointer_mut(pointer).expect(pointer) = value;
        mail
    };
    let refused = [
        with("/Destination/ToAddresses", json!(vec!["anna@example.org"; 51])),
        with("/Destination/ToAddresses", json!([])),
        with("/Destination/ToAddresses", json!(["ännä@example.org"])),
        with("/FromEmailAddress", json!("Lunaria\r\nBcc: x@example.org <shop@example.com>")),
        with("/EmailTags/0/Value", json!("anna@example.org")),
        with("/Content/Simple/Headers/0/Value", json!("a\r\nBcc: x@example.org")),
        with("/Content/Simple/Body", json!({})),
        with("/Content", json!({ "Template": { "TemplateName": "t" } })),
        raw(b"From: shop@example.com\r\nTo: anna@example.org\r\nSubject: a\r\nSubject: b\r\n\r\nHello"),
        raw(b"From: shop@example.com\r\nTo: anna@example.org\r\nno body"),
    ];
    for mail in &refused {
        assert_eq!(send(&sink, mail).await?.refusal(), (400, "BadRequestException"), "{mail}");
    }
    assert!(sink.mails().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_mail_above_forty_megabytes_is_refused_for_its_size() -> anyhow::Result<()> {
    let sink = sink().await?;
    let line = [[b'a'; 76].as_slice(), b"\r\n"].concat();
    let head = b"From: shop@example.com\r\nTo: anna@example.org\r\nSubject: big\r\n\r\n".to_vec();
    let mime = [head, line.repeat(40 * 1024 * 1024 / line.len() + 1)].concat();
    let answer = send(&sink, &raw(&mime)).await?;
    assert_eq!(answer.refusal(), (400, "BadRequestException"));
    assert!(
        answer.message().starts_with("Message length is more than 41943040 bytes long"),
        "{}",
        answer.message()
    );
    Ok(())
}

#[tokio::test]
async fn every_fault_has_the_status_code_and_words_of_ses() -> anyhow::Result<()> {
    let sink = sink().await?;
    let faults = [
        (Fault::RateExceeded, 429, "TooManyRequestsException", "Maximum sending rate exceeded."),
        (Fault::DailyQuotaExceeded, 429, "TooManyRequestsException", "Daily message quota exceeded."),
        (Fault::Throttled, 400, "ThrottlingException", "Maximum sending rate exceeded."),
        (Fault::LimitExceeded, 400, "LimitExceededException", "Limit exceeded."),
        (Fault::SendingPaused, 400, "SendingPausedException", "Sending is paused for this account."),
        (Fault::AccountSuspended, 400, "AccountSuspendedException", "Sending suspended for this account."),
        (
            Fault::MailFromDomainNotVerified,
            400,
            "MailFromDomainNotVerifiedException",
            "The MAIL FROM domain is not verified.",
        ),
        (Fault::MessageRejected("bad".into()), 400, "MessageRejected", "bad"),
        (Fault::BadRequest("worse".into()), 400, "BadRequestException", "worse"),
        (Fault::InternalError, 500, "InternalServiceErrorException", "Internal failure."),
    ];
    faults.iter().for_each(|(fault, ..)| sink.fail_next(fault.clone()));
    for (fault, status, code, message) in faults {
        let answer = send(&sink, &mail("anna@example.org", "m-1")).await?;
        assert_eq!((answer.refusal(), answer.message()), ((status, code), message), "{fault:?}");
    }
    assert!(sink.mails().is_empty());
    sent(&sink, &mail("anna@example.org", "m-1")).await?;
    Ok(())
}

#[tokio::test]
async fn a_connection_cut_before_accepting_leaves_no_mail_and_one_cut_after_leaves_one() -> anyhow::Result<()>
{
    let sink = sink().await?;
    sink.fail_next(Fault::CutBeforeAccept);
    assert!(send(&sink, &mail("anna@example.org", "before")).await.is_err());
    assert!(sink.mails().is_empty());
    sink.fail_next(Fault::CutAfterAccept);
    assert!(send(&sink, &mail("anna@example.org", "after")).await.is_err());
    assert_eq!(sink.accepted_by_tag("mail_id").into_iter().collect::<Vec<_>>(), [("after".to_owned(), 1)]);
    assert_eq!(types(&sink.events()), ["Send", "Delivery"]);
    let outcomes: Vec<_> = sink.requests().into_iter().map(|request| request.outcome).collect();
    assert_eq!(outcomes, [Outcome::Cut, Outcome::AnswerLost(Some(sink.mails()[0].message_id.clone()))]);
    Ok(())
}

#[tokio::test]
async fn every_request_is_written_down_in_order() -> anyhow::Result<()> {
    let sink = sink().await?;
    sink.fail_next(Fault::RateExceeded);
    send(&sink, &mail("anna@example.org", "m-1")).await?;
    let id = sent(&sink, &mail("anna@example.org", "m-1")).await?;
    call(&sink, "GET", "/v2/email/account", &Value::Null).await?;
    call(&sink, "DELETE", "/v2/email/templates/t", &Value::Null).await?;
    let book = sink.requests();
    let outcomes: Vec<_> =
        book.iter().map(|request| (request.call.operation, request.outcome.clone())).collect();
    assert_eq!(
        outcomes,
        [
            (Operation::SendEmail, Outcome::Refused(429, "TooManyRequestsException".into())),
            (Operation::SendEmail, Outcome::Answered(Some(id))),
            (Operation::GetAccount, Outcome::Answered(None)),
            (Operation::Unknown, Outcome::Refused(404, "UnknownOperationException".into())),
        ]
    );
    assert_eq!(book[0].call.tag("mail_id").as_deref(), Some("m-1"));
    Ok(())
}

#[tokio::test]
async fn a_rule_decides_per_call_until_it_is_taken_away() -> anyhow::Result<()> {
    let sink = sink().await?;
    let to_bob = |call: &Call| call.recipients().iter().any(|one| one == "bob@example.org");
    sink.fail_if(move |call| to_bob(call).then_some(Fault::SendingPaused));
    sent(&sink, &mail("anna@example.org", "m-1")).await?;
    assert_eq!(
        send(&sink, &mail("bob@example.org", "m-2")).await?.refusal(),
        (400, "SendingPausedException")
    );
    sink.fail_no_more();
    sent(&sink, &mail("bob@example.org", "m-2")).await?;
    Ok(())
}

#[tokio::test]
async fn the_account_stops_sending_when_it_is_paused_suspended_or_used_up() -> anyhow::Result<()> {
    let sink = sink().await?;
    let refusal = async |expected: (u16, &str), words: &str| -> anyhow::Result<()> {
        let answer = send(&sink, &mail("anna@example.org", "m-1")).await?;
        assert_eq!((answer.refusal(), answer.message()), (expected, words));
        Ok(())
    };
    sink.change_account(|account| account.sending_enabled = false);
    refusal((400, "SendingPausedException"), "Sending is paused for this account.").await?;
    sink.change_account(|account| account.enforcement = Enforcement::Shutdown);
    refusal((400, "AccountSuspendedException"), "Sending suspended for this account.").await?;
    sink.change_account(|account| {
        (account.sending_enabled, account.enforcement) = (true, Enforcement::Probation);
        (account.max_24_hour_send, account.sent_before) = (10, 9);
    });
    sent(&sink, &mail("anna@example.org", "m-1")).await?;
    refusal((429, "TooManyRequestsException"), "Daily message quota exceeded.").await?;
    let account = call(&sink, "GET", "/v2/email/account", &Value::Null).await?.body;
    assert_eq!(
        account["SendQuota"],
        json!({"Max24HourSend": 10.0, "MaxSendRate": 14.0, "SentLast24Hours": 10.0})
    );
    assert_eq!(account["EnforcementStatus"], "PROBATION");
    Ok(())
}

#[tokio::test]
async fn the_rate_counts_recipients_of_the_last_second() -> anyhow::Result<()> {
    let sink = sink().await?;
    // A rate of nothing refuses without a clock; a rate that no test reaches in a second refuses nothing.
    sink.change_account(|account| (account.enforce_rate, account.max_send_rate) = (true, 0));
    let answer = send(&sink, &mail("anna@example.org", "m-1")).await?;
    assert_eq!((answer.status, answer.message()), (429, "Maximum sending rate exceeded."));
    sink.change_account(|account| account.max_send_rate = 1_000);
    sent(&sink, &mail("anna@example.org", "m-1")).await?;
    Ok(())
}

#[tokio::test]
async fn mail_to_a_suppressed_address_is_accepted_and_bounces() -> anyhow::Result<()> {
    let sink = sink().await?;
    sink.suppress("Anna@example.org", Reason::Complaint);
    sent(&sink, &mail("anna@example.org", "m-1")).await?;
    let events = sink.events();
    assert_eq!(types(&events), ["Send", "Bounce"]);
    assert_eq!(events[1]["bounce"]["bounceType"], "Permanent");
    assert_eq!(events[1]["bounce"]["bounceSubType"], "OnAccountSuppressionList");
    Ok(())
}

#[tokio::test]
async fn the_simulators_addresses_behave_as_those_of_ses() -> anyhow::Result<()> {
    let expected = [
        ("success", vec![("Delivery", "")]),
        ("bounce", vec![("Bounce", "Permanent General")]),
        ("bounce+de", vec![("Bounce", "Permanent General")]),
        ("ooto", vec![("Delivery", ""), ("Bounce", "Transient General")]),
        ("complaint", vec![("Delivery", ""), ("Complaint", "")]),
        ("suppressionlist", vec![("Bounce", "Permanent Suppressed")]),
    ];
    for (local, outcomes) in expected {
        let sink = sink().await?;
        let address = format!("{local}@simulator.amazonses.com");
        sent(&sink, &mail(&address, "m-1")).await?;
        let events = sink.events();
        let bounce = |event: &Value| {
            let text = |name| event["bounce"][name].as_str().unwrap_or_default();
            format!("{} {}", text("bounceType"), text("bounceSubType")).trim().to_owned()
        };
        let got: Vec<_> = types(&events).into_iter().zip(events.iter().map(bounce)).skip(1).collect();
        let outcomes: Vec<_> = outcomes.into_iter().map(|(kind, bounce)| (kind, bounce.to_owned())).collect();
        assert_eq!(got, outcomes, "{local}");
        assert_eq!(sink.suppressed(&address), None, "the simulator's addresses are never suppressed");
    }
    Ok(())
}

#[tokio::test]
async fn a_hard_bounce_and_a_complaint_suppress_the_address() -> anyhow::Result<()> {
    let sink = sink().await?;
    for (address, feedback, reason) in [
        ("a@example.org", Feedback::Bounced(Bounce::Permanent), Some(Reason::Bounce)),
        ("b@example.org", Feedback::Complained, Some(Reason::Complaint)),
        ("c@example.org", Feedback::Bounced(Bounce::MailboxFull), None),
    ] {
        let id = sent(&sink, &mail(address, "m-1")).await?;
        sink.report(&id, &feedback)?;
        assert_eq!(sink.suppressed(address), reason, "{address}");
    }
    assert!(sink.report("no-such-mail", &Feedback::Opened).is_err());
    Ok(())
}

#[tokio::test]
async fn an_event_tells_of_its_mail_as_ses_does() -> anyhow::Result<()> {
    let sink = sink().await?;
    let id = sent(&sink, &mail("Anna <anna@example.org>", "m-1")).await?;
    let event = sink.report(&id, &Feedback::Clicked("https://example.com/ring".into()))?;
    let mail = &event["mail"];
    assert_eq!((&event["eventType"], &mail["messageId"]), (&json!("Click"), &json!(id)));
    assert_eq!(event["click"]["link"], "https://example.com/ring");
    assert_eq!(mail["destination"], json!(["Anna <anna@example.org>"]));
    assert_eq!(mail["tags"]["mail_id"], json!(["m-1"]));
    assert_eq!(mail["tags"]["ses:configuration-set"], json!([SET]));
    assert_eq!(mail["commonHeaders"]["subject"], "Grüße 💌");
    let named =
        |name: &str| mail["headers"].as_array().into_iter().flatten().any(|header| header["name"] == name);
    assert!(named("From") && named("List-Unsubscribe"));
    assert_eq!(mail["headersTruncated"], false);
    Ok(())
}

#[tokio::test]
async fn events_go_to_subscribers_and_only_the_types_that_were_asked_for() -> anyhow::Result<()> {
    let sink = sink().await?;
    let mut events = sink.subscribe();
    sent(&sink, &mail("anna@example.org", "m-1")).await?;
    let received = [events.recv().await.context("no event")?, events.recv().await.context("no event")?];
    assert_eq!(types(&received), ["Send", "Delivery"]);
    sink.publish_only(&[EventType::Delivery]);
    sent(&sink, &mail("anna@example.org", "m-2")).await?;
    assert_eq!(types(&[events.recv().await.context("no event")?]), ["Delivery"]);
    let mut silent = mail("anna@example.org", "m-3");
    silent.as_object_mut().context("no object")?.remove("ConfigurationSetName");
    sent(&sink, &silent).await?;
    assert!(events.try_recv().is_err(), "a mail without a configuration set has no events");
    Ok(())
}

#[tokio::test]
async fn a_sink_listens_on_the_address_it_is_given() -> anyhow::Result<()> {
    let first = Sink::start().await?;
    let address = first.endpoint().trim_start_matches("http://").parse()?;
    assert!(Sink::start_on(address).await.is_err(), "the address is taken");
    let free = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    assert_eq!(Sink::start_on(free).await?.endpoint(), format!("http://{free}"));
    Ok(())
}

/// Each official sample of an event names members that ours must have, too.
#[tokio::test]
async fn events_have_the_members_of_the_documented_ones() -> anyhow::Result<()> {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/samples/ses-events");
    if !samples.is_dir() {
        println!("skipped: no samples");
        return Ok(());
    }
    let sink = sink().await?;
    let id = sent(&sink, &mail("anna@example.org", "m-1")).await?;
    let own = [
        ("send", sink.events()[0].clone()),
        ("delivery", sink.report(&id, &Feedback::Delivered)?),
        ("bounce", sink.report(&id, &Feedback::Bounced(Bounce::Permanent))?),
        ("complaint", sink.report(&id, &Feedback::Complained)?),
        ("reject", sink.report(&id, &Feedback::Rejected)?),
        ("open", sink.report(&id, &Feedback::Opened)?),
        ("click", sink.report(&id, &Feedback::Clicked("https://example.com".into()))?),
        ("deliverydelay", sink.report(&id, &Feedback::Delayed)?),
        ("rendering-failure", sink.report(&id, &Feedback::RenderingFailed("t".into()))?),
    ];
    for (name, own) in own {
        let sample = std::fs::read_to_string(samples.join(format!("event-{name}-record.json")))?;
        let sample: Value = serde_json::from_str(&sample)?;
        assert_eq!(own["eventType"], sample["eventType"]);
        assert_members(&own, &sample, name);
    }
    Ok(())
}

fn assert_members(own: &Value, sample: &Value, place: &str) {
    // The sender chooses the tags of a mail and of its links.
    let chosen = |name: &str| name.starts_with("myCustomTag") || name.starts_with("samplekey");
    for (name, value) in sample.as_object().into_iter().flatten().filter(|(name, _)| !chosen(name)) {
        assert!(own.get(name).is_some(), "{place} has no {name}: {own}");
        assert_members(own.get(name).unwrap_or(&Value::Null), value, &format!("{place}.{name}"));
    }
    if let (Value::Array(own), Value::Array(sample)) = (own, sample) {
        own.iter().zip(sample).for_each(|(own, sample)| assert_members(own, sample, place));
    }
}

#[tokio::test]
async fn the_aws_client_understands_every_answer() -> anyhow::Result<()> {
    let Some(python) = emulator::python().await? else { return Ok(()) };
    let sink = Sink::start().await?;
    sink.verify("example.com");
    sink.fail_if(fault_of_tag());
    let endpoint = sink.endpoint();
    let run = tokio::task::spawn_blocking(move || python.script("mails.py").arg(endpoint).output());
    let output = run.await??;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8(output.stdout)?, "the client understood every answer\n");
    let accepted = sink.accepted_by_tag("mail_id");
    let count = |mail_id| accepted.get(mail_id).copied().unwrap_or_default();
    assert_eq!((count("simple"), count("raw"), count("throttled-once")), (1, 1, 1));
    assert_eq!(count("answer-lost"), 2, "a client that repeats a lost answer sends twice");
    assert!(accepted.keys().all(|mail_id| !mail_id.starts_with("refused")));
    Ok(())
}

/// The fault that a mail of `mails.py` asks for; some only for its first attempt.
fn fault_of_tag() -> impl FnMut(&Call) -> Option<Fault> {
    let mut met = Vec::new();
    move |call| {
        let fault = call.tag("fault")?;
        let again = met.contains(&fault);
        met.push(fault.clone());
        match fault.as_str() {
            "rate" => Some(Fault::RateExceeded),
            "quota" => Some(Fault::DailyQuotaExceeded),
            "rejected" => Some(Fault::MessageRejected("Email address is not verified.".into())),
            "suspended" => Some(Fault::AccountSuspended),
            "rate-once" if !again => Some(Fault::RateExceeded),
            "lost-once" if !again => Some(Fault::CutAfterAccept),
            _ => None,
        }
    }
}
