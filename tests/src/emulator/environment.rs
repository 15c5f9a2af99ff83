//! The Python environment of the emulator: made once under the target folder, from locked requirements.

use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

use super::{SKIP, folder, interpreter};

/// A copy of the requirements lies in each complete environment: equal means nothing is to be installed.
const MARKER: &str = "installed-requirements.txt";
/// Names the interpreter that a plain folder of packages was made for: compiled packages fit no other.
const INTERPRETER: &str = "interpreter";

/// An environment that holds `ministack` and AWS's Python client, and nothing of the machine's own packages.
#[derive(Debug, Clone)]
pub struct PythonEnvironment {
    python: PathBuf,
    /// Where Python makes no virtual environments, the packages lie in a plain folder.
    packages: Option<PathBuf>,
}

impl PythonEnvironment {
    /// The environment for the locked requirements, made if it is missing, half made or out of date. Blocks.
    ///
    /// Programs that come here at once wait for each other. The lock is the operating system's: it ends with its holder.
    ///
    /// # Errors
    /// If there is no Python 3.10 or the packages cannot be installed.
    pub fn ready() -> anyhow::Result<Self> {
        Self::ready_in(&folder::root()?, &folder::scripts().join("requirements.txt"))
    }

    pub(super) fn ready_in(root: &Path, requirements: &Path) -> anyhow::Result<Self> {
        let lock = File::create(root.join("lock"))?;
        lock.lock().context("cannot lock the folder of the emulator")?;
        let home = root.join("venv");
        if let Some(complete) = Self::complete(&home, requirements)? {
            return Ok(complete);
        }
        make(root, &home, requirements)?;
        Self::complete(&home, requirements)?
            .with_context(|| format!("{} was made, but holds no Python", home.display()))
    }

    /// A command that runs a script of `tests/emulator` in this environment, with no setting of the caller's AWS account.
    pub fn script(&self, name: impl AsRef<Path>) -> Command {
        let mut command = Command::new(&self.python);
        command.env_clear().envs(std::env::vars_os().filter(|(name, _)| is_neutral(name)));
        if let Some(packages) = &self.packages {
            command.env("PYTHONPATH", packages);
        }
        command.arg("-B").arg(folder::scripts().join(name));
        command
    }

    fn complete(home: &Path, requirements: &Path) -> anyhow::Result<Option<Self>> {
        if std::fs::read(home.join(MARKER)).ok() != Some(std::fs::read(requirements)?) {
            return Ok(None);
        }
        let own = home.join("bin").join("python");
        if own.is_file() {
            return Ok(Some(Self { python: own, packages: None }));
        }
        let python = std::fs::read_to_string(home.join(INTERPRETER)).map(PathBuf::from);
        let usable = python.ok().filter(|python| python.is_file());
        Ok(usable.map(|python| Self { python, packages: Some(home.join("packages")) }))
    }
}

/// What a program needs of its surroundings; everything else (keys, endpoints, proxies of an account) stays outside.
fn is_neutral(name: &OsStr) -> bool {
    ["PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT"].into_iter().any(|neutral| name == neutral)
}

/// Installs into a folder of this process and renames it when it is complete, so that nobody ever sees half of one.
fn make(root: &Path, home: &Path, requirements: &Path) -> anyhow::Result<()> {
    let python = interpreter::find()?;
    let partial = root.join(format!("venv-{}.partial", std::process::id()));
    remove(&partial)?;
    install(python, &partial, requirements)?;
    std::fs::copy(requirements, partial.join(MARKER))?;
    remove(home)?;
    std::fs::rename(&partial, home).with_context(|| format!("cannot rename {}", partial.display()))
}

fn install(python: &str, home: &Path, requirements: &Path) -> anyhow::Result<()> {
    if !interpreter::makes_environments(python) {
        return install_plainly(python, home, requirements);
    }
    let mut venv = Command::new(python);
    run(venv.args(["-m", "venv"]).arg(home))?;
    pip(&home.join("bin").join("python"), requirements, &[])
}

fn install_plainly(python: &str, home: &Path, requirements: &Path) -> anyhow::Result<()> {
    pip(Path::new(python), requirements, &[OsStr::new("--target"), home.join("packages").as_os_str()])?;
    Ok(std::fs::write(home.join(INTERPRETER), interpreter::path(python)?)?)
}

fn pip(python: &Path, requirements: &Path, place: &[&OsStr]) -> anyhow::Result<()> {
    let mut pip = Command::new(python);
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-input",
        "--disable-pip-version-check",
        "--require-hashes",
    ]);
    // A user's habits (installing to the home folder, only in environments) must not redirect the packages.
    pip.env("PIP_USER", "0").env("PIP_REQUIRE_VIRTUALENV", "0");
    run(pip.args(place).arg("--requirement").arg(requirements))
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot run {command:?}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        bail!("the emulator's packages cannot be installed (set {SKIP}=1 to skip the AWS tests): {said}");
    }
    Ok(())
}

fn remove(folder: &Path) -> anyhow::Result<()> {
    std::fs::remove_dir_all(folder)
        .or_else(folder::ignore_missing)
        .with_context(|| format!("cannot remove {}", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Some distributions ship Python without its module for environments: the packages then lie beside it.
    #[test]
    fn without_the_module_for_environments_the_packages_are_found_all_the_same() {
        if std::env::var_os(SKIP).is_some() {
            return;
        }
        let python = interpreter::find().unwrap();
        let name = format!("plain-{}", std::process::id());
        let home = folder::root().unwrap().join(&name);
        let requirements = folder::scripts().join("requirements.txt");
        remove(&home).unwrap();
        install_plainly(python, &home, &requirements).unwrap();
        std::fs::copy(&requirements, home.join(MARKER)).unwrap();
        let environment = PythonEnvironment::complete(&home, &requirements).unwrap().unwrap();
        let import = environment.script("imports.py").output().unwrap();
        remove(&home).unwrap();
        assert!(import.status.success(), "{}", String::from_utf8_lossy(&import.stderr));
        let found = String::from_utf8(import.stdout).unwrap();
        assert!(found.contains(&format!("{name}/packages/")), "{found}");
    }
}
