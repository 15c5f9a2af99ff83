//! What the operator does by hand, with the very words of the documentation.

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use super::Stack;
use super::http::{exchange, for_service};

const README: &str = include_str!("../../../README.md");
const CONFIG: &str = include_str!("../../../docs/CONFIG.md");

impl Stack {
    /// Throws the switch that stops sending, or takes it back, by the two commands of `docs/CONFIG.md`.
    ///
    /// # Errors
    /// When they are not there, or the table refuses them.
    pub async fn switch(&self, stopped: bool) -> anyhow::Result<()> {
        let (command, operation, option, field) = if stopped {
            ("aws dynamodb put-item", "PutItem", "--item", "Item")
        } else {
            ("aws dynamodb delete-item", "DeleteItem", "--key", "Key")
        };
        let item = argument(CONFIG, command, option)?;
        let body = json!({ "TableName": self.output("SettingsTableName")?, field: item });
        let request = for_service("dynamodb")
            .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
            .header("content-type", "application/x-amz-json-1.0")
            .method("POST")
            .uri(self.emulator.endpoint())
            .body(serde_json::to_vec(&body)?)?;
        exchange(request).await?.json().map(drop)
    }

    /// The dry run of the README: what each shop of its time zone would do.
    ///
    /// # Errors
    /// When the command is not there, or the function fails.
    pub async fn dry_run(&self) -> anyhow::Result<Vec<Value>> {
        let payload =
            argument(README, "aws lambda invoke --function-name <SegmentationFunctionName>", "--payload")?;
        let answer = self.invoke(self.output("SegmentationFunctionName")?, &payload.to_string()).await?;
        serde_json::from_value(answer).context("the function answers a list")
    }
}

/// The JSON that follows an option of a command, in single quotes. A command may go on after a backslash.
fn argument(page: &str, command: &str, option: &str) -> anyhow::Result<Value> {
    let (_, rest) = page.split_once(command).with_context(|| format!("no {command} in the documentation"))?;
    let lines = rest.split_inclusive('\n');
    let mut goes_on = true;
    let words: String =
        lines.take_while(|line| std::mem::replace(&mut goes_on, line.ends_with("\\\n"))).collect();
    let (_, value) = words.split_once(option).with_context(|| format!("{command} has no {option}"))?;
    let mut quoted = value.split('\'');
    ensure!(
        quoted.next().is_some_and(|blank| blank.trim().is_empty()),
        "{option} of {command} is not quoted"
    );
    let text = quoted.next().with_context(|| format!("{option} of {command} has no value"))?;
    serde_json::from_str(text).with_context(|| format!("{option} of {command} is no JSON: {text}"))
}
