//! What SES tells through SNS.

use nachklang_domain::mail_event::ses::{InvalidEvent, Told, read_event};

use crate::Outcome;
use crate::fixed::CANARY;

/// Longest event that SNS would carry.
const MAX_EVENT: usize = 256 * 1024;

/// Reads a message, and the same message in SNS's envelope: both tell the same, and neither names the recipient.
pub fn check(data: &[u8]) -> Outcome {
    let Ok(body) = std::str::from_utf8(data) else {
        return Outcome::Refused;
    };
    let told = read_event(body);
    assert_eq!(told, read_event(body));
    match &told {
        Ok(Told::Event(event)) => {
            let message = event.message.as_str();
            assert!((1..=256).contains(&message.len()) && message.is_ascii());
            assert!(!format!("{event:?}").contains(CANARY), "the event names the recipient");
        }
        Ok(Told::Ignored(_)) => {}
        Err(error) => assert!(!error.to_string().contains(CANARY)),
    }
    if body.len() <= MAX_EVENT {
        check_envelope(body, &told);
    }
    Outcome::of(told.is_ok())
}

/// What makes a body an envelope of SNS. A whole JSON value would refuse numbers that nobody reads, such as `1e999`.
#[derive(serde::Deserialize)]
struct Outermost {
    #[serde(rename = "Type")]
    sns_type: Option<String>,
}

fn check_envelope(body: &str, told: &Result<Told, InvalidEvent>) {
    let envelope = serde_json::json!({ "Type": "Notification", "Message": body }).to_string();
    let is_envelope = serde_json::from_str::<Outermost>(body).is_ok_and(|body| body.sns_type.is_some());
    match read_event(&envelope) {
        Err(InvalidEvent::TooLong) => {}
        Err(InvalidEvent::Sns) => assert!(is_envelope, "an event in its envelope is refused"),
        wrapped => assert!(is_envelope || wrapped == *told, "the envelope changes what is told"),
    }
}
