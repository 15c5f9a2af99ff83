//! The template as AWS gets to see it: translated by the library of SAM itself.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};
use serde_json::Value;

use super::Template;

/// `infra/template.yaml`, translated.
///
/// # Errors
/// If there is no Python with SAM's library, or SAM refuses the template.
pub fn translated() -> anyhow::Result<Template> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let output = translator(&root).stdin(Stdio::null()).output().context("cannot run SAM's translator")?;
    if !output.status.success() {
        bail!("infra/template.yaml cannot be translated: {}", String::from_utf8_lossy(&output.stderr));
    }
    let source: Value = serde_json::from_slice(&output.stdout).context("SAM's answer is no JSON")?;
    Template::new(source)
}

fn translator(root: &Path) -> Command {
    let mut command = Command::new("bash");
    command.arg(root.join("infra").join("check")).arg("--translate");
    command
}
