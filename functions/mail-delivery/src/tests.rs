use aws_lambda_events::sqs::SqsEvent;
use nachklang_domain::use_case::deliver_mail::SEND_LEASE;

use super::*;

#[test]
fn every_end_is_done_with_but_what_is_not_known_yet() {
    for (delivery, expected) in [
        (Delivery::Sent, Next::Done),
        (Delivery::Skipped(SkipReason::Cancelled), Next::Done),
        (Delivery::Failed("mailbox unknown".to_owned()), Next::Done),
        (Delivery::Nothing, Next::Done),
        (Delivery::Unknown, Next::Done),
        (Delivery::InFlight, Next::Again),
        (Delivery::Throttled, Next::Soon),
        (Delivery::Awaited, Next::Soon),
        (Delivery::Stopped("the daily quota is used up".to_owned()), Next::Tomorrow),
        (Delivery::SenderStopped("it is not verified".to_owned()), Next::Tomorrow),
        (Delivery::Unassigned, Next::Tomorrow),
    ] {
        assert_eq!(next(&delivery), expected, "{delivery:?}");
    }
}

#[test]
fn a_refusal_is_counted_by_its_code_and_never_by_its_words() {
    for (why, reason) in [
        ("MessageRejected: The message contains a virus", "MessageRejected"),
        ("BadRequestException: Missing final '@domain'", "BadRequestException"),
        ("NewException: unheard of", "rejected"),
        ("no code at all", "rejected"),
        ("", "rejected"),
    ] {
        assert_eq!(refusal(why), reason);
    }
}

#[test]
fn a_mail_that_the_rate_refused_comes_back_within_a_minute_and_not_with_all_others() {
    let delays: std::collections::BTreeSet<u64> = (0..200).map(|_| delay().unwrap().as_secs()).collect();
    assert!(delays.iter().all(|delay| (5..=60).contains(delay)), "{delays:?}");
    assert!(delays.len() > 20, "{delays:?}");
}

#[test]
fn a_handover_ends_before_its_lease_does() {
    let lease = Duration::from_secs(SEND_LEASE.as_secs().unsigned_abs());
    assert!(HANDOVER < lease, "{HANDOVER:?}");
}

/// As SQS delivers it.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html>
const BATCH: &str = r#"{"Records":[{
    "messageId":"059f36b4-87a3-44ab-83d2-661975830a7d","receiptHandle":"AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
    "body":"not a task of anna@example.com",
    "attributes":{"ApproximateReceiveCount":"1","SentTimestamp":"1545082649183",
        "SenderId":"AIDAIENQZJOLO23YVJ4VO","ApproximateFirstReceiveTimestamp":"1545082649185"},
    "messageAttributes":{},"md5OfBody":"e4e68fb7bd0e697a0ae8f1bb342846b3",
    "eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:eu-central-1:123456789012:delivery",
    "awsRegion":"eu-central-1"}]}"#;

#[test]
fn a_message_of_the_queue_holds_a_task_or_is_parked() {
    let batch: SqsEvent = serde_json::from_str(BATCH).unwrap();
    let body = batch.records.first().and_then(|message| message.body.as_deref()).unwrap();
    let Err(Outcome::Parked(reason)) = station::task(body) else { panic!("{body} is no task") };
    assert!(!reason.contains("anna"), "{reason}");
}
