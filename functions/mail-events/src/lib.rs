//! Takes what SES tells about mails: settles unknown ends, ends mails to dead mailboxes and to those who complained.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent};
use nachklang_aws::lambda::metrics::Metrics;
use nachklang_aws::lambda::{Deadline, Outcome, OwnQueue, needed, now, run_batch};
use nachklang_aws::site::Site;
use nachklang_domain::mail_event::ses::{Ignored, Told, read_event};
use nachklang_domain::mail_event::{MailEvent, MailEventKind};
use nachklang_domain::ports::Contacts;
use nachklang_domain::use_case::Desk;
use nachklang_domain::use_case::record_event::{Recorded, record_event};

/// Works through a batch of events.
///
/// # Errors
/// When no shops are published or the key of the contacts cannot be read; the whole batch comes again.
pub async fn handle(site: &Site, event: LambdaEvent<SqsEvent>) -> Result<SqsBatchResponse, Error> {
    let deadline = Deadline::of(&event.context);
    let (metrics, records) = (site.metrics(), event.payload.records);
    if let Some(ignored) = ignored_alone(&records) {
        ignored.into_iter().for_each(|why| count_ignored(&metrics, why));
        metrics.flush();
        return Ok(SqsBatchResponse::default());
    }
    let need = async { Ok((site.catalog().await?, site.contact_key().await?)) };
    let (catalog, contact_key) = needed(&site.store, &records, &deadline, need).await?;
    let desk = Desk { world: &site.store, catalog: &catalog, contact_key: &contact_key };
    let response = work_through(desk, &site.store, records, &deadline, &metrics).await;
    metrics.flush();
    Ok(response)
}

/// Why nothing is to be done about any of the messages; `None` if something may be. SES greets a new topic before the shop has
/// uploaded anything, so that needs no shops.
fn ignored_alone(messages: &[SqsMessage]) -> Option<Vec<Ignored>> {
    let ignored = |message: &SqsMessage| match read_event(message.body.as_deref()?) {
        Ok(Told::Ignored(why)) => Some(why),
        _ => None,
    };
    messages.iter().map(ignored).collect()
}

fn count_ignored(metrics: &Metrics, why: Ignored) {
    metrics.count_with("EventIgnored", 1, "Reason", why.as_str());
}

/// One after the other: the events of one mail come close together and would only get in each other's way.
async fn work_through<W: Contacts>(
    desk: Desk<'_, W>,
    queue: &impl OwnQueue,
    messages: Vec<SqsMessage>,
    deadline: &Deadline,
    metrics: &Metrics,
) -> SqsBatchResponse {
    run_batch(queue, messages, deadline, async |body: &str, _: &_| take_in(desk, body, metrics, now()).await)
        .await
}

/// What cannot be read lies with the dead letters at once, with the reason, where it can be looked at.
async fn take_in<W: Contacts>(desk: Desk<'_, W>, body: &str, metrics: &Metrics, now: Timestamp) -> Outcome {
    match read_event(body) {
        Ok(Told::Event(event)) => record(desk, &event, metrics, now).await,
        Ok(Told::Ignored(why)) => {
            count_ignored(metrics, why);
            Outcome::Done
        }
        Err(error) => Outcome::Parked(error.to_string()),
    }
}

/// Counts what was recorded only: an event that must come again is counted then.
async fn record<W: Contacts>(
    desk: Desk<'_, W>,
    event: &MailEvent,
    metrics: &Metrics,
    now: Timestamp,
) -> Outcome {
    let recorded = match record_event(desk, event, now).await {
        Ok(recorded) => recorded,
        Err(error) => return Outcome::Failed(error.to_string()),
    };
    for (name, reason) in counts(event.kind, recorded) {
        match reason {
            Some(reason) => metrics.count_with(name, 1, "Reason", reason),
            None => metrics.count(name, 1),
        }
    }
    let (mail, shop, flow) = (event.mail.to_string(), event.task.shop.as_str(), event.task.flow.as_str());
    let (kind, recorded) = (event.kind.as_str(), word(recorded));
    tracing::info!(mail.id = mail, shop, flow, event = kind, recorded, "mail event recorded");
    Outcome::Done
}

/// What an event adds to which count, with its reason. Opens and clicks are raw numbers, many of them made by
/// machines: nothing may be decided on them.
fn counts(kind: MailEventKind, recorded: Recorded) -> Vec<(&'static str, Option<&'static str>)> {
    let mut counts = vec![("MailEvent", Some(kind.as_str()))];
    match kind {
        MailEventKind::HardBounced => counts.push(("EventBounce", None)),
        MailEventKind::Complained => counts.push(("EventComplaint", None)),
        _ => {}
    }
    match recorded {
        Recorded::Sent { settled: true } => counts.push(("MailSettled", None)),
        Recorded::Failed => counts.push(("MailFailed", Some(kind.as_str()))),
        _ => {}
    }
    counts
}

const fn word(recorded: Recorded) -> &'static str {
    match recorded {
        Recorded::Sent { settled: true } => "settled",
        Recorded::Sent { settled: false } => "sent",
        Recorded::Failed => "failed",
        Recorded::Extended => "extended",
        Recorded::Known => "known",
        Recorded::Counted => "counted",
        Recorded::NoMail => "no_mail",
    }
}

#[cfg(test)]
mod tests;
