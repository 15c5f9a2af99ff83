//! Coupon files: one code a row, with or without a header, with or without the day on which it expires.
//!
//! The shapes are those that Klaviyo (header `Coupon`), Inxmail (first column) and `WhatCounts` (`code,
//! send_by_date`) take. Whether a code is known already is for the pool to say: this looks into one file only.

use std::collections::HashSet;
use std::io::Read;

use jiff::civil::Date;
use sha2::{Digest, Sha256};

use super::code::CouponCode;
use crate::delimited::date::{DateOrder, Written};
use crate::delimited::{DelimitedError, DelimitedReader, Header, Next, Row};
use crate::report::FileReport;

/// Names of the column that holds the codes, compared as [`crate::delimited::same_name`] does.
const CODE_NAMES: [&str; 10] = [
    "coupon",
    "coupon code",
    "code",
    "coupons",
    "codes",
    "voucher",
    "voucher code",
    "promo code",
    "gutschein",
    "gutscheincode",
];
/// Names of the column that holds the last day.
const EXPIRY_NAMES: [&str; 9] = [
    "expires",
    "expires at",
    "expiry",
    "expiry date",
    "expiration date",
    "send by date",
    "valid until",
    "valid to",
    "gültig bis",
];

/// One row of a coupon file that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CouponRow {
    /// The line of the file, from 1.
    pub line: u64,
    /// The code.
    pub code: CouponCode,
    /// The last day on which the shop redeems it, to the end of that day; `None` when the file names none.
    pub expires: Option<Date>,
}

/// Reads a coupon file row by row; memory grows by 16 bytes a code, to find those that stand there twice.
pub struct CouponFileReader<R> {
    rows: DelimitedReader<R>,
    columns: Columns,
    /// The file has no header and its first row is still to come.
    first_pending: bool,
    seen: HashSet<[u8; 16]>,
    report: FileReport,
    ended: bool,
}

/// Where in a row the code and its last day stand.
#[derive(Clone, Copy)]
struct Columns {
    code: usize,
    expires: Option<usize>,
}

/// Why a row gives no code.
struct Refusal {
    problem: String,
    remedy: &'static str,
}

impl<R: Read> CouponFileReader<R> {
    /// Reads the first row and finds the columns.
    ///
    /// # Errors
    /// [`DelimitedError`] when the file is empty or its first row cannot be read.
    pub fn new(read: R, file_name: &str) -> Result<Self, DelimitedError> {
        let rows = DelimitedReader::new(read)?;
        let mut report = FileReport::new(file_name);
        let headed = Columns::named(rows.header());
        let first_pending = headed.is_none() && looks_like_code(rows.first_row());
        if headed.is_none() && !first_pending {
            report.warning(
                rows.first_row().line(),
                "the first row names no column of codes; it was taken as a header and the first column as codes",
                "name the column Coupon; if the first row is a code, put a header row above it",
            );
        }
        let columns = headed.unwrap_or_else(|| Columns::by_place(&rows));
        Ok(Self { rows, columns, first_pending, seen: HashSet::new(), report, ended: false })
    }

    /// The report about the rows read so far; complete after the last one.
    #[must_use]
    pub fn finish(self) -> FileReport {
        self.report
    }

    /// `None` when a row was passed over.
    fn step(&mut self) -> Result<Option<CouponRow>, DelimitedError> {
        if std::mem::take(&mut self.first_pending) {
            return Ok(take_row(self.rows.first_row(), self.columns, &mut self.seen, &mut self.report));
        }
        Ok(match self.rows.next_row()? {
            Next::Row(row) => take_row(row, self.columns, &mut self.seen, &mut self.report),
            Next::Refused(refused) => {
                self.report.rows += 1;
                let (problem, remedy) = (refused.problem.to_string(), refused.problem.remedy());
                self.report.reject_row(refused.line, problem, remedy);
                None
            }
            Next::End => {
                self.ended = true;
                None
            }
        })
    }
}

impl<R: Read> Iterator for CouponFileReader<R> {
    /// An error means that the stream broke; nothing comes after it.
    type Item = Result<CouponRow, DelimitedError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.ended {
            match self.step() {
                Ok(Some(row)) => return Some(Ok(row)),
                Ok(None) => {}
                Err(broken) => {
                    self.ended = true;
                    return Some(Err(broken));
                }
            }
        }
        None
    }
}

impl Columns {
    fn named(header: &Header) -> Option<Self> {
        let find = |names: &[&str]| names.iter().find_map(|name| header.position(name));
        Some(Self { code: find(&CODE_NAMES)?, expires: find(&EXPIRY_NAMES) })
    }

    /// Codes in the first column; the last day in a named column, else in the second if a day stands there.
    fn by_place<R: Read>(rows: &DelimitedReader<R>) -> Self {
        let named = EXPIRY_NAMES.iter().find_map(|name| rows.header().position(name));
        let second = || parse_day(rows.first_row().at(1)).is_ok_and(|day| day.is_some());
        Self { code: 0, expires: named.or_else(|| second().then_some(1)) }
    }
}

/// A header has no digit, a code of some length nearly always has; a wrong guess shows as a warning in the report.
fn looks_like_code(first: Row<'_>) -> bool {
    let cell = first.at(0);
    cell.bytes().any(|byte| byte.is_ascii_digit()) && CouponCode::parse(cell).is_ok()
}

fn take_row(
    row: Row<'_>,
    columns: Columns,
    seen: &mut HashSet<[u8; 16]>,
    report: &mut FileReport,
) -> Option<CouponRow> {
    report.rows += 1;
    let taken = match parse_row(row, columns) {
        Ok(taken) => taken,
        Err(refusal) => {
            report.reject_row(row.line(), refusal.problem, refusal.remedy);
            return None;
        }
    };
    if !seen.insert(short_hash(taken.code.folded())) {
        report.unchanged += 1;
        let problem = "this code stands in the file before, apart from letter case";
        report.warning(row.line(), problem, "nothing to do; the first row of the code was taken");
        return None;
    }
    report.accepted += 1;
    Some(taken)
}

fn parse_row(row: Row<'_>, columns: Columns) -> Result<CouponRow, Refusal> {
    let code = CouponCode::parse(row.at(columns.code))
        .map_err(|invalid| Refusal { problem: invalid.to_string(), remedy: invalid.remedy() })?;
    Ok(CouponRow {
        line: row.line(),
        code,
        expires: columns.expires.map_or(Ok(None), |place| parse_day(row.at(place)))?,
    })
}

/// A code whose last day is in doubt is refused: a mail that promises too long a validity cannot be taken back.
fn parse_day(text: &str) -> Result<Option<Date>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    let day = |order| Written::parse(text, order).map(Written::day);
    match (day(DateOrder::Dmy), day(DateOrder::Mdy)) {
        (Some(one), Some(other)) if one != other => Err(refusal("the expiry date can be read in two ways")),
        (None, None) => Err(refusal("the expiry date is no date")),
        (one, other) => Ok(one.or(other)),
    }
}

fn refusal(problem: &str) -> Refusal {
    Refusal { problem: problem.to_owned(), remedy: "write the date like 2026-12-31" }
}

fn short_hash(text: &str) -> [u8; 16] {
    let full: [u8; 32] = Sha256::digest(text.as_bytes()).into();
    full.first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn read(file: &str) -> (Vec<CouponRow>, FileReport) {
        let mut reader = CouponFileReader::new(file.as_bytes(), "coupons/thank-you.csv").unwrap();
        let rows = reader.by_ref().map(Result::unwrap).collect();
        (rows, reader.finish())
    }

    fn codes(file: &str) -> Vec<String> {
        read(file).0.iter().map(|row| row.code.expose().to_owned()).collect()
    }

    #[test]
    fn codes_are_found_with_and_without_a_header() {
        for file in [
            "Coupon\nLUNA-1\nLUNA-2\n",
            "id,COUPON CODE\n7,LUNA-1\n8,LUNA-2\n",
            "LUNA-1\r\nLUNA-2\r\n",
            "\u{feff}LUNA-1\nLUNA-2",
            "Campaign of July;note\nLUNA-1;\nLUNA-2;x\n",
        ] {
            assert_eq!(codes(file), ["LUNA-1", "LUNA-2"], "{file:?}");
        }
    }

    #[test]
    fn a_first_row_that_may_be_a_code_is_pointed_out() {
        assert!(read("Coupon\nLUNA-1\n").1.findings.is_empty());
        let (rows, report) = read("DANKESCHOEN\nLUNA-1\n");
        assert_eq!((rows.len(), report.findings.len(), report.findings[0].line), (1, 1, 1));
        assert!(!report.has_errors());
    }

    #[test]
    fn the_last_day_is_read_in_every_usual_form() {
        let until = Some(date(2026, 12, 31));
        for file in [
            "code,send_by_date\nLUNA-1,2026-12-31\n",
            "Code;Gültig bis\nLUNA-1;31.12.2026\n",
            "code,valid_until\nLUNA-1,12/31/2026\n",
            "code,expires\nLUNA-1,2026-12-31 23:59:59\n",
            "LUNA-1,2026-12-31\n",
        ] {
            assert_eq!(read(file).0[0].expires, until, "{file:?}");
        }
        assert_eq!(read("code,expires\nLUNA-1,\n").0[0].expires, None);
    }

    #[test]
    fn a_code_whose_last_day_is_in_doubt_is_refused() {
        let (rows, report) = read("code,expires\nLUNA-1,03/04/2026\nLUNA-2,soon\nLUNA-3,03/03/2026\n");
        assert_eq!(rows.len(), 1);
        assert_eq!(report.findings[0].problem, "the expiry date can be read in two ways");
        assert_eq!(report.findings[1].problem, "the expiry date is no date");
    }

    #[test]
    fn a_code_that_stands_there_twice_is_taken_once() {
        let (rows, report) = read("code\nLuna-1\nLUNA-2\n luna-1 \n");
        assert_eq!(rows.len(), 2);
        assert_eq!((report.rows, report.accepted, report.unchanged, report.rejected), (3, 2, 1, 0));
        assert_eq!(report.findings[0].line, 4);
    }

    #[test]
    fn a_bad_row_is_reported_with_its_line_and_never_stops_the_file() {
        let (rows, report) = read("code\n1E+10\n\"LUNA\n,\nx,y\nLUNA-2\n");
        assert_eq!(rows.len(), 1);
        let lines: Vec<u64> = report.findings.iter().map(|finding| finding.line).collect();
        assert_eq!(lines, [2, 3, 5]);
        assert!(report.findings.iter().all(|finding| !finding.remedy.is_empty()));
    }

    #[test]
    fn no_finding_shows_a_code() {
        let long = format!("SECRET{}", "X".repeat(80));
        let (_, report) = read(&format!("code,expires\nSECRET1,x\nSECRET2,\nsecret2,\n{long},\nSECRET3\n"));
        assert_eq!(report.findings.len(), 4);
        assert!(!report.to_string().to_uppercase().contains("SECRET"));
    }

    #[test]
    fn an_empty_file_is_an_error_that_says_so() {
        let error = CouponFileReader::new(&b"\xef\xbb\xbf\n"[..], "x.csv").err().unwrap();
        assert!(error.to_string().contains("empty"));
    }

    proptest! {
        #[test]
        fn every_row_is_taken_known_or_refused(file in "([A-C]{1,2}[0-9]?|\"|,|;|\n|é|1E\\+5){0,60}") {
            if let Ok(mut reader) = CouponFileReader::new(file.as_bytes(), "x.csv") {
                let rows: Vec<CouponRow> = reader.by_ref().map(Result::unwrap).collect();
                let report = reader.finish();
                prop_assert_eq!(report.rows, report.accepted + report.unchanged + report.rejected);
                prop_assert_eq!(u64::try_from(rows.len()).unwrap(), report.accepted);
                let distinct: HashSet<&CouponCode> = rows.iter().map(|row| &row.code).collect();
                prop_assert_eq!(distinct.len(), rows.len());
            }
        }
    }

    #[test]
    fn the_last_day_is_the_one_that_is_written_whatever_its_offset() {
        for written in ["2026-12-31T23:59:59-05:00", "2026-12-31T00:30:00+09:00", "2026-12-31T23:59:59Z"] {
            assert_eq!(parse_day(written).ok(), Some(Some(date(2026, 12, 31))), "{written}");
        }
    }
}
