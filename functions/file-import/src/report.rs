//! The answer to an upload: `reports/<path>.report.json` beside the folders.

use jiff::Timestamp;
use nachklang_domain::ports::{PortError, PortResult};
use nachklang_domain::report::FileReport;
use serde::Serialize;

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is in use.
    Published,
    /// It was taken in; single rows may have been refused.
    Taken,
    /// Nothing is wrong with it, but it waits for other files.
    Waiting,
    /// There was no time for all of it: it goes on by itself.
    Unfinished,
    /// It was not taken; what was in use stays in use.
    Refused,
    /// It lies there no more, and what was said about it no longer counts.
    Gone,
}

/// The answer to an upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UploadReport {
    /// What became of it.
    pub state: State,
    /// The same in words.
    pub outcome: String,
    /// The version under which it is in use, of shops, flows and mails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// When it was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// File, rows and findings.
    #[serde(flatten)]
    pub file: FileReport,
}

impl UploadReport {
    /// About a file that was not taken.
    #[must_use]
    pub fn refused(file: FileReport, outcome: impl Into<String>, at: Timestamp) -> Self {
        Self { state: State::Refused, outcome: outcome.into(), version: None, at: Some(at), file }
    }

    /// About a file that was not taken, for one reason.
    #[must_use]
    pub fn of_problem(key: &str, problem: impl Into<String>, remedy: &str, at: Timestamp) -> Self {
        let mut file = FileReport::new(key);
        file.error(0, problem, remedy);
        Self::refused(file, "refused: nothing of the file was taken", at)
    }

    /// About a file that lies there no more. It is the same whenever it is written.
    #[must_use]
    pub fn gone(file: &str) -> Self {
        let outcome = "the file is gone, and what was said about it no longer counts".to_owned();
        Self { state: State::Gone, outcome, version: None, at: None, file: FileReport::new(file) }
    }

    /// As it is kept.
    ///
    /// # Errors
    /// Never, as long as texts can be written as JSON.
    pub fn json(&self) -> PortResult<Vec<u8>> {
        let json = serde_json::to_vec_pretty(self);
        json.map_err(|error| PortError::permanent("a report cannot be written").because(error))
    }

    /// Where it is kept.
    #[must_use]
    pub fn key(&self) -> String {
        report_key(&self.file.file)
    }

    /// Whether somebody has to mend something.
    #[must_use]
    pub fn is_rejection(&self) -> bool {
        self.state == State::Refused || self.file.has_errors()
    }
}

/// The file that a report's key is about.
pub(crate) fn reported_file(key: &str) -> Option<&str> {
    key.strip_prefix("reports/")?.strip_suffix(".report.json")
}

/// Where the report about a file is kept.
#[must_use]
pub fn report_key(file: &str) -> String {
    format!("reports/{file}.report.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_says_state_file_line_and_remedy() {
        let at = "2026-11-22T10:00:00Z".parse().unwrap();
        let mut file = FileReport::new("shops/de.toml");
        file.error(5, "the quote is not closed", "close it");
        let report = UploadReport::refused(file, "not published", at);
        assert_eq!(report.key(), "reports/shops/de.toml.report.json");
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!((&json["state"], &json["file"]), (&"refused".into(), &"shops/de.toml".into()));
        assert_eq!(
            (&json["findings"][0]["line"], &json["findings"][0]["remedy"]),
            (&5.into(), &"close it".into())
        );
        assert!(json.get("version").is_none() && report.is_rejection());
    }
}
