//! The answer to an uploaded file: what was taken, what was not, where, and what to do about it.

use serde::Serialize;

use crate::text::clean_line;

/// At most so many findings are listed; the rest is counted. Keeps a report of a million bad rows readable.
pub const MAX_LISTED: usize = 1_000;
/// Most characters of a problem, which may quote a wrong value, however long it is. The longest list of known keys fits.
const LONGEST_PROBLEM: usize = 600;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The row or the file was not taken.
    Error,
    /// It was taken, but somebody should look.
    Warning,
}

/// One thing wrong, with its place and its remedy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// The line of the file, from 1; 0 when it concerns the whole file.
    pub line: u64,
    /// What is wrong, in one line of words, without anybody's address or code.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

/// The findings about one file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FileReport {
    /// The file's path below the bucket's root.
    pub file: String,
    /// Rows that were read, without header and blank lines.
    pub rows: u64,
    /// Rows that were taken.
    pub accepted: u64,
    /// Rows that were known already and changed nothing.
    pub unchanged: u64,
    /// Rows that were refused.
    pub rejected: u64,
    /// Up to [`MAX_LISTED`] findings, in file order.
    pub findings: Vec<Finding>,
    /// Findings beyond that.
    pub not_listed: u64,
}

impl FileReport {
    /// An empty report about a file.
    #[must_use]
    pub fn new(file: &str) -> Self {
        Self { file: file.to_owned(), ..Self::default() }
    }

    /// Notes why a row or the file was not taken; `line` 0 for the whole file.
    pub fn error(&mut self, line: u64, problem: impl Into<String>, remedy: impl Into<String>) {
        self.add(Severity::Error, line, &problem.into(), remedy.into());
    }

    /// Notes something to look at.
    pub fn warning(&mut self, line: u64, problem: impl Into<String>, remedy: impl Into<String>) {
        self.add(Severity::Warning, line, &problem.into(), remedy.into());
    }

    /// Notes a refused row: counts it and says why.
    pub fn reject_row(&mut self, line: u64, problem: impl Into<String>, remedy: impl Into<String>) {
        self.rejected += 1;
        self.error(line, problem, remedy);
    }

    /// Whether anything was refused.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.rejected > 0 || self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }

    /// The findings in words: place, problem, and the remedy on a line of its own.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        self.findings.iter().map(|finding| {
            let word = if finding.severity == Severity::Error { "error" } else { "warning" };
            let line = if finding.line == 0 { String::new() } else { format!(":{}", finding.line) };
            format!("{}{line}: {word}: {}\n    {}", self.file, finding.problem, finding.remedy)
        })
    }

    fn add(&mut self, severity: Severity, line: u64, problem: &str, remedy: String) {
        if self.findings.len() < MAX_LISTED {
            let problem = in_short(problem);
            self.findings.push(Finding { severity, line, problem, remedy });
        } else {
            self.not_listed += 1;
        }
    }
}

/// In one line, without the middle of a value that is quoted and long.
fn in_short(problem: &str) -> String {
    let line = clean_line(problem, problem.len());
    let chars = line.chars().count();
    if chars <= LONGEST_PROBLEM {
        return line;
    }
    let end = LONGEST_PROBLEM / 3;
    let (head, tail) = (line.chars().take(LONGEST_PROBLEM - end), line.chars().skip(chars - end));
    head.chain(" … ".chars()).chain(tail).collect()
}

impl std::fmt::Display for FileReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(
            f,
            "{}: {} rows read, {} taken, {} known already, {} refused",
            self.file, self.rows, self.accepted, self.unchanged, self.rejected
        )?;
        for line in self.lines() {
            writeln!(f, "{line}")?;
        }
        if self.not_listed > 0 {
            writeln!(f, "… and {} more", self.not_listed)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_one_line_however_long_what_it_quotes() {
        let mut report = FileReport::new("mails/thanks/mail.txt");
        report.error(3, format!("{}\nis no filter", "x".repeat(70_000)), "use another");
        report.warning(4, "a name\r\nwith a break", "write it in one line");
        let [long, broken] = report.findings.as_slice() else { panic!("{report}") };
        assert_eq!(broken.problem, "a name with a break");
        assert_eq!(long.problem.chars().count(), LONGEST_PROBLEM + 3);
        assert!(long.problem.starts_with("xxx") && long.problem.ends_with("x is no filter"), "{report}");
    }
}
