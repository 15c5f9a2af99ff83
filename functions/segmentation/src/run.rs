//! The daily run of a zone's shops, each by itself.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use lambda_runtime::Error;
use nachklang_aws::lambda::metrics::Metrics;
use nachklang_aws::lambda::{Deadline, chain};
use nachklang_domain::id::ShopId;
use nachklang_domain::ports::{Contacts, CouponStock, DueList, Ledger, Orders, Parts, Queues};
use nachklang_domain::shop::Shop;
use nachklang_domain::use_case::plan_due::{RunOutcome, plan_due};
use nachklang_domain::use_case::preview_due::{RunPreview, preview_due};
use nachklang_domain::use_case::{Desk, UseCaseError};
use serde::Serialize;

use crate::gauges;
use crate::parts::note_skips;

/// A run with more due entries is split: one invocation looks through so many in a few seconds.
const SPLIT_OVER: u64 = 5_000;
/// No shop's run is begun with less time left: one that is not split takes some seconds.
const SHOP: Duration = Duration::from_secs(60);

/// What a shop's run came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShopRun {
    /// The shop.
    pub shop: ShopId,
    /// How it ended, in a word.
    pub outcome: &'static str,
    /// Mails that were handed on.
    pub planned: u64,
}

/// Runs every shop of a zone. One shop's trouble keeps no other from its mails. Those for which the time does not last
/// fail, and are run when the call is repeated.
pub(crate) async fn run_zone<W>(
    desk: Desk<'_, W>,
    zone: &str,
    deadline: &Deadline,
    metrics: &Metrics,
    now: Timestamp,
) -> Result<Vec<ShopRun>, Error>
where
    W: Orders + Contacts + CouponStock + DueList + Ledger + Queues + Parts,
{
    let (begun, deadline, mut tally) = (Instant::now(), deadline.reserving(SHOP), Tally::default());
    for shop in shops_of(desk, zone) {
        if deadline.is_near() {
            tally.left.push(format!("the run of the shop {}, for which no time is left", shop.id));
            continue;
        }
        let outcome = plan_due(desk, &shop.id, Some(SPLIT_OVER), now).await;
        match note(&shop.id, outcome, metrics) {
            Some(run) => tally.runs.push(run),
            None => tally.failed.push(format!("the run of the shop {}", shop.id)),
        }
    }
    if !deadline.is_near() {
        tally.failed.extend(gauges::note(desk, metrics, now).await);
    }
    tally.log(zone, begun);
    ended(tally.runs, &[tally.failed, tally.left].concat())
}

/// What became of a zone's shops.
#[derive(Default)]
struct Tally {
    runs: Vec<ShopRun>,
    failed: Vec<String>,
    /// Those that were not begun.
    left: Vec<String>,
}

impl Tally {
    fn log(&self, zone: &str, begun: Instant) {
        let (ran, failed, left) = (self.runs.len(), self.failed.len(), self.left.len());
        let planned: u64 = self.runs.iter().map(|run| run.planned).sum();
        let ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(zone, ran, failed, left, planned, ms, "zone done");
    }
}

/// Says what every shop of a zone would do. Nothing is written.
pub(crate) async fn preview<W>(
    desk: Desk<'_, W>,
    zone: &str,
    now: Timestamp,
) -> Result<Vec<RunPreview>, Error>
where
    W: Orders + Contacts + DueList + Ledger,
{
    let (mut previews, mut failed) = (Vec::new(), Vec::new());
    for shop in shops_of(desk, zone) {
        match preview_due(desk, &shop.id, now).await {
            Ok(preview) => previews.push(preview),
            Err(error) => {
                tracing::error!(
                    shop = shop.id.as_str(),
                    error = chain(&error),
                    "the preview of a shop failed"
                );
                failed.push(format!("the preview of the shop {}", shop.id));
            }
        }
    }
    ended(previews, &failed)
}

fn shops_of<'a, W>(desk: Desk<'a, W>, zone: &str) -> Vec<&'a Shop> {
    let shops: Vec<&Shop> =
        desk.catalog.shops.values().filter(|shop| shop.zone().iana_name() == Some(zone)).collect();
    if shops.is_empty() {
        tracing::warn!(zone, "no shop has this time zone: the schedule runs nothing");
    }
    shops
}

/// An invocation in which something failed fails as a whole, once all has been tried, so that it is seen and repeated.
fn ended<T>(done: Vec<T>, failed: &[String]) -> Result<Vec<T>, Error> {
    if failed.is_empty() { Ok(done) } else { Err(format!("failed: {}", failed.join(", ")).into()) }
}

/// Logs and counts what a run did; `None` when it failed.
fn note(shop: &ShopId, outcome: Result<RunOutcome, UseCaseError>, metrics: &Metrics) -> Option<ShopRun> {
    let name = shop.as_str();
    let (word, planned) = match outcome {
        Ok(RunOutcome::Completed(report)) => {
            metrics.count("RunCompleted", 1);
            note_skips(&report.skipped, metrics);
            tracing::info!(shop = name, day = %report.day, caught_up = report.caught_up, "run completed");
            ("completed", report.planned)
        }
        Ok(RunOutcome::Split { parts }) => {
            tracing::info!(shop = name, parts, "a long run was split");
            ("split", 0)
        }
        Ok(RunOutcome::AlreadyDone) => ("already_done", 0),
        Ok(RunOutcome::Busy) => ("busy", 0),
        Ok(RunOutcome::Stopped(why)) => {
            metrics.count("SendingStopped", 1);
            (why.as_str(), 0)
        }
        Err(error) => {
            tracing::error!(shop = name, error = chain(&error), "the run of a shop failed");
            return None;
        }
    };
    tracing::info!(shop = name, outcome = word, planned, "run ended");
    Some(ShopRun { shop: shop.clone(), outcome: word, planned })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use nachklang_aws::lambda::heard;
    use nachklang_domain::ports::{Halt, PortError, Standstill};
    use nachklang_domain::secret::SecretBytes;
    use nachklang_domain::use_case::plan_due::RunReport;
    use nachklang_local::store::SqliteStore;

    use super::*;

    #[test]
    fn every_outcome_but_an_error_is_a_run() {
        let (shop, metrics) = (ShopId::parse("de").unwrap(), Metrics::new("test"));
        let report = RunReport {
            shop: shop.clone(),
            day: jiff::civil::date(2026, 11, 5),
            caught_up: 2,
            planned: 7,
            skipped: BTreeMap::new(),
        };
        for (outcome, word, planned) in [
            (RunOutcome::Completed(report), "completed", 7),
            (RunOutcome::Split { parts: 8 }, "split", 0),
            (RunOutcome::AlreadyDone, "already_done", 0),
            (RunOutcome::Busy, "busy", 0),
            (RunOutcome::Stopped(Standstill::SwitchedOff), "switched_off", 0),
            (RunOutcome::Stopped(Standstill::Halted(Halt::Quota)), "quota_used_up", 0),
            (RunOutcome::Stopped(Standstill::Halted(Halt::Account)), "account_paused", 0),
        ] {
            let run = note(&shop, Ok(outcome), &metrics).unwrap();
            assert_eq!((run.outcome, run.planned), (word, planned));
        }
        let error = PortError::transient("the store does not answer");
        assert_eq!(note(&shop, Err(error.into()), &metrics), None);
    }

    /// A call of the schedule that has so many seconds; what it answers, and whether the shop's day was run.
    async fn called_with(seconds: i64) -> (Result<usize, String>, bool) {
        let store = SqliteStore::in_memory().unwrap();
        let (catalog, contact_key) = (crate::tests::catalog(), SecretBytes::from("a key".to_owned()));
        let desk = Desk { world: &store, catalog: &catalog, contact_key: &contact_key };
        let mut context = lambda_runtime::Context::default();
        context.deadline = u64::try_from(Timestamp::now().as_millisecond() + seconds * 1_000).unwrap();
        let (deadline, metrics) = (Deadline::of(&context), Metrics::new("test"));
        let evening: Timestamp = "2026-11-05T20:00:00Z".parse().unwrap();
        let runs = run_zone(desk, "Europe/Berlin", &deadline, &metrics, evening).await;
        let ran = store.last_completed(&ShopId::parse("de").unwrap()).await.unwrap().is_some();
        (runs.map(|runs| runs.len()).map_err(|error| error.to_string()), ran)
    }

    #[tokio::test]
    async fn a_shop_for_which_no_time_is_left_is_not_begun_and_fails_the_call() {
        assert_eq!(called_with(600).await, (Ok(1), true));
        for seconds in [30, 0, -5] {
            let (answer, ran) = called_with(seconds).await;
            assert!(
                answer.unwrap_err().contains("the shop de, for which no time is left") && !ran,
                "{seconds} s"
            );
        }
    }

    /// The counts of each line that sums a call up.
    fn summaries() -> Vec<[u64; 4]> {
        let lines = heard::lines("zone done").into_iter().filter(|line| line["zone"] == "Europe/Berlin");
        let fields = ["ran", "failed", "left", "planned"];
        lines.map(|line| fields.map(|field| line[field].as_u64().unwrap())).collect()
    }

    #[tokio::test]
    async fn a_call_is_summed_up_in_one_line_whether_or_not_its_time_lasts() {
        heard::listen();
        for (seconds, counts) in [(600, [1, 0, 0, 0]), (0, [0, 0, 1, 0])] {
            called_with(seconds).await.0.ok();
            assert_eq!(summaries(), [counts], "{seconds} s");
        }
    }

    #[test]
    fn one_failed_shop_fails_the_call_by_name_and_none_does_not() {
        assert_eq!(ended(vec![1, 2], &[]).unwrap(), [1, 2]);
        let error = ended(vec![1], &["the run of the shop de".to_owned()]).unwrap_err();
        assert_eq!(error.to_string(), "failed: the run of the shop de");
    }
}
