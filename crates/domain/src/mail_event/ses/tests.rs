use crate::consent::SuppressionReason;
use crate::mail_event::MailEventKind as Kind;

use super::*;

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/ses-events/", $name, ".json"))
    };
}

fn event(body: &str) -> MailEvent {
    match read_event(body) {
        Ok(Told::Event(event)) => event,
        other => panic!("{other:?}"),
    }
}

fn ignored(body: &str) -> Ignored {
    match read_event(body) {
        Ok(Told::Ignored(ignored)) => ignored,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_event_type_of_the_documentation_is_read() {
    let withheld = |reason| Kind::Withheld(reason);
    for (body, kind) in [
        (fixture!("send"), Kind::Accepted),
        (fixture!("delivery"), Kind::Delivered),
        (fixture!("delivery-delay"), Kind::Delayed),
        (fixture!("bounce-permanent"), Kind::HardBounced),
        (fixture!("bounce-suppressed"), withheld(SuppressionReason::Bounced)),
        (fixture!("bounce-transient"), Kind::SoftBounced),
        (fixture!("bounce-undetermined"), Kind::SoftBounced),
        (fixture!("complaint"), Kind::Complained),
        (fixture!("complaint-suppressed"), withheld(SuppressionReason::Complained)),
        (fixture!("reject"), Kind::Rejected),
        (fixture!("rendering-failure"), Kind::NotRendered),
        (fixture!("open"), Kind::Opened),
        (fixture!("click"), Kind::Clicked),
        (fixture!("envelope"), Kind::Accepted),
    ] {
        assert_eq!(event(body).kind, kind);
    }
    assert_eq!(ignored(fixture!("subscription")), Ignored::Subscription);
}

#[test]
fn an_event_names_its_mail_by_the_tags() {
    let event = event(fixture!("delivery"));
    assert_eq!(event.mail.to_string(), "1f3a5c7e9b0d2f4a6c8e0a1b3d5f7091");
    assert_eq!(event.task.contact.to_string(), "a0b1c2d3e4f5061728394a5b6c7d8e9f");
    assert_eq!(event.task.enrolment.to_string(), "00112233445566778899aabbccddeeff");
    assert_eq!(
        (event.task.shop.as_str(), event.task.flow.as_str(), event.task.step),
        ("de", "after-sales", 0)
    );
    assert_eq!(event.message, "0102018f2c7e5a10-6d0f6a52-3b1e-4d1a-9a53-0c7e8f1b2a34-000000");
    assert_eq!(event.sent_at, "2026-03-13T06:30:02.118Z".parse().unwrap());
    assert_eq!(event.at, "2026-03-14T08:15:30.402Z".parse().unwrap());
}

#[test]
fn an_event_without_its_own_moment_happened_when_the_mail_was_sent() {
    for body in [fixture!("send"), fixture!("reject"), fixture!("rendering-failure")] {
        let event = event(body);
        assert_eq!(event.at, event.sent_at);
    }
    let odd = fixture!("delivery").replace("2026-03-14T08:15:30.402Z", "some day");
    assert_eq!(event(&odd).at, event(&odd).sent_at);
}

#[test]
fn nothing_of_the_person_is_kept() {
    for body in [fixture!("bounce-permanent"), fixture!("complaint"), fixture!("open"), fixture!("click")] {
        let kept = format!("{:?}", event(body));
        for personal in ["anna", "example.com", "203.0.113", "Danke", "lunaria.example", "iPhone"] {
            assert!(!kept.contains(personal), "{kept}");
        }
    }
}

#[test]
fn a_mail_of_somebody_else_is_ignored() {
    assert_eq!(ignored(fixture!("foreign")), Ignored::ForeignMail("mail_id"));
    for tag in ["shop", "contact", "enrolment", "flow", "step"] {
        let without = fixture!("send").replace(&format!("\"{tag}\""), "\"other\"");
        assert_eq!(ignored(&without), Ignored::ForeignMail(tag));
    }
    for (from, to, tag) in [
        ("\"0\"", "\"-1\"", "step"),
        ("\"0\"", "\"4294967296\"", "step"),
        ("\"de\"", "\"DE#1\"", "shop"),
        ("a0b1c2d3e4f5061728394a5b6c7d8e9f", "a0b1", "contact"),
    ] {
        assert_eq!(ignored(&fixture!("send").replace(from, to)), Ignored::ForeignMail(tag), "{to}");
    }
    let two = fixture!("send").replace("\"de\"", "\"de\", \"at\"");
    assert_eq!(ignored(&two), Ignored::ForeignMail("shop"));
}

#[test]
fn a_mail_taken_out_of_the_spam_folder_is_no_complaint() {
    assert_eq!(ignored(fixture!("complaint-not-spam")), Ignored::NotSpam);
}

#[test]
fn what_ses_adds_later_breaks_nothing() {
    let new_type = fixture!("send").replace("\"Send\"", "\"Teleport\"");
    assert_eq!(ignored(&new_type), Ignored::UnknownType);
    let new_field =
        fixture!("bounce-permanent").replace("\"bounceType\"", "\"new\": {\"a\": [1]}, \"bounceType\"");
    assert_eq!(event(&new_field).kind, Kind::HardBounced);
    let new_bounce = fixture!("bounce-permanent").replace("\"Permanent\"", "\"Strange\"");
    assert_eq!(event(&new_bounce).kind, Kind::SoftBounced, "nobody is suppressed by guess");
}

#[test]
fn a_feedback_notification_is_refused_with_what_to_do() {
    let refused = read_event(fixture!("notification")).unwrap_err();
    assert_eq!(refused, InvalidEvent::Notification);
    assert!(refused.to_string().contains("configuration set"));
}

#[test]
fn the_first_message_of_a_new_topic_is_no_event() {
    let greeting = "Successfully validated SNS topic for Amazon SES event publishing.";
    assert_eq!(ignored(greeting), Ignored::Greeting);
    let wrapped = format!("{{\"Type\": \"Notification\", \"Message\": \"{greeting}\"}}");
    assert_eq!(ignored(&wrapped), Ignored::Greeting);
}

#[test]
fn what_sns_itself_asks_is_refused() {
    let confirmation = "{\"Type\": \"SubscriptionConfirmation\", \"Message\": \"You have chosen…\"}";
    assert_eq!(read_event(confirmation), Err(InvalidEvent::Sns));
    let twice = serde_json::json!({"Type": "Notification", "Message": fixture!("envelope")});
    assert_eq!(read_event(&twice.to_string()), Err(InvalidEvent::Sns));
    assert_eq!(read_event("{\"Type\": \"Notification\"}"), Err(InvalidEvent::Sns));
}

#[test]
fn a_broken_event_is_refused_without_a_word_of_it() {
    for (from, to) in [
        ("\"tags\": {", "\"tags\": \"anna@example.com\", \"x\": {"),
        ("\"mail\": {", "\"mail\": [\"anna@example.com\"], \"y\": {"),
        ("\"eventType\": ", "\"eventType\" "),
    ] {
        let refused = read_event(&fixture!("send").replacen(from, to, 1)).unwrap_err();
        assert!(matches!(refused, InvalidEvent::Form { .. }), "{refused}");
        assert!(!refused.to_string().contains('@'), "{refused}");
    }
    let no_id = fixture!("send").replace("\"messageId\": \"0102", "\"messageId\": \"01 02");
    assert_eq!(read_event(&no_id), Err(InvalidEvent::Field("mail.messageId")));
    let no_time = fixture!("send").replace("2026-03-13T06:30:02.118Z", "yesterday");
    assert_eq!(read_event(&no_time), Err(InvalidEvent::Field("mail.timestamp")));
    let no_bounce = fixture!("bounce-permanent").replace("\"bounce\"", "\"bouncy\"");
    assert_eq!(read_event(&no_bounce), Err(InvalidEvent::Field("bounce")));
    assert_eq!(read_event("{}"), Err(InvalidEvent::Field("eventType")));
    assert!(matches!(read_event(&"[".repeat(10_000)), Err(InvalidEvent::Form { .. })));
    assert_eq!(read_event(&"x".repeat(MAX_BODY + 1)), Err(InvalidEvent::TooLong));
}

#[test]
fn the_documentations_own_samples_are_read() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/samples/ses-events");
    let Ok(files) = std::fs::read_dir(folder) else {
        println!("skipped: no samples");
        return;
    };
    for file in files {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let read = read_event(&std::fs::read_to_string(&path).unwrap());
        match name.split('-').next() {
            Some("event") if name.contains("subscription") => {
                assert_eq!(read, Ok(Told::Ignored(Ignored::Subscription)), "{name}");
            }
            Some("event") => {
                assert_eq!(read, Ok(Told::Ignored(Ignored::ForeignMail("mail_id"))), "{name}");
            }
            Some("feedback") => assert_eq!(read, Err(InvalidEvent::Notification), "{name}"),
            _ => {}
        }
    }
}
