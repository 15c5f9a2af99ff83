//! The functions, their logs and what calls them.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use nachklang_aws::config::Function;
use nachklang_domain::id::ShopId;
use serde::Deserialize;
use serde_json::{Value, json};
use ureq::http::Request;

use super::http::{exchange, for_service};
use super::{NAME, Stack};

/// Lines of each function's log that a failed wait tells.
const LAST_LINES: usize = 12;
/// The lines of an invocation are in the log once it has ended.
const LOGGED_WITHIN: Duration = Duration::from_millis(300);

/// What the function `segmentation` says of a shop's run.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ShopRun {
    /// The shop.
    pub shop: ShopId,
    /// How it ended.
    pub outcome: String,
    /// Mails that were handed on.
    pub planned: u64,
}

/// A schedule, as far as it is told who is called with what.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Schedule {
    group_name: String,
    target: Value,
}

impl Stack {
    /// Calls a schedule's target with the schedule's own input, and waits for the answer.
    ///
    /// # Errors
    /// When the function fails.
    pub async fn call_schedule(&self, logical: &str) -> anyhow::Result<Vec<ShopRun>> {
        let target = self.schedule(logical).await?.target;
        let field = |name: &str| {
            target.get(name).and_then(Value::as_str).with_context(|| format!("{logical} has no {name}"))
        };
        let function = field("Arn")?.rsplit(':').next().unwrap_or_default().to_owned();
        let answer = self.invoke(&function, field("Input")?).await?;
        serde_json::from_value(answer.clone()).with_context(|| format!("no runs: {answer}"))
    }

    /// Lets the emulator's scheduler call what a schedule of the template calls, once and at once.
    ///
    /// # Errors
    /// When the emulator refuses the schedule.
    pub async fn fire_schedule(&self, logical: &str) -> anyhow::Result<()> {
        let schedule = self.schedule(logical).await?;
        let once = json!({
            "GroupName": schedule.group_name,
            "ScheduleExpression": "at(2020-01-01T00:00:00)",
            "FlexibleTimeWindow": { "Mode": "OFF" },
            "ActionAfterCompletion": "DELETE",
            "Target": schedule.target,
        });
        let place = format!("{}/schedules/{logical}-once", self.emulator.endpoint());
        let request = for_service("scheduler").method("POST").uri(place).body(serde_json::to_vec(&once)?)?;
        exchange(request).await?.json().map(drop)
    }

    async fn schedule(&self, logical: &str) -> anyhow::Result<Schedule> {
        let name = self.resource(logical)?;
        // The physical id of a schedule in a group is `group/name` or its name alone.
        let name = name.rsplit(['/', '|']).next().unwrap_or(name);
        let endpoint = self.emulator.endpoint();
        let place = format!("{endpoint}/schedules/{name}?groupName={NAME}");
        let request = for_service("scheduler").method("GET").uri(place).body(Vec::new())?;
        Ok(serde_json::from_value(exchange(request).await?.json()?)?)
    }

    /// Calls a function by its physical name and waits for the answer.
    ///
    /// # Errors
    /// When it fails.
    pub(super) async fn invoke(&self, function: &str, input: &str) -> anyhow::Result<Value> {
        let place = format!("{}/2015-03-31/functions/{function}/invocations", self.emulator.endpoint());
        let request = for_service("lambda").method("POST").uri(place).body(input.as_bytes().to_vec())?;
        let answer = exchange(request).await?.json()?;
        // A function's error is an answer too.
        if answer.get("errorMessage").is_some() {
            bail!("{function}: {answer}\n{}", self.last_words().await);
        }
        Ok(answer)
    }

    /// Switches the mapping of a queue to its function on or off.
    ///
    /// # Errors
    /// When the emulator refuses it.
    pub async fn set_mapping(&self, logical: &str, on: bool) -> anyhow::Result<()> {
        let endpoint = self.emulator.endpoint();
        let place = format!("{endpoint}/2015-03-31/event-source-mappings/{}", self.resource(logical)?);
        let body = serde_json::to_vec(&json!({ "Enabled": on }))?;
        exchange(for_service("lambda").method("PUT").uri(place).body(body)?).await?.json().map(drop)
    }

    /// Every line that a function wrote.
    ///
    /// # Errors
    /// When the logs cannot be read.
    pub async fn log(&self, function: Function) -> anyhow::Result<Vec<String>> {
        let (mut lines, mut token) = (Vec::new(), Value::Null);
        loop {
            let page = self.log_page(function, &token).await?;
            let events = page.get("events").and_then(Value::as_array).into_iter().flatten();
            let texts = events.filter_map(|event| event.get("message").and_then(Value::as_str));
            lines.extend(texts.map(str::to_owned));
            token = page.get("nextToken").cloned().unwrap_or_default();
            if token.is_null() {
                return Ok(lines);
            }
        }
    }

    async fn log_page(&self, function: Function, token: &Value) -> anyhow::Result<Value> {
        let mut asked = json!({ "logGroupName": format!("/aws/lambda/{NAME}-{}", function.name()) });
        if let (Some(asked), false) = (asked.as_object_mut(), token.is_null()) {
            asked.insert("nextToken".to_owned(), token.clone());
        }
        let request = for_service("logs").header("x-amz-target", "Logs_20140328.FilterLogEvents");
        let request = request.header("content-type", "application/x-amz-json-1.1").method("POST");
        exchange(request.uri(self.emulator.endpoint()).body(serde_json::to_vec(&asked)?)?).await?.json()
    }

    /// The names of the metrics that a function wrote.
    ///
    /// # Errors
    /// When its log cannot be read.
    pub async fn metrics(&self, function: Function) -> anyhow::Result<BTreeSet<String>> {
        let lines = self.log(function).await?;
        let metrics = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let names = metrics.flat_map(|line| {
            let told = line.pointer("/_aws/CloudWatchMetrics/0/Metrics").and_then(Value::as_array).cloned();
            told.unwrap_or_default()
        });
        Ok(names.filter_map(|metric| metric.get("Name").and_then(Value::as_str).map(str::to_owned)).collect())
    }

    /// Expects that no log of any function holds one of these texts.
    ///
    /// # Errors
    /// Names the function whose log does.
    pub async fn logs_hold_none_of(&self, secrets: &[&str]) -> anyhow::Result<()> {
        tokio::time::sleep(LOGGED_WITHIN).await;
        for function in Function::ALL {
            let lines = self.log(function).await?;
            for secret in secrets {
                let found = lines.iter().find(|line| line.to_lowercase().contains(&secret.to_lowercase()));
                ensure!(found.is_none(), "the log of {} holds {secret}: {found:?}", function.name());
            }
        }
        Ok(())
    }

    /// Waits until a line of a function's log holds all of these texts.
    ///
    /// # Errors
    /// When none does in time.
    pub async fn said(&self, function: Function, texts: &[&str]) -> anyhow::Result<()> {
        let what = format!("{} to say {texts:?}", function.name());
        self.wait_for(&what, async || {
            let lines = self.log(function).await?;
            let says_all = |line: &String| texts.iter().all(|text| line.contains(text));
            Ok(lines.iter().any(says_all).then_some(()))
        })
        .await
    }

    /// The end of each log, for the message of a failure.
    pub async fn last_words(&self) -> String {
        let mut told = String::new();
        for function in Function::ALL {
            let lines = self.log(function).await.unwrap_or_default();
            let from = lines.len().saturating_sub(LAST_LINES);
            told.push_str(&format!("-- {}\n", function.name()));
            lines.iter().skip(from).for_each(|line| told.push_str(&format!("{}\n", line.trim_end())));
        }
        told
    }

    /// A request to the stack's HTTP API.
    ///
    /// # Errors
    /// When nobody answers.
    pub async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, String)],
        body: &[u8],
    ) -> anyhow::Result<super::Answer> {
        let api = self.resource("HttpApi")?;
        let request = Request::builder().method(method).uri(format!("{}{path}", self.emulator.endpoint()));
        let request = request.header("host", self.emulator.api_host(api));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        exchange(request.body(body.to_vec())?).await
    }
}
