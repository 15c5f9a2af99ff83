//! What S3 says when a file was uploaded: the event of `EventBridge`, or the notification of the bucket itself.
//!
//! Both are taken, so that either wiring works. Sources:
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>

use jiff::Timestamp;
use serde::Deserialize;

/// A file that was uploaded, copied or removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The bucket.
    pub bucket: String,
    /// The key, decoded.
    pub key: String,
    /// When it happened.
    pub at: Option<Timestamp>,
}

/// A body that is no event of S3. Nothing of it is shown.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the message is no event of S3")]
pub struct NoEvent;

#[derive(Deserialize)]
#[serde(untagged)]
enum Body {
    EventBridge {
        time: Option<String>,
        detail: Place,
    },
    Bucket {
        #[serde(rename = "Records")]
        records: Vec<Record>,
    },
    /// S3 sends one when the notification is configured.
    Test {
        #[serde(rename = "Event")]
        event: String,
    },
}

#[derive(Deserialize)]
struct Record {
    #[serde(rename = "eventTime")]
    time: Option<String>,
    s3: Place,
}

#[derive(Deserialize)]
struct Place {
    bucket: Bucket,
    object: Object,
}

#[derive(Deserialize)]
struct Bucket {
    name: String,
}

#[derive(Deserialize)]
struct Object {
    key: String,
}

/// The files that a message is about; none in S3's test message.
///
/// # Errors
/// [`NoEvent`] when the body says nothing of files.
pub fn changed(body: &str) -> Result<Vec<Changed>, NoEvent> {
    match serde_json::from_str(body).map_err(|_| NoEvent)? {
        // EventBridge gives the key as it is.
        Body::EventBridge { time, detail } => Ok(vec![of(detail.object.key.clone(), detail, time)]),
        Body::Bucket { records } => records
            .into_iter()
            .map(|record| Ok(of(decoded(&record.s3.object.key)?, record.s3, record.time)))
            .collect(),
        Body::Test { event } if event == "s3:TestEvent" => Ok(Vec::new()),
        Body::Test { .. } => Err(NoEvent),
    }
}

fn of(key: String, place: Place, time: Option<String>) -> Changed {
    Changed { bucket: place.bucket.name, key, at: time.and_then(|time| time.parse().ok()) }
}

/// The bucket's own notification encodes the key as a form does: a blank is `+`.
fn decoded(key: &str) -> Result<String, NoEvent> {
    let mut bytes = Vec::with_capacity(key.len());
    let mut rest = key.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => rest
                .next()
                .and_then(hex)
                .zip(rest.next().and_then(hex))
                .map(|(a, b)| a << 4 | b)
                .ok_or(NoEvent)?,
            other => other,
        });
    }
    String::from_utf8(bytes).map_err(|_| NoEvent)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT_BRIDGE: &str = r#"{
        "version": "0", "id": "5a3c2d1e-0000-4f6b-9a11-2b3c4d5e6f70", "detail-type": "Object Created",
        "source": "aws.s3", "account": "000000000000", "time": "2026-11-22T09:30:01Z", "region": "eu-central-1",
        "resources": ["arn:aws:s3:::lunaria-bucket"],
        "detail": {
            "version": "0", "bucket": {"name": "lunaria-bucket"},
            "object": {"key": "orders/de/till 1+2 %.csv", "size": 1024, "etag": "b1946ac92492d2347c6235b4d2611184",
                       "version-id": "IYV3p45BT0ac8hjHg1houSdS1a.Mro8e", "sequencer": "00617F08299329D189"},
            "request-id": "N4N7GDK58NMKJ12R", "requester": "000000000000", "source-ip-address": "192.0.2.1",
            "reason": "PutObject"
        }
    }"#;

    #[test]
    fn the_event_of_event_bridge_gives_the_key_as_it_is() {
        let [file] = <[Changed; 1]>::try_from(changed(EVENT_BRIDGE).unwrap()).unwrap();
        assert_eq!(file.bucket, "lunaria-bucket");
        assert_eq!(file.key, "orders/de/till 1+2 %.csv");
        assert_eq!(file.at, "2026-11-22T09:30:01Z".parse().ok());
    }

    #[test]
    fn the_notification_of_the_bucket_gives_the_key_as_a_form_does() {
        let body = r#"{"Records": [
            {"eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "eu-central-1",
             "eventTime": "2026-11-22T09:30:01.123Z", "eventName": "ObjectCreated:Put",
             "s3": {"s3SchemaVersion": "1.0", "configurationId": "uploads",
                    "bucket": {"name": "lunaria-bucket", "arn": "arn:aws:s3:::lunaria-bucket"},
                    "object": {"key": "orders/de/till+1%2B2+%25+%C3%BC.csv", "size": 7, "eTag": "e", "sequencer": "0A"}}},
            {"eventTime": "never",
             "s3": {"bucket": {"name": "lunaria-bucket"}, "object": {"key": "shops/de.toml"}}}]}"#;
        let files = changed(body).unwrap();
        let keys: Vec<&str> = files.iter().map(|file| file.key.as_str()).collect();
        assert_eq!(keys, ["orders/de/till 1+2 % ü.csv", "shops/de.toml"]);
        assert_eq!(files[0].at, "2026-11-22T09:30:01.123Z".parse().ok());
        assert_eq!(files[1].at, None);
    }

    #[test]
    fn the_test_message_is_about_no_file() {
        let body = r#"{"Service": "Amazon S3", "Event": "s3:TestEvent", "Time": "2026-11-22T09:30:01Z",
            "Bucket": "lunaria-bucket", "RequestId": "5582815E1AEA5ADF", "HostId": "8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3e"}"#;
        assert_eq!(changed(body), Ok(Vec::new()));
    }

    #[test]
    fn anything_else_is_no_event() {
        let half = r#"{"Records":[{"s3":{"bucket":{"name":"b"},"object":{"key":"orders%2"}}}]}"#;
        let odd = r#"{"Records":[{"s3":{"bucket":{"name":"b"},"object":{"key":"%ff"}}}]}"#;
        for body in ["", "{}", "[]", "null", "hello", r#"{"Event":"other"}"#, r#"{"detail":{}}"#, half, odd] {
            assert_eq!(changed(body), Err(NoEvent), "{body}");
        }
    }
}
