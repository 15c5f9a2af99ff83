//! A copy of the product into which faults are planted, one at a time, and its own place to build.
//!
//! The copy is kept, and only what differs is written: so the compiler does the least that it can.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::source::{PlantError, SourceFault, about, read};

/// What is copied: the domain, the simulation, and what both need to be built.
const COPIED: [&str; 4] = ["Cargo.lock", "rust-toolchain.toml", "crates/domain", "crates/simulation"];
/// How much of what the compiler tells is shown.
const SHOWN_LINES: usize = 30;

/// A copy of the product.
#[derive(Debug)]
pub struct Workshop {
    root: PathBuf,
    copy: PathBuf,
    built: PathBuf,
}

impl Workshop {
    /// Brings the copy below `target/planted` up to date with a workspace.
    ///
    /// # Errors
    /// [`PlantError::File`].
    pub fn open(root: &Path) -> Result<Self, PlantError> {
        let place = root.join("target/planted");
        let workshop = Self { root: root.to_owned(), copy: place.join("copy"), built: place.join("build") };
        for part in COPIED {
            bring(&root.join(part), &workshop.copy.join(part))?;
        }
        let manifest = read(&root.join("Cargo.toml"))?;
        write_changed(&workshop.copy.join("Cargo.toml"), with_two_members(&manifest)?.as_bytes())?;
        Ok(workshop)
    }

    /// Plants a fault.
    ///
    /// # Errors
    /// [`PlantError`] when its text is not there, or the file cannot be written.
    pub fn plant(&self, fault: &SourceFault) -> Result<(), PlantError> {
        let planted = fault.planted_in(&read(&self.root.join(&fault.file))?)?;
        write_changed(&self.copy.join(&fault.file), planted.as_bytes())
    }

    /// Takes a fault out again.
    ///
    /// # Errors
    /// [`PlantError::File`].
    pub fn mend(&self, fault: &SourceFault) -> Result<(), PlantError> {
        bring(&self.root.join(&fault.file), &self.copy.join(&fault.file))
    }

    /// Builds the copy; answers the program.
    ///
    /// # Errors
    /// [`PlantError::DoesNotCompile`].
    pub fn build(&self, fault: &SourceFault) -> Result<PathBuf, PlantError> {
        let output = self.cargo("build", &["--package", "nachklang-simulation"])?;
        if !output.status.success() {
            return Err(does_not_compile(fault, &output));
        }
        Ok(self.built.join("debug").join("nachklang-simulation"))
    }

    /// Whether a unit test of the domain fails in the copy.
    ///
    /// # Errors
    /// [`PlantError::DoesNotCompile`].
    pub fn fails(&self, fault: &SourceFault, test: &str) -> Result<bool, PlantError> {
        let output =
            self.cargo("test", &["--package", "nachklang-domain", "--lib", "--", "--exact", test])?;
        let told = String::from_utf8_lossy(&output.stdout);
        if told.contains("1 passed") {
            return Ok(false);
        }
        if told.contains("1 failed") { Ok(true) } else { Err(does_not_compile(fault, &output)) }
    }

    fn cargo(&self, command: &str, arguments: &[&str]) -> Result<Output, PlantError> {
        let mut cargo = Command::new("cargo");
        // Nobody debugs it.
        cargo.env("CARGO_PROFILE_DEV_DEBUG", "none");
        cargo.arg(command).args(["--offline", "--quiet", "--target-dir"]).arg(&self.built).args(arguments);
        cargo.current_dir(&self.copy).output().map_err(|source| about(&self.copy, source))
    }
}

fn does_not_compile(fault: &SourceFault, output: &Output) -> PlantError {
    let told = String::from_utf8_lossy(&output.stderr);
    let errors: Vec<&str> =
        told.lines().skip_while(|line| !line.starts_with("error")).take(SHOWN_LINES).collect();
    PlantError::DoesNotCompile { name: fault.name.clone(), told: errors.join("\n") }
}

/// The manifest of the workspace without the members that are not copied.
fn with_two_members(manifest: &str) -> Result<String, PlantError> {
    let mut manifest: toml::Table = manifest.parse()?;
    if let Some(workspace) = manifest.get_mut("workspace").and_then(toml::Value::as_table_mut) {
        workspace.remove("default-members");
        workspace.insert("members".to_owned(), toml::Value::from(vec!["crates/domain", "crates/simulation"]));
    }
    Ok(manifest.to_string())
}

/// Makes a file or folder like another one; writes only what differs, removes what is there no more.
fn bring(from: &Path, to: &Path) -> Result<(), PlantError> {
    if !from.is_dir() {
        return write_changed(to, &fs::read(from).map_err(|source| about(from, source))?);
    }
    fs::create_dir_all(to).map_err(|source| about(to, source))?;
    let wanted = names_in(from)?;
    for name in &wanted {
        bring(&from.join(name), &to.join(name))?;
    }
    for gone in names_in(to)?.difference(&wanted) {
        let path = to.join(gone);
        let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        removed.map_err(|source| about(&path, source))?;
    }
    Ok(())
}

fn names_in(folder: &Path) -> Result<BTreeSet<std::ffi::OsString>, PlantError> {
    let entries = fs::read_dir(folder).map_err(|source| about(folder, source))?;
    entries
        .map(|entry| entry.map(|entry| entry.file_name()).map_err(|source| about(folder, source)))
        .collect()
}

fn write_changed(path: &Path, bytes: &[u8]) -> Result<(), PlantError> {
    if fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).map_err(|source| about(folder, source))?;
    fs::write(path, bytes).map_err(|source| about(path, source))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copy_knows_of_no_member_that_it_does_not_hold() {
        let manifest = include_str!("../../../../Cargo.toml");
        let copied: toml::Table = with_two_members(manifest).unwrap().parse().unwrap();
        let members = copied["workspace"]["members"].as_array().unwrap();
        assert_eq!(members.len(), 2);
        assert!(copied["workspace"].get("default-members").is_none());
        assert_eq!(copied.get("profile"), manifest.parse::<toml::Table>().unwrap().get("profile"));
    }
}
