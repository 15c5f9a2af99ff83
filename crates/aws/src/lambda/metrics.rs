//! Counts and levels, written as a line of the log that CloudWatch makes metrics of.
//!
//! Names and dimensions come from the code and from ids of the shop's files, never from a person.
//!
//! Written here, as the crate `metrics_cloudwatch_embedded` 0.10 does two things that would mislead an alarm: it repeats
//! a gauge at every flush for as long as the process lives, so that a warm function goes on telling a number which
//! others have changed since, and it leaves out a count of zero. It also keeps one global state, which tests share.
//!
//! Lambda reads a line that names no level as `INFO`: an application log level above that drops the metrics.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// Where the metrics stand in CloudWatch.
const NAMESPACE: &str = "Nachklang";
/// The dimension that all of them have.
const STAGE: &str = "Stage";
/// Most metrics that one line may define.
const MAX_A_LINE: usize = 100;

/// A dimension beside the stage: its name and value.
type Dimension = Option<(&'static str, String)>;

/// What one invocation counted.
#[derive(Debug)]
pub struct Metrics {
    stage: String,
    noted: Mutex<BTreeMap<Dimension, BTreeMap<&'static str, Noted>>>,
}

#[derive(Debug, Clone, Copy)]
struct Noted {
    value: u64,
    unit: &'static str,
}

impl Metrics {
    /// Begins to count for a stage.
    #[must_use]
    pub fn new(stage: &str) -> Self {
        Self { stage: stage.to_owned(), noted: Mutex::default() }
    }

    /// Adds to a count. Zero is told as well.
    pub fn count(&self, name: &'static str, by: u64) {
        self.add(None, name, by);
    }

    /// Adds to a count that is kept apart by a dimension such as `Reason`.
    pub fn count_with(&self, name: &'static str, by: u64, dimension: &'static str, value: &str) {
        self.add(Some((dimension, value.to_owned())), name, by);
    }

    /// Notes how high something stands; the last note counts.
    pub fn level(&self, name: &'static str, value: u64) {
        self.set(None, name, value);
    }

    /// Notes how high something stands, kept apart by a dimension such as `Pool`.
    pub fn level_with(&self, name: &'static str, value: u64, dimension: &'static str, of: &str) {
        self.set(Some((dimension, of.to_owned())), name, value);
    }

    /// Writes what was counted, and begins anew. Nothing is written when there is nothing.
    pub fn flush(&self) {
        let lines = self.take(Timestamp::now());
        if lines.is_empty() {
            return;
        }
        // One write: a line of the log must not come between.
        let written = std::io::stdout().lock().write_all(lines.as_bytes());
        if let Err(error) = written {
            tracing::error!(%error, "the metrics cannot be written");
        }
    }

    fn add(&self, dimension: Dimension, name: &'static str, by: u64) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let metric = noted.entry(dimension).or_default().entry(name);
        let metric = metric.or_insert(Noted { value: 0, unit: "Count" });
        metric.value = metric.value.saturating_add(by);
    }

    fn set(&self, dimension: Dimension, name: &'static str, value: u64) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        noted.entry(dimension).or_default().insert(name, Noted { value, unit: "None" });
    }

    /// The lines, each with its line break.
    fn take(&self, now: Timestamp) -> String {
        let noted = std::mem::take(&mut *self.noted.lock().unwrap_or_else(PoisonError::into_inner));
        let mut lines = String::new();
        for (dimension, metrics) in noted {
            let metrics: Vec<(&str, Noted)> = metrics.into_iter().collect();
            for some in metrics.chunks(MAX_A_LINE) {
                lines.push_str(&self.line(dimension.as_ref(), some, now).to_string());
                lines.push('\n');
            }
        }
        lines
    }

    fn line(
        &self,
        dimension: Option<&(&'static str, String)>,
        metrics: &[(&str, Noted)],
        now: Timestamp,
    ) -> Value {
        let names: Vec<&str> = std::iter::once(STAGE).chain(dimension.map(|(name, _)| *name)).collect();
        let defined: Vec<Value> =
            metrics.iter().map(|(name, noted)| json!({ "Name": name, "Unit": noted.unit })).collect();
        let directive = json!({ "Namespace": NAMESPACE, "Dimensions": [names], "Metrics": defined });
        let mut line = Map::new();
        line.insert(
            "_aws".to_owned(),
            json!({ "Timestamp": now.as_millisecond(), "CloudWatchMetrics": [directive] }),
        );
        line.insert(STAGE.to_owned(), json!(self.stage));
        line.extend(dimension.map(|(name, value)| ((*name).to_owned(), json!(value))));
        line.extend(metrics.iter().map(|(name, noted)| ((*name).to_owned(), json!(noted.value))));
        Value::Object(line)
    }
}
