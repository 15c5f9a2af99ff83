//! What the stations of a mail's way do alike: read its task, bring it back tomorrow, keep it for a moment.

use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;
use nachklang_domain::ports::{Contacts, DueList, MailTask, PortResult};
use nachklang_domain::use_case::postpone::postpone;
use nachklang_domain::use_case::{Desk, UseCaseError};

use crate::lambda::metrics::Metrics;
use crate::lambda::{Outcome, chain};
use crate::store::{AwsStore, Station};

/// The task of a message.
///
/// # Errors
/// What becomes of a message that holds none: it is parked.
pub fn task(body: &str) -> Result<MailTask, Outcome> {
    // The parser's own words may quote the body.
    serde_json::from_str(body).map_err(|_| Outcome::Parked("the body is no task of a mail".to_owned()))
}

/// A queue that keeps a mail back for a moment.
pub trait KeepBack {
    /// Hands a mail to the delivery, which sees it after a delay of at most fifteen minutes.
    fn keep_back(&self, task: &MailTask, delay: Duration) -> impl Future<Output = PortResult<()>> + Send;
}

impl KeepBack for AwsStore {
    async fn keep_back(&self, task: &MailTask, delay: Duration) -> PortResult<()> {
        self.later(Station::Delivery, task, delay).await
    }
}

/// Brings a mail back with the run of tomorrow and is done with its message, so that no receive is burnt.
pub async fn tomorrow<W: Contacts + DueList>(desk: Desk<'_, W>, task: &MailTask, now: Timestamp) -> Outcome {
    match postpone(desk, task, now).await {
        Ok(()) => Outcome::Done,
        Err(error) => Outcome::Failed(format!("the mail cannot be put on tomorrow's due list: {error}")),
    }
}

/// What becomes of a task that could not be worked on: what may work in a moment comes again; the rest waits until
/// somebody has mended it, and is looked at every day.
pub async fn failed<W: Contacts + DueList>(
    desk: Desk<'_, W>,
    task: &MailTask,
    error: &UseCaseError,
    metrics: &Metrics,
    now: Timestamp,
) -> Outcome {
    if error.is_transient() {
        return Outcome::Failed(error.to_string());
    }
    metrics.count("MailPostponed", 1);
    let (shop, flow, enrolment) = (task.shop.as_str(), task.flow.as_str(), task.enrolment.to_string());
    tracing::error!(
        shop,
        flow,
        enrolment,
        step = task.step,
        error = chain(error),
        "a mail waits until somebody mends this"
    );
    tomorrow(desk, task, now).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_that_is_no_task_is_parked_and_not_quoted() {
        for body in ["", "{}", "anna@example.com", r#"{"shop":"de","contact":"anna@example.com"}"#] {
            let Err(Outcome::Parked(reason)) = task(body) else { panic!("{body} is no task") };
            assert!(!reason.contains("anna"), "{reason}");
        }
    }
}
