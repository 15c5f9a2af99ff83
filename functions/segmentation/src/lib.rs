//! Reads what is due and hands it on, once a day.
//!
//! Two kinds of events come: the schedule of a time zone, and parts of runs that are too long for one go.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use lambda_runtime::{Error, LambdaEvent};
use nachklang_aws::lambda::metrics::Metrics;
use nachklang_aws::lambda::{Deadline, needed, now};
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
    let (deadline, metrics) = (Deadline::of(&event.context), site.metrics());
    let answer = match event.payload {
        Call::Zone(call) => zone(site, &call, &deadline, &metrics).await,
        Call::Parts(batch) => parts(site, batch.records, &deadline, &metrics).await,
    };
    metrics.flush();
    answer
}

async fn zone(site: &Site, call: &ZoneCall, deadline: &Deadline, metrics: &Metrics) -> Result<Answer, Error> {
    let (catalog, contact_key) = (site.catalog().await?, site.contact_key().await?);
    let desk = Desk { world: &site.store, catalog: &catalog, contact_key: &contact_key };
    if call.dry {
        return run::preview(desk, &call.zone, now()).await.map(Answer::Previews);
    }
    run::run_zone(desk, &call.zone, deadline, metrics, now()).await.map(Answer::Runs)
}

async fn parts(
    site: &Site,
    messages: Vec<SqsMessage>,
    deadline: &Deadline,
    metrics: &Metrics,
) -> Result<Answer, Error> {
    let need = async { Ok((site.catalog().await?, site.contact_key().await?)) };
    let (catalog, contact_key) = needed(&site.store, &messages, deadline, need).await?;
    let desk = Desk { world: &site.store, catalog: &catalog, contact_key: &contact_key };
    Ok(Answer::Parts(parts::work(desk, &site.store, messages, deadline, metrics).await))
}

#[cfg(test)]
mod tests;
