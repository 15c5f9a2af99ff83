//! Takes in what marketers upload: checks it, then publishes or reports it.
//!
//! A bad file is no error: its report under `reports/` says what is wrong, where, and what to do. A message fails, and
//! comes again, only when AWS does not answer or the time was too short.

pub mod bucket;
mod content;
mod content_report;
mod data;
mod event;
mod importer;
mod intake;
mod outcome;
mod place;
mod reading;
mod replay;
mod report;

use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use lambda_runtime::{Error, LambdaEvent};
use nachklang_aws::config::Setting;
use nachklang_aws::lambda::metrics::Metrics;
use nachklang_aws::lambda::{Deadline, Outcome, is_last_try, now, run_batch};
use nachklang_aws::site::Site;
use nachklang_aws::store::AwsStore;
use nachklang_domain::use_case::publish::active_catalog;
use nachklang_domain::webhook::doors::secret_names;

pub use content::Published;
pub use data::DataUpload;
pub use event::{Changed, NoEvent, changed};
pub use importer::{Importer, Pace, World};
pub use outcome::{Again, Took};
pub use place::Place;
pub use report::{State, UploadReport, report_key};

/// When a file that another invocation reads is looked at again: that takes a quarter of an hour at most, and is soon over
/// most of the time.
const WHILE_BUSY: Duration = Duration::from_secs(120);

/// Takes in the uploads that a batch of messages tells of.
///
/// # Errors
/// Never; what failed is reported back by its id.
pub async fn handle(site: &Site, event: LambdaEvent<SqsEvent>) -> Result<SqsBatchResponse, Error> {
    let deadline = Deadline::of(&event.context);
    let uploads = Uploads { site, metrics: site.metrics(), deadline };
    let take = async |body: &str, message: &SqsMessage| uploads.take(body, message).await;
    let response = run_batch(&site.store, event.payload.records, &deadline, take).await;
    uploads.metrics.flush();
    Ok(response)
}

struct Uploads<'a> {
    site: &'a Site,
    metrics: Metrics,
    deadline: Deadline,
}

impl Uploads<'_> {
    async fn take(&self, body: &str, message: &SqsMessage) -> Outcome {
        let files = match self.files(body) {
            Ok(files) => files,
            Err(reason) => return Outcome::Parked(reason),
        };
        for file in files {
            let folder = file.key.rsplit_once('/').map_or("", |(folder, _)| folder);
            match self.take_file(&file, is_last_try(message)).await {
                Ok(rejected) => {
                    tracing::info!(folder, rejected, "an upload was looked at");
                    self.metrics.count("UploadRejected", rejected);
                }
                Err(again) => {
                    tracing::warn!(folder, reason = again.to_string(), "an upload comes again");
                    return self.come_again(body, again).await;
                }
            }
        }
        Outcome::Done
    }

    /// The files that an event is about, or why no try will ever find any.
    fn files(&self, body: &str) -> Result<Vec<Changed>, String> {
        let files = changed(body).map_err(|error| error.to_string())?;
        let ours = self.site.config.get(Setting::Bucket).map_err(|error| error.to_string())?;
        if files.iter().any(|file| file.bucket != ours) {
            return Err(format!("the event is not about the bucket {ours}"));
        }
        Ok(files)
    }

    /// What is no failure goes on in a message of its own, whose receives are not counted yet. What was taken of the file
    /// is noted, and files that the event names before it are known.
    async fn come_again(&self, body: &str, again: Again) -> Outcome {
        let Some(delay) = goes_on_after(&again) else {
            return Outcome::Failed(again.to_string());
        };
        match self.site.store.anew(body, delay).await {
            Ok(()) => Outcome::Done,
            Err(error) => Outcome::Failed(error.to_string()),
        }
    }

    /// How many files somebody has to mend.
    async fn take_file(&self, file: &Changed, last_try: bool) -> Result<u64, Again> {
        let importer = importer(self.site);
        match Place::of(&file.key) {
            Place::Nothing => Ok(0),
            Place::Content => match importer.publish_content().await? {
                Published::Before => Ok(0),
                Published::Now { rejected } => Ok(rejected),
            },
            Place::Data(upload) => {
                let upload = DataUpload { key: &file.key, upload: &upload, at: file.at, last_try };
                let (key, deadline) = (self.site.contact_key().await?, self.deadline);
                counted(importer.import_data(upload, &key, move || deadline.left()).await)
            }
            Place::Replay(shop) => {
                let catalog = active_catalog(&self.site.store).await?;
                let names = catalog.as_ref().map(secret_names).unwrap_or_default();
                let secrets = self.site.webhook_secrets(&names).await?;
                let key = self.site.contact_key().await?;
                let secret = |name: &str| secrets.get(name).cloned();
                counted(importer.replay(&file.key, &shop, &key, secret).await)
            }
            Place::Nowhere(problem) => counted(importer.misplaced(&file.key, problem).await),
        }
    }
}

/// When a file goes on; `None` after a failure. A file may be longer than five invocations, and whoever waits for it too.
const fn goes_on_after(again: &Again) -> Option<Duration> {
    match again {
        Again::Unfinished(_) => Some(Duration::ZERO),
        Again::Busy => Some(WHILE_BUSY),
        Again::Port(_) | Again::UseCase(_) | Again::NoShop | Again::BrokenOff | Again::Panicked => None,
    }
}

/// What the function works with.
fn importer(site: &Site) -> Importer<AwsStore, AwsStore> {
    Importer { world: site.store.clone(), bucket: site.store.clone(), clock: now, pace: Pace::default() }
}

fn counted(took: Result<Took, Again>) -> Result<u64, Again> {
    took.map(|took| u64::from(took == Took::Looked { rejected: true }))
}

#[cfg(test)]
mod tests {
    use nachklang_domain::ports::PortError;

    use super::*;

    #[test]
    fn what_takes_long_is_no_failure() {
        assert_eq!(goes_on_after(&Again::Unfinished(500)), Some(Duration::ZERO));
        assert_eq!(goes_on_after(&Again::Busy), Some(WHILE_BUSY));
        for failed in [Again::BrokenOff, Again::NoShop, PortError::transient("busy").into()] {
            assert_eq!(goes_on_after(&failed), None, "{failed}");
        }
    }
}
