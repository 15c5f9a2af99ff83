//! The deployment.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::Stdio;

use anyhow::{Context as _, ensure};
use serde::Deserialize;
use serde_json::json;

use super::{DOMAIN, NAME, binaries, template};
use crate::emulator::Emulator;

const CODE: &str = "nachklang-code";

/// What the deployed stack tells of itself.
#[derive(Debug, Deserialize)]
pub(super) struct Deployed {
    pub outputs: BTreeMap<String, String>,
    pub resources: BTreeMap<String, String>,
}

/// The endpoints that the functions are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doors {
    /// Of every service of AWS but SES.
    pub aws: String,
    /// Of SES.
    pub ses: String,
}

/// Builds the programs and deploys them with the template.
///
/// # Errors
/// When they do not compile, or the stack cannot be created: with the reasons.
pub(super) async fn deploy(emulator: &'static Emulator, doors: Doors) -> anyhow::Result<Deployed> {
    tokio::task::spawn_blocking(move || create(emulator, &doors)).await?
}

fn create(emulator: &Emulator, doors: &Doors) -> anyhow::Result<Deployed> {
    let programs = binaries::build()?;
    let order = json!({
        "endpoint": emulator.endpoint(),
        "stack": NAME,
        "bucket": CODE,
        "template": template::packaged(CODE)?,
        "programs": programs,
        "parameters": {
            "Stage": "test",
            "Architecture": if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" },
            "SendingDomain": DOMAIN,
            // The scenarios say when a day is run.
            "DailyRun": "DISABLED",
            "EndpointUrl": doors.aws,
            "SesEndpointUrl": doors.ses,
            // What comes again comes after seconds instead of many minutes.
            "RetrySeconds": "1",
        },
    });
    let mut script = emulator.python().script("deploy.py");
    script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = script.spawn().context("the deployment cannot be started")?;
    running.stdin.take().context("no standard input")?.write_all(&serde_json::to_vec(&order)?)?;
    let output = running.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "infra/template.yaml cannot be deployed to the emulator: {said}");
    serde_json::from_slice(&output.stdout).context("the deployment tells no outputs")
}
