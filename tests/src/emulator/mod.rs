//! AWS on this machine: `ministack`, pinned and started as a child process of the test program.
//!
//! No Docker and no account. The first start makes a virtual environment under `target/emulator` (needs Python 3.10 and a
//! package index); later starts take about a second. The emulator ends with the program that started it, however that
//! program ends: see `tests/emulator/run.py`.
//!
//! `NACHKLANG_SKIP_AWS=1` skips what needs it:
//!
//! ```no_run
//! # async fn test() -> anyhow::Result<()> {
//! let Some(emulator) = nachklang_tests::emulator::shared().await? else { return Ok(()) };
//! # Ok(()) }
//! ```

mod environment;
mod folder;
mod interpreter;
mod process;

use std::ffi::OsStr;
use std::io::Write;

use tokio::sync::OnceCell;

pub use environment::PythonEnvironment;
pub use process::Emulator;

/// The switch that skips every test which needs the emulator or its Python environment.
pub const SKIP: &str = "NACHKLANG_SKIP_AWS";

/// The region every emulated resource lies in.
pub const REGION: &str = "eu-central-1";
/// The emulator accepts any key; a key of twelve digits would select another account.
pub const ACCESS_KEY_ID: &str = "test";
/// Not checked by the emulator.
pub const SECRET_ACCESS_KEY: &str = "test";
/// The account of the resources, as it stands in their ARNs.
pub const ACCOUNT: &str = "000000000000";

/// The emulator that all tests of one program share, started by the first of them; none if the tests of AWS are skipped.
///
/// # Errors
/// If there is no Python 3.10, if its packages cannot be installed, or if the emulator does not get ready.
pub async fn shared() -> anyhow::Result<Option<&'static Emulator>> {
    static SHARED: OnceCell<Emulator> = OnceCell::const_new();
    if skipped()? {
        return Ok(None);
    }
    SHARED.get_or_try_init(Emulator::start).await.map(Some)
}

/// The Python environment of the emulator, for the checks that speak through AWS's own Python client.
///
/// # Errors
/// If there is no Python 3.10 or its packages cannot be installed.
pub async fn python() -> anyhow::Result<Option<PythonEnvironment>> {
    if skipped()? {
        return Ok(None);
    }
    Ok(Some(tokio::task::spawn_blocking(PythonEnvironment::ready).await??))
}

fn skipped() -> anyhow::Result<bool> {
    let skip = std::env::var_os(SKIP).is_some_and(|value| asks_to_skip(&value));
    if skip {
        // Not eprintln: the test harness would keep that for itself.
        writeln!(std::io::stderr(), "skipped: {SKIP}=1, nothing of AWS was tested here")?;
    }
    Ok(skip)
}

fn asks_to_skip(value: &OsStr) -> bool {
    !value.is_empty() && value != "0"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_switch_skips_only_when_it_is_on() {
        assert!(asks_to_skip(OsStr::new("1")));
        assert!(!asks_to_skip(OsStr::new("0")));
        assert!(!asks_to_skip(OsStr::new("")));
    }
}
