//! What marketers and operators put in: content, feeds, codes, secrets.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Stack, shopper};

const TEMPLATES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../templates");
/// What is uploaded before the scenarios begin, in this order: data needs the shops.
const CONTENT: [&str; 3] = ["shops", "flows", "mails"];
const DATA: [&str; 2] = ["feeds", "coupons"];
/// No report is larger.
const LARGEST_REPORT: u64 = 4 << 20;

impl Stack {
    /// Fills the secret of the webhooks as an operator does.
    pub(super) async fn store_webhook_secrets(&self) -> anyhow::Result<()> {
        let secrets = shopper::secrets().to_string();
        let put = self.clients.secrets.put_secret_value().secret_id(self.output("WebhookSecretsName")?);
        put.secret_string(secrets).send().await?;
        Ok(())
    }

    /// Uploads what is wanted of `templates/` but the sample orders, as the README says, and waits for all reports.
    pub(super) async fn upload_content(&self, wanted: impl Fn(&str) -> bool) -> anyhow::Result<()> {
        for folders in [CONTENT.as_slice(), &DATA] {
            let mut uploaded = Vec::new();
            for folder in folders {
                uploaded.extend(self.upload_folder(folder, &wanted).await?);
            }
            for (path, at) in uploaded {
                let report = self.report(&path, at).await?;
                ensure!(is_good(&report), "{path} is not taken: {report:#}");
            }
        }
        Ok(())
    }

    async fn upload_folder(
        &self,
        folder: &str,
        wanted: impl Fn(&str) -> bool,
    ) -> anyhow::Result<Vec<(String, Timestamp)>> {
        let mut uploaded = Vec::new();
        for file in files(&Path::new(TEMPLATES).join(folder))? {
            let path = file.strip_prefix(TEMPLATES)?.to_str().context("a path is text")?.to_owned();
            if !wanted(&path) {
                continue;
            }
            let at = self.upload(&path, std::fs::read(&file)?).await?;
            uploaded.push((path, at));
        }
        Ok(uploaded)
    }

    /// Puts a file into the bucket, and says when.
    ///
    /// # Errors
    /// When the bucket does not take it.
    pub async fn upload(&self, path: &str, bytes: Vec<u8>) -> anyhow::Result<Timestamp> {
        let before = Timestamp::now();
        self.store.put_object(path, bytes, "application/octet-stream").await?;
        Ok(before)
    }

    /// A file of `templates/`.
    ///
    /// # Errors
    /// When there is none.
    pub fn template(&self, path: &str) -> anyhow::Result<String> {
        std::fs::read_to_string(Path::new(TEMPLATES).join(path)).with_context(|| format!("templates/{path}"))
    }

    /// Waits for the report about a file that was uploaded at this moment.
    ///
    /// # Errors
    /// When there is none in time.
    pub async fn report(&self, path: &str, uploaded: Timestamp) -> anyhow::Result<Value> {
        let key = format!("reports/{path}.report.json");
        self.wait_for(&key, async || {
            let Some(bytes) = self.store.get_object(&key, LARGEST_REPORT).await? else { return Ok(None) };
            let report: Value = serde_json::from_slice(&bytes)?;
            let at: Timestamp =
                report.get("at").and_then(Value::as_str).context("a report has a time")?.parse()?;
            Ok((at >= uploaded && report.get("state") != Some(&json!("unfinished"))).then_some(report))
        })
        .await
    }

    /// The paths below a folder of the bucket.
    ///
    /// # Errors
    /// When the bucket does not answer.
    pub async fn listed(&self, folder: &str) -> anyhow::Result<Vec<String>> {
        let listed = self.store.list_objects(folder, 1_000).await?;
        Ok(listed.into_iter().map(|object| object.key).collect())
    }
}

fn is_good(report: &Value) -> bool {
    report.get("state").is_some_and(|state| ["published", "taken"].iter().any(|good| state == good))
}

/// All files below a folder, in order.
fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() { found.extend(files(&path)?) } else { found.push(path) }
    }
    found.sort();
    Ok(found)
}
