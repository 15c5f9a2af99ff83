//! Faults in the product's source: which there are, and what they make of a file.

use std::path::Path;

use serde::Deserialize;

use crate::checker::Invariant;

const LIST: &str = include_str!("../../faults.toml");

/// A mistake that is made in a copy of the product.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceFault {
    /// Its name on a command line.
    pub name: String,
    /// What it stands for.
    pub stands_for: String,
    /// The file, from the root of the workspace.
    pub file: String,
    /// What stands there, once.
    pub text: String,
    /// What stands there instead.
    pub replacement: String,
    /// Within so many seeds it must be caught.
    #[serde(default)]
    pub seeds: u64,
    /// By one of these invariants.
    #[serde(default)]
    pub caught_by: Vec<Invariant>,
    /// The unit test of the domain that must fail, where no simulation can see the fault.
    #[serde(default)]
    pub unit_test: Option<String>,
}

/// Why a fault cannot be planted.
#[derive(Debug, thiserror::Error)]
pub enum PlantError {
    /// The list is no TOML, or a fault lacks something.
    #[error("faults.toml cannot be read: {0}")]
    List(#[from] toml::de::Error),
    /// The product has changed since.
    #[error(
        "{name}: its text stands {times} times in {file}, and must stand there once: bring faults.toml up to date"
    )]
    Rotten {
        /// The fault.
        name: String,
        /// Where it is to be planted.
        file: String,
        /// How often its text is found.
        times: usize,
    },
    /// A file or folder.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: String,
        /// What is wrong with it.
        source: std::io::Error,
    },
    /// The compiler does not take it.
    #[error("{name} does not compile, so that it proves nothing:\n{told}")]
    DoesNotCompile {
        /// The fault.
        name: String,
        /// The end of what the compiler told.
        told: String,
    },
}

#[derive(Deserialize)]
struct List {
    fault: Vec<SourceFault>,
}

/// All faults of the list.
///
/// # Errors
/// [`PlantError::List`].
pub fn faults() -> Result<Vec<SourceFault>, PlantError> {
    Ok(toml::from_str::<List>(LIST)?.fault)
}

impl SourceFault {
    /// The file with the fault in it.
    ///
    /// # Errors
    /// [`PlantError::Rotten`] unless its text stands there exactly once.
    pub fn planted_in(&self, source: &str) -> Result<String, PlantError> {
        match source.matches(&self.text).count() {
            1 => Ok(source.replacen(&self.text, &self.replacement, 1)),
            times => Err(PlantError::Rotten { name: self.name.clone(), file: self.file.clone(), times }),
        }
    }
}

/// Reads a file, with its path in the error.
pub(crate) fn read(path: &Path) -> Result<String, PlantError> {
    std::fs::read_to_string(path).map_err(|source| about(path, source))
}

pub(crate) fn about(path: &Path, source: std::io::Error) -> PlantError {
    PlantError::File { path: path.display().to_string(), source }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn root() -> &'static Path {
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
    }

    #[test]
    fn every_fault_can_still_be_planted() {
        for fault in faults().unwrap() {
            let source = read(&root().join(&fault.file)).unwrap();
            let planted = fault.planted_in(&source).unwrap_or_else(|rotten| panic!("{rotten}"));
            assert_ne!(planted, source, "{} changes nothing", fault.name);
        }
    }

    #[test]
    fn every_fault_has_a_name_of_its_own_and_says_what_catches_it() {
        let faults = faults().unwrap();
        assert!(faults.len() >= 20);
        let names: BTreeSet<&str> = faults.iter().map(|fault| fault.name.as_str()).collect();
        assert_eq!(names.len(), faults.len());
        for fault in faults {
            let simulated = fault.seeds > 0 && !fault.caught_by.is_empty();
            assert!(simulated != fault.unit_test.is_some(), "{}", fault.name);
        }
    }

    #[test]
    fn a_text_that_is_gone_or_stands_twice_is_refused() {
        let fault = &faults().unwrap()[0];
        assert!(fault.planted_in("fn other() {}").is_err());
        assert!(fault.planted_in(&fault.text.repeat(2)).is_err());
        assert_eq!(fault.planted_in(&fault.text).unwrap(), fault.replacement);
    }
}
