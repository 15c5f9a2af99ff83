//! Where the emulator's environment and logs lie.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::Context as _;

/// Logs older than this are removed when the next emulator starts.
const LOGS_KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// `<target>/emulator`, made if it is missing.
pub(super) fn root() -> anyhow::Result<PathBuf> {
    let folder = target().join("emulator");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

/// The scripts and the requirements, beside this package's manifest.
pub(super) fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("emulator")
}

/// The log of one emulator of this program.
pub(super) fn log(port: u16) -> anyhow::Result<PathBuf> {
    let folder = root()?;
    remove_old_logs(&folder)?;
    let program = std::env::current_exe()?;
    let name = program.file_stem().map_or_else(|| "test".into(), |stem| stem.to_string_lossy());
    Ok(folder.join(format!("{name}-{port}.log")))
}

fn remove_old_logs(folder: &Path) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "log") && is_old(&path) {
            // Another test program may have removed it in this moment.
            std::fs::remove_file(&path).or_else(ignore_missing)?;
        }
    }
    Ok(())
}

fn is_old(path: &Path) -> bool {
    let changed = path.metadata().and_then(|metadata| metadata.modified());
    changed.is_ok_and(|changed| SystemTime::now().duration_since(changed).is_ok_and(|age| age > LOGS_KEPT))
}

/// Removing what is gone already is no failure.
pub(super) fn ignore_missing(error: std::io::Error) -> std::io::Result<()> {
    if error.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

/// Cargo marks its target folder by `CACHEDIR.TAG`; so this also holds where a configuration file moved it.
fn target() -> PathBuf {
    let marked = std::env::current_exe().ok().and_then(|program| {
        program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file()).map(Path::to_path_buf)
    });
    marked
        .or_else(|| std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from))
        .unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join("target"))
}
