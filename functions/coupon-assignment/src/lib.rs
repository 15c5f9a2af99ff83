//! Gives each planned mail its coupon.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent};
use nachklang_aws::lambda::metrics::Metrics;
use nachklang_aws::lambda::{Deadline, Outcome, needed, now, run_batch_at_once};
use nachklang_aws::site::Site;
use nachklang_aws::station;
use nachklang_domain::enrolment::SkipReason;
use nachklang_domain::ports::{Contacts, Content, CouponStock, DueList, MailTask, Orders, Queues};
use nachklang_domain::use_case::Desk;
use nachklang_domain::use_case::assign_coupon::{Assignment, assign_coupon};

/// So many mails are worked on side by side: a claim is mostly waiting for the store.
const AT_ONCE: usize = 5;

/// Works through a batch of planned mails.
///
/// # Errors
/// When no shops are published or the key of the contacts cannot be read; the whole batch comes again.
pub async fn handle(site: &Site, event: LambdaEvent<SqsEvent>) -> Result<SqsBatchResponse, Error> {
    let deadline = Deadline::of(&event.context);
    let (metrics, records) = (site.metrics(), event.payload.records);
    let need = async { Ok((site.catalog().await?, site.contact_key().await?)) };
    let (catalog, contact_key) = needed(&site.store, &records, &deadline, need).await?;
    let desk = Desk { world: &site.store, catalog: &catalog, contact_key: &contact_key };
    let work = async |body: &str, _: &_| match station::task(body) {
        Ok(task) => assign(desk, &task, &metrics, now()).await,
        Err(unreadable) => unreadable,
    };
    let response = run_batch_at_once(AT_ONCE, &site.store, records, &deadline, work).await;
    metrics.flush();
    Ok(response)
}

async fn assign<W>(desk: Desk<'_, W>, task: &MailTask, metrics: &Metrics, now: Timestamp) -> Outcome
where
    W: Orders + Contacts + CouponStock + Content + DueList + Queues,
{
    // Another place of the stock at every attempt: two that met once must not go on meeting.
    let seed = match getrandom::u64() {
        Ok(seed) => seed,
        Err(_) => return Outcome::Failed("the system gives no random number".to_owned()),
    };
    match assign_coupon(desk, task, seed, now).await {
        Ok(assignment) => {
            note(task, &assignment, metrics);
            Outcome::Done
        }
        Err(error) => station::failed(desk, task, &error, metrics, now).await,
    }
}

/// Every outcome is done with: what is held has its due entry for tomorrow.
fn note(task: &MailTask, assignment: &Assignment, metrics: &Metrics) {
    match assignment {
        Assignment::Skipped(SkipReason::Expired) => metrics.count("MailExpired", 1),
        Assignment::Skipped(reason) => metrics.count_with("MailSkipped", 1, "Reason", reason.as_str()),
        Assignment::Claimed(_) | Assignment::HandedOn | Assignment::Held | Assignment::Nothing => {}
    }
    let (shop, flow, enrolment) = (task.shop.as_str(), task.flow.as_str(), task.enrolment.to_string());
    tracing::info!(shop, flow, enrolment, step = task.step, assignment = word(assignment), "mail assigned");
}

fn word(assignment: &Assignment) -> &'static str {
    match assignment {
        Assignment::Claimed(_) => "claimed",
        Assignment::HandedOn => "handed_on",
        Assignment::Held => "held",
        Assignment::Skipped(reason) => reason.as_str(),
        Assignment::Nothing => "nothing",
    }
}

#[cfg(test)]
mod tests {
    use nachklang_domain::id::{ContactId, MailId};

    use super::*;

    const ID: &str = "2653e508601cc5991c71debec201a47e";

    /// As SQS delivers it.
    ///
    /// Source: <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html>
    fn batch(body: &str) -> SqsEvent {
        let text = serde_json::json!({ "Records": [{
            "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d", "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
            "body": body, "messageAttributes": {}, "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
            "attributes": { "ApproximateReceiveCount": "1", "SentTimestamp": "1545082649183",
                "SenderId": "AIDAIENQZJOLO23YVJ4VO", "ApproximateFirstReceiveTimestamp": "1545082649185" },
            "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:assignment",
            "awsRegion": "eu-central-1"
        }] });
        serde_json::from_value(text).unwrap()
    }

    #[test]
    fn a_message_of_the_queue_holds_the_task_that_was_handed_on() {
        let body =
            format!(r#"{{"shop":"de","contact":"{ID}","enrolment":"{ID}","flow":"after-sales","step":1}}"#);
        let event = batch(&body);
        let body = event.records.first().and_then(|message| message.body.as_deref()).unwrap();
        let Ok(task) = station::task(body) else { panic!("{body} is a task") };
        assert_eq!((task.flow.as_str(), task.step), ("after-sales", 1));
        assert_eq!(task.contact, ContactId::parse(ID).unwrap());
    }

    #[test]
    fn every_outcome_has_a_word_of_its_own_in_the_log() {
        let all = [
            Assignment::Claimed(MailId::parse(ID).unwrap()),
            Assignment::HandedOn,
            Assignment::Held,
            Assignment::Skipped(SkipReason::NoCode),
            Assignment::Nothing,
        ];
        assert_eq!(all.each_ref().map(word), ["claimed", "handed_on", "held", "no_code", "nothing"]);
    }
}
