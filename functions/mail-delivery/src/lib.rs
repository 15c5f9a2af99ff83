//! Makes each claimed mail and hands it to SES, once. Nothing else talks to SES.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent};
use nachklang_aws::lambda::metrics::Metrics;
use nachklang_aws::lambda::{Deadline, Outcome, needed, now, run_batch_at_once};
use nachklang_aws::mailer::LONGEST_SEND;
use nachklang_aws::site::Site;
use nachklang_aws::station::{self, KeepBack};
use nachklang_domain::enrolment::SkipReason;
use nachklang_domain::ports::{
    Contacts, Content, DueList, Journal, Ledger, MailTask, Mailer, Orders, Products,
};
use nachklang_domain::use_case::Desk;
use nachklang_domain::use_case::compose::Postbox;
use nachklang_domain::use_case::deliver_mail::{Delivery, deliver_mail};

/// So many mails are worked on side by side; the mail service keeps the rate.
const AT_ONCE: usize = 4;
/// A handover may take so long at most. None is begun with less time left: its end would be lost.
const HANDOVER: Duration = LONGEST_SEND.saturating_add(Duration::from_secs(5));
/// A mail that the rate refused, or that waits for what is being told of her, comes again after so many seconds, at least and at most: spread out, so that not all of
/// them come back at once.
const SLOW_DOWN: (u32, u32) = (5, 60);

/// Works through a batch of mails.
///
/// # Errors
/// When no shops are published or a key cannot be read; the whole batch comes again.
pub async fn handle<M>(
    site: &Site,
    mailer: &M,
    event: LambdaEvent<SqsEvent>,
) -> Result<SqsBatchResponse, Error>
where
    M: Journal + Mailer,
{
    let deadline = Deadline::of(&event.context).reserving(HANDOVER);
    let records = event.payload.records;
    let need = async { Ok((site.catalog().await?, site.contact_key().await?, site.link_keys().await?)) };
    let (catalog, contact_key, keys) = needed(&site.store, &records, &deadline, need).await?;
    let batch = Batch {
        desk: Desk { world: &site.store, catalog: &catalog, contact_key: &contact_key },
        postbox: Postbox { mailer, keys: &keys, shelf: site.shelf() },
        metrics: site.metrics(),
        stopped: AtomicBool::new(false),
    };
    let work = async |body: &str, _: &_| match station::task(body) {
        Ok(task) => batch.deliver(&task, now()).await,
        Err(unreadable) => unreadable,
    };
    let response = run_batch_at_once(AT_ONCE, &site.store, records, &deadline, work).await;
    batch.metrics.flush();
    Ok(response)
}

/// What the mails of a batch share.
struct Batch<'a, S, M> {
    desk: Desk<'a, S>,
    postbox: Postbox<'a, M>,
    metrics: Metrics,
    /// Nothing can be sent now: the rest of the batch is not tried.
    stopped: AtomicBool,
}

/// What becomes of a mail's message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// It is done with.
    Done,
    /// Its end is not known yet: it comes again once the message shows itself again.
    Again,
    /// It comes again after a moment, without a receive being counted.
    Soon,
    /// It comes again with the run of tomorrow.
    Tomorrow,
}

impl<S, M> Batch<'_, S, M>
where
    S: Orders + Contacts + Products + Content + Ledger + DueList + KeepBack,
    M: Journal + Mailer,
{
    async fn deliver(&self, task: &MailTask, now: Timestamp) -> Outcome {
        if self.stopped.load(Ordering::Relaxed) {
            return station::tomorrow(self.desk, task, now).await;
        }
        let delivery = match deliver_mail(self.desk, self.postbox, task, now).await {
            Ok(delivery) => delivery,
            Err(error) => return station::failed(self.desk, task, &error, &self.metrics, now).await,
        };
        note(task, &delivery, &self.metrics);
        if matches!(delivery, Delivery::Stopped(_)) {
            self.stopped.store(true, Ordering::Relaxed);
        }
        match next(&delivery) {
            Next::Done => Outcome::Done,
            Next::Again => {
                Outcome::Failed("another attempt is under way, or its end is not known".to_owned())
            }
            Next::Soon => self.soon(task).await,
            Next::Tomorrow => station::tomorrow(self.desk, task, now).await,
        }
    }

    async fn soon(&self, task: &MailTask) -> Outcome {
        let Ok(delay) = delay() else {
            return Outcome::Failed("the system gives no random number".to_owned());
        };
        match self.desk.world.keep_back(task, delay).await {
            Ok(()) => Outcome::Done,
            Err(error) => Outcome::Failed(format!("the mail cannot be put back: {error}")),
        }
    }
}

fn delay() -> Result<Duration, getrandom::Error> {
    let (least, most) = SLOW_DOWN;
    Ok(Duration::from_secs(u64::from(least + getrandom::u32()? % (most - least + 1))))
}

const fn next(delivery: &Delivery) -> Next {
    match delivery {
        Delivery::Sent | Delivery::Skipped(_) | Delivery::Failed(_) | Delivery::Nothing => Next::Done,
        // Only an event settles it; asking again would tell nothing.
        Delivery::Unknown => Next::Done,
        Delivery::InFlight => Next::Again,
        Delivery::Throttled | Delivery::Awaited => Next::Soon,
        Delivery::Stopped(_) | Delivery::SenderStopped(_) | Delivery::Unassigned => Next::Tomorrow,
    }
}

fn note(task: &MailTask, delivery: &Delivery, metrics: &Metrics) {
    let detail = match delivery {
        Delivery::Failed(why) | Delivery::Stopped(why) | Delivery::SenderStopped(why) => why.as_str(),
        Delivery::Skipped(reason) => reason.as_str(),
        _ => "",
    };
    match delivery {
        Delivery::Sent => metrics.count("MailSent", 1),
        Delivery::Failed(why) => metrics.count_with("MailFailed", 1, "Reason", refusal(why)),
        Delivery::Unknown => metrics.count("MailUnknown", 1),
        Delivery::Throttled => metrics.count("SesThrottled", 1),
        Delivery::Stopped(_) | Delivery::SenderStopped(_) => metrics.count("SendingStopped", 1),
        Delivery::Skipped(SkipReason::Expired) => metrics.count("MailExpired", 1),
        Delivery::Skipped(reason) => metrics.count_with("MailSkipped", 1, "Reason", reason.as_str()),
        Delivery::InFlight | Delivery::Awaited | Delivery::Unassigned | Delivery::Nothing => {}
    }
    let (shop, flow, enrolment) = (task.shop.as_str(), task.flow.as_str(), task.enrolment.to_string());
    tracing::info!(
        shop,
        flow,
        enrolment,
        step = task.step,
        delivery = word(delivery),
        detail,
        "mail delivered"
    );
}

/// The code of SES's refusal, one of a few, so that no text of SES becomes a metric of its own.
fn refusal(why: &str) -> &'static str {
    let code = why.split_once(':').map_or("", |(code, _)| code);
    ["MessageRejected", "BadRequestException"].into_iter().find(|known| *known == code).unwrap_or("rejected")
}

const fn word(delivery: &Delivery) -> &'static str {
    match delivery {
        Delivery::Sent => "sent",
        Delivery::Skipped(_) => "skipped",
        Delivery::Failed(_) => "failed",
        Delivery::InFlight => "in_flight",
        Delivery::Awaited => "awaited",
        Delivery::Unknown => "unknown",
        Delivery::Throttled => "throttled",
        Delivery::Stopped(_) => "stopped",
        Delivery::SenderStopped(_) => "sender_stopped",
        Delivery::Unassigned => "unassigned",
        Delivery::Nothing => "nothing",
    }
}

#[cfg(test)]
mod tests;
