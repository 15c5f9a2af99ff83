use nachklang_domain::catalog::{Catalog, Files};

use super::*;

/// The shop `de` and the starter flow.
pub(crate) fn catalog() -> Catalog {
    let file = |path: &str| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../templates/");
        (path.to_owned(), std::fs::read_to_string(format!("{folder}{path}")).unwrap())
    };
    let files = ["shops/brand.toml", "shops/de.toml", "flows/after-sales.toml"];
    Catalog::readable(&Files::from(files.map(file))).unwrap()
}

#[test]
fn the_schedule_names_its_zone_and_runs_unless_it_says_dry() {
    for (text, dry) in [
        (r#"{"zone":"Europe/Berlin"}"#, false),
        (r#"{"zone":"Europe/Berlin","dry":false}"#, false),
        (r#"{"zone":"Europe/Berlin","dry":true}"#, true),
    ] {
        let Call::Zone(call) = serde_json::from_str(text).unwrap() else { panic!("{text}") };
        assert_eq!(call, ZoneCall { zone: "Europe/Berlin".to_owned(), dry });
    }
}

/// As SQS delivers it.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html>
const BATCH: &str = r#"{"Records":[{
    "messageId":"059f36b4-87a3-44ab-83d2-661975830a7d","receiptHandle":"AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
    "body":"{\"shop\":\"de\",\"run_day\":\"2026-11-05\",\"day\":\"2026-11-04\",\"shard\":3,\"of\":16,\"from\":null}",
    "attributes":{"ApproximateReceiveCount":"1","SentTimestamp":"1545082649183",
        "SenderId":"AIDAIENQZJOLO23YVJ4VO","ApproximateFirstReceiveTimestamp":"1545082649185"},
    "messageAttributes":{},"md5OfBody":"e4e68fb7bd0e697a0ae8f1bb342846b3",
    "eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:eu-central-1:123456789012:planning",
    "awsRegion":"eu-central-1"}]}"#;

#[test]
fn a_batch_of_the_queue_is_a_call_about_parts() {
    let Call::Parts(batch) = serde_json::from_str(BATCH).unwrap() else { panic!("no parts") };
    let body = batch.records.first().and_then(|message| message.body.as_deref()).unwrap();
    let part: nachklang_domain::ports::ShardTask = serde_json::from_str(body).unwrap();
    assert_eq!((part.part().as_str(), part.of), ("2026-11-04#3", 16));
}

#[test]
fn anything_else_is_no_call() {
    for text in ["{}", r#"{"dry":true}"#, r#"{"zone":7}"#, "[]"] {
        assert!(serde_json::from_str::<Call>(text).is_err(), "{text}");
    }
}
