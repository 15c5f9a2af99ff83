//! The search for a Python that can run the emulator.

use std::process::{Command, Stdio};

use anyhow::bail;

use super::SKIP;

/// `ministack` needs Python 3.10.
const OLDEST: (u32, u32) = (3, 10);
const CANDIDATES: [&str; 7] =
    ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10", "python"];

/// The first interpreter of the search path that is new enough.
///
/// # Errors
/// If there is none; the message says how to go on without.
pub(super) fn find() -> anyhow::Result<&'static str> {
    if let Some(found) = CANDIDATES.into_iter().find(|name| version(name) >= Some(OLDEST)) {
        return Ok(found);
    }
    bail!(
        "the AWS tests need Python 3.10 or newer on the search path; install it, or set {SKIP}=1 to skip them"
    )
}

/// Where the program behind that name lies.
pub(super) fn path(python: &str) -> anyhow::Result<String> {
    let output = quiet(python, "import sys; print(sys.executable)").output()?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// Whether `python -m venv` can work: some distributions ship Python without it.
pub(super) fn makes_environments(python: &str) -> bool {
    quiet(python, "import venv, ensurepip").status().is_ok_and(|status| status.success())
}

// A launcher of that name may exist and still run nothing (version managers leave such), so it is asked, not looked up.
fn version(python: &str) -> Option<(u32, u32)> {
    let output = quiet(python, "import sys; print(*sys.version_info[:2])").output().ok()?;
    parse_version(&String::from_utf8(output.stdout).ok()?)
}

fn parse_version(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.trim().split_once(' ')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

fn quiet(python: &str, code: &str) -> Command {
    let mut command = Command::new(python);
    command.args(["-c", code]).stdin(Stdio::null()).stderr(Stdio::null()).stdout(Stdio::piped());
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_3_9_is_too_old_and_3_10_is_not() {
        assert!(parse_version("3 9\n") < Some(OLDEST));
        assert!(parse_version("3 10\n") >= Some(OLDEST));
        assert!(parse_version("4 0\n") >= Some(OLDEST));
    }

    #[test]
    fn a_launcher_that_runs_nothing_is_no_python() {
        assert!(version("no-such-python-anywhere") < Some(OLDEST));
        assert!(parse_version("pyenv: command not found") < Some(OLDEST));
        assert!(parse_version("") < Some(OLDEST));
    }

    /// Set for the copy of this program that searches where nothing lies.
    const ASTRAY: &str = "NACHKLANG_TESTS_WITHOUT_PYTHON";

    #[test]
    fn without_python_the_tests_say_what_is_missing_and_how_to_go_on() {
        if std::env::var_os(ASTRAY).is_some() {
            let error = find().unwrap_err().to_string();
            assert!(
                error.contains("Python 3.10 or newer") && error.contains("NACHKLANG_SKIP_AWS=1"),
                "{error}"
            );
            return;
        }
        let nowhere = tempfile::tempdir().unwrap();
        let itself =
            "emulator::interpreter::tests::without_python_the_tests_say_what_is_missing_and_how_to_go_on";
        let mut copy = Command::new(std::env::current_exe().unwrap());
        let output =
            copy.args(["--exact", itself]).env("PATH", nowhere.path()).env(ASTRAY, "1").output().unwrap();
        assert!(output.status.success());
        assert!(String::from_utf8(output.stdout).unwrap().contains("1 passed"));
    }
}
