//! Gives each planned mail its coupon.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent};
use nachklang_aws::lambda::metrics::Metrics;
use nachklang_aws::lambda::{Deadline, Outcome, now, run_batch_at_once};
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
    let (catalog, contact_key, metrics) = (site.catalog().await?, site.contact_key().await?, site.metrics());
    let desk = Desk { world: &site.store, catalog: &catalog, contact_key: &contact_key };
    let work = async |body: &str, _: &_| match station::task(body) {
        Ok(task) => assign(desk, &task, &metrics, now()).await,
        Err(unreadable) => unreadable,
    };
    let response = run_batch_at_once(AT_ONCE, event.payload.records, &deadline, work).await;
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
