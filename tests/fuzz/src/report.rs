//! What holds for the answer to any file.

use nachklang_domain::report::{FileReport, MAX_LISTED};

/// Longest problem in bytes: a finding quotes at most a few short values.
const MAX_PROBLEM: usize = 4_000;

/// Every row is accounted for, every finding has its place and its remedy, and there are never too many to read.
pub(crate) fn check(report: &FileReport, lines: u64) {
    assert_eq!(report.rows, report.accepted + report.unchanged + report.rejected, "a row is lost: {report}");
    check_findings(report, lines);
}

/// What holds for findings alone, in reports about files that have no rows.
pub(crate) fn check_findings(report: &FileReport, lines: u64) {
    assert!(report.findings.len() <= MAX_LISTED);
    assert!(report.not_listed == 0 || report.findings.len() == MAX_LISTED);
    for finding in &report.findings {
        assert!(finding.line <= lines, "line {} of {lines}: {}", finding.line, finding.problem);
        assert!(!finding.problem.is_empty() && !finding.remedy.is_empty());
        assert!(finding.problem.len() <= MAX_PROBLEM, "{} bytes", finding.problem.len());
    }
}

/// At most so many lines a file has, whichever line ends it uses.
pub(crate) fn lines(data: &[u8]) -> u64 {
    data.iter().fold(1, |lines, byte| lines + u64::from(matches!(byte, b'\n' | b'\r')))
}
