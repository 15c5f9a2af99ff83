//! Counts and levels, written as a line of the log that `CloudWatch` makes metrics of.
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

/// Where the metrics stand in `CloudWatch`.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(metrics: &Metrics) -> Vec<Value> {
        let text = metrics.take("2026-11-05T12:00:00Z".parse().unwrap());
        assert!(text.is_empty() || text.ends_with('\n'));
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// What `CloudWatch` reads of a line: each metric with its dimensions and value, as the specification says it must be.
    fn read(line: &Value) -> Vec<(String, Vec<String>, u64)> {
        assert_eq!(line["_aws"]["Timestamp"], json!(1_793_880_000_000_i64));
        let [directive] = line["_aws"]["CloudWatchMetrics"].as_array().unwrap().as_slice() else {
            panic!("{line}")
        };
        assert_eq!(directive["Namespace"], json!("Nachklang"));
        let [names] = directive["Dimensions"].as_array().unwrap().as_slice() else { panic!("{line}") };
        let dimensions = names.as_array().unwrap().iter().map(|name| {
            let name = name.as_str().unwrap();
            format!("{name}={}", line[name].as_str().unwrap())
        });
        let dimensions: Vec<String> = dimensions.collect();
        let metrics = directive["Metrics"].as_array().unwrap();
        assert!((1..=100).contains(&metrics.len()));
        let told = metrics.iter().map(|metric| {
            let name = metric["Name"].as_str().unwrap();
            assert!(["Count", "None"].contains(&metric["Unit"].as_str().unwrap()));
            (name.to_owned(), dimensions.clone(), line[name].as_u64().unwrap())
        });
        told.collect()
    }

    fn told(metrics: &Metrics) -> Vec<(String, Vec<String>, u64)> {
        lines(metrics).iter().flat_map(read).collect()
    }

    #[test]
    fn nothing_counted_is_nothing_written() {
        assert!(lines(&Metrics::new("prod")).is_empty());
    }

    #[test]
    fn counts_add_up_and_a_level_is_what_was_noted_last() {
        let metrics = Metrics::new("prod");
        metrics.count("MailSent", 2);
        metrics.count("MailSent", 3);
        metrics.count("MailUnknown", 0);
        metrics.level("RunLagDays", 7);
        metrics.level("RunLagDays", 1);
        let stage = || vec!["Stage=prod".to_owned()];
        let expected = [("MailSent", 5), ("MailUnknown", 0), ("RunLagDays", 1)];
        assert_eq!(told(&metrics), expected.map(|(name, value)| (name.to_owned(), stage(), value)));
    }

    #[test]
    fn each_dimension_has_a_line_of_its_own() {
        let metrics = Metrics::new("prod");
        metrics.count("MailFailed", 1);
        metrics.count_with("MailFailed", 2, "Reason", "bounced");
        metrics.count_with("MailFailed", 3, "Reason", "suppressed \"x\"");
        metrics.level_with("CouponFree", 40, "Pool", "spring");
        let told: Vec<String> = told(&metrics)
            .iter()
            .map(|(name, of, value)| format!("{name} {} {value}", of.join(",")))
            .collect();
        let expected = [
            "MailFailed Stage=prod 1",
            "CouponFree Stage=prod,Pool=spring 40",
            "MailFailed Stage=prod,Reason=bounced 2",
            "MailFailed Stage=prod,Reason=suppressed \"x\" 3",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn what_was_written_is_not_written_again() {
        let metrics = Metrics::new("prod");
        metrics.count("MailSent", 1);
        metrics.level("CouponFree", 5);
        assert_eq!(lines(&metrics).len(), 1);
        assert!(lines(&metrics).is_empty());
        metrics.count("MailSent", 1);
        assert_eq!(told(&metrics), [("MailSent".to_owned(), vec!["Stage=prod".to_owned()], 1)]);
    }

    #[test]
    fn a_line_defines_no_more_metrics_than_it_may() {
        let metrics = Metrics::new("prod");
        for number in 0..250 {
            let name: &'static str = format!("Metric{number}").leak();
            metrics.count(name, number);
        }
        assert_eq!(lines(&metrics).iter().map(|line| read(line).len()).collect::<Vec<_>>(), [100, 100, 50]);
    }
}
