//! Reads what is due and hands it on, once a day.
//!
//! Two kinds of events come: the schedule of a time zone, and parts of runs that are too long for one go.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use lambda_runtime::{Error, LambdaEvent};
use nachklang_aws::lambda::{Deadline, now};
use nachklang_aws::site::Site;
use nachklang_domain::use_case::Desk;
use nachklang_domain::use_case::preview_due::RunPreview;
use serde::{Deserialize, Serialize};

mod gauges;
mod parts;
mod run;

/// What calls the function.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Call {
    /// The schedule of a time zone.
    Zone(ZoneCall),
    /// Parts of runs, out of the queue `planning`.
    Parts(SqsEvent),
}

/// The day of a time zone's shops.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ZoneCall {
    /// The zone by the name that the shops' files use, such as `Europe/Berlin`.
    pub zone: String,
    /// Only says what would go.
    #[serde(default)]
    pub dry: bool,
}

/// What the function answers.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// What each shop would do.
    Previews(Vec<RunPreview>),
    /// What each shop did.
    Runs(Vec<run::ShopRun>),
    /// Which parts come again.
    Parts(SqsBatchResponse),
}

/// Runs the shops of a zone, or works on parts of runs.
///
/// # Errors
/// When no shops are published, or a shop's run failed: the others have run by then, and the call comes again.
pub async fn handle(site: &Site, event: LambdaEvent<Call>) -> Result<Answer, Error> {
    let deadline = Deadline::of(&event.context);
    let (catalog, contact_key, metrics) = (site.catalog().await?, site.contact_key().await?, site.metrics());
    let desk = Desk { world: &site.store, catalog: &catalog, contact_key: &contact_key };
    let answer = match event.payload {
        Call::Zone(call) if call.dry => run::preview(desk, &call.zone, now()).await.map(Answer::Previews),
        Call::Zone(call) => {
            run::run_zone(desk, &call.zone, &deadline, &metrics, now()).await.map(Answer::Runs)
        }
        Call::Parts(batch) => {
            Ok(Answer::Parts(parts::work(desk, &site.store, batch.records, &deadline, &metrics).await))
        }
    };
    metrics.flush();
    answer
}

#[cfg(test)]
mod tests;
