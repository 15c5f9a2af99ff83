//! The template as AWS gets to see it: translated by the library of SAM itself.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, bail};
use serde_json::Value;

use super::Template;
use crate::emulator;

/// `infra/template.yaml`, translated; none if the tests of AWS are skipped.
///
/// # Errors
/// If there is no Python with SAM's library, or SAM refuses the template.
pub async fn translated() -> anyhow::Result<Option<Template>> {
    let Some(python) = emulator::python().await? else { return Ok(None) };
    let infra = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join("infra");
    let mut translator = python.script(infra.join("translate.py"));
    let output = translator.stdin(Stdio::null()).output().context("cannot run SAM's translator")?;
    if !output.status.success() {
        bail!("infra/template.yaml cannot be translated: {}", String::from_utf8_lossy(&output.stderr));
    }
    let source: Value = serde_json::from_slice(&output.stdout).context("SAM's answer is no JSON")?;
    Template::new(source).map(Some)
}
