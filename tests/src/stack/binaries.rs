//! The functions' programs, built as this test program was built.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use nachklang_aws::config::Function;

/// Builds the programs of all functions and says where they lie. Blocks; takes a second when nothing has changed.
///
/// Cargo builds no program for the tests of another package, so this asks it to. All packages with their tests are
/// named, since the features of shared dependencies depend on what is named: so nothing is compiled twice.
///
/// # Errors
/// If they do not compile.
pub(super) fn build() -> anyhow::Result<BTreeMap<&'static str, PathBuf>> {
    let folder = output_folder()?;
    let profile = folder.file_name().and_then(|name| name.to_str()).context("a profile has a name")?;
    let target = folder.parent().context("a profile's folder lies in the target folder")?;
    let output = Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["build", "--locked", "-p", "shop-webhook", "-p", "segmentation", "-p", "coupon-assignment", "-p", "mail-delivery", "-p", "mail-events", "-p", "file-import", "-p", "recipient-portal", "--bins"])
        .args(["--profile", if profile == "debug" { "dev" } else { profile }])
        .arg("--target-dir")
        .arg(target)
        .stdin(Stdio::null())
        .output()
        .context("cannot run cargo")?;
    ensure!(
        output.status.success(),
        "the functions cannot be built:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let program = |function: Function| (function.name(), folder.join(function.name()));
    Ok(Function::ALL.into_iter().map(program).collect())
}

/// `<target>/<profile>`: a test program lies in the folder `deps` below it.
fn output_folder() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let folder = own.parent().and_then(Path::parent);
    folder.map(Path::to_path_buf).context("a test program lies in target/<profile>/deps")
}
