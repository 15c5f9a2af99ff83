//! What is wrong with the files of a mail, collected per file.

use std::collections::BTreeMap;

use super::bytes::count;
use crate::report::{FileReport, Severity};

/// Something wrong at a line of a file that the caller knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// The line, from 1; 0 for the whole file.
    pub line: u64,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

impl Fault {
    pub(super) fn new(line: u64, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { line, problem: problem.into(), remedy: remedy.into() }
    }
}

/// The findings about all files of a mail; the same finding is listed once.
#[derive(Debug, Default)]
pub(super) struct Findings {
    files: BTreeMap<String, FileReport>,
}

impl Findings {
    /// Notes something that stops the publication.
    pub(super) fn error(&mut self, file: &str, fault: &Fault) {
        self.add(file, Severity::Error, fault);
    }

    /// Notes something to look at.
    pub(super) fn warning(&mut self, file: &str, fault: &Fault) {
        self.add(file, Severity::Warning, fault);
    }

    /// Whether anything stops the publication.
    pub(super) fn has_errors(&self) -> bool {
        self.files.values().any(FileReport::has_errors)
    }

    /// The reports, by file name.
    pub(super) fn into_reports(self) -> Vec<FileReport> {
        self.files.into_values().collect()
    }

    fn add(&mut self, file: &str, severity: Severity, fault: &Fault) {
        let report = self.files.entry(file.to_owned()).or_insert_with(|| FileReport::new(file));
        let known = report.findings.iter().any(|finding| {
            finding.severity == severity && finding.line == fault.line && finding.problem == fault.problem
        });
        match severity {
            _ if known => {}
            Severity::Error => report.error(fault.line, fault.problem.as_str(), fault.remedy.as_str()),
            Severity::Warning => report.warning(fault.line, fault.problem.as_str(), fault.remedy.as_str()),
        }
    }
}

/// The line of a byte offset, from 1.
pub(super) fn line_at(text: &str, offset: usize) -> u64 {
    let text = text.as_bytes();
    1 + breaks(text.get(..offset).unwrap_or(text))
}

/// How many lines end in a text.
pub(super) fn breaks(text: &[u8]) -> u64 {
    u64::try_from(count(text, b'\n')).unwrap_or(u64::MAX)
}
