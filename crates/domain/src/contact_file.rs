//! Contact files: one person a row, as a CRM or a newsletter list exports them.
//!
//! Columns: `email` (needed), `first_name`, `language`, `country`, `consent_at`, `consent_text`, `consent_source`,
//! `suppressed` (yes or no). Letter case, blanks, `_` and `-` in their names do not matter.

use std::io::Read;

use jiff::tz::TimeZone;

use crate::consent::ConsentProof;
use crate::delimited::date::{DateOrder, Written};
use crate::delimited::{DelimitedError, DelimitedReader, Header, Next, Row};
use crate::email::EmailAddress;
use crate::language::{Country, Language};
use crate::report::FileReport;
use crate::text::clean_line;

/// Longest first name and consent text that is kept, in characters.
const MAX_TEXT: usize = 100;
/// Where a consent was given if the file does not say.
const SOURCE: &str = "contact file";

/// One row of a contact file that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactRow {
    /// Her address.
    pub email: EmailAddress,
    /// Her first name.
    pub first_name: Option<String>,
    /// Her language.
    pub language: Option<Language>,
    /// Her country.
    pub country: Option<Country>,
    /// Her consent.
    pub consent: Option<ConsentProof>,
    /// Whether she must not be mailed. That she may be is never read out of a file.
    pub suppressed: bool,
}

/// Why a contact file cannot be read, or not to its end.
#[derive(Debug, thiserror::Error)]
pub enum ContactFileError {
    /// It cannot be read as rows.
    #[error(transparent)]
    File(#[from] DelimitedError),
    /// No column holds addresses. The header is not shown: it may be a row about a person.
    #[error("the first row names no column email; put a row with the names of the columns above the others")]
    NoEmailColumn,
}

/// Where the columns stand.
struct Columns {
    email: usize,
    first_name: Option<usize>,
    language: Option<usize>,
    country: Option<usize>,
    consent_at: Option<usize>,
    consent_text: Option<usize>,
    consent_source: Option<usize>,
    suppressed: Option<usize>,
}

/// Reads a contact file row by row; it holds one row at a time.
pub struct ContactFileReader<R> {
    rows: DelimitedReader<R>,
    columns: Columns,
    zone: TimeZone,
    dates: DateOrder,
    report: FileReport,
    ended: bool,
}

impl<R: Read> ContactFileReader<R> {
    /// Reads the header. Times that name no zone are in `zone`.
    ///
    /// # Errors
    /// [`ContactFileError`] when there is no header with a column of addresses.
    pub fn new(read: R, zone: &TimeZone, dates: DateOrder, file: &str) -> Result<Self, ContactFileError> {
        let rows = DelimitedReader::new(read)?;
        let columns = Columns::named(rows.header()).ok_or(ContactFileError::NoEmailColumn)?;
        Ok(Self { rows, columns, zone: zone.clone(), dates, report: FileReport::new(file), ended: false })
    }

    /// The report about the rows read so far; complete after the last item.
    #[must_use]
    pub fn finish(self) -> FileReport {
        self.report
    }

    fn step(&mut self) -> Result<Option<ContactRow>, ContactFileError> {
        let row = match self.rows.next_row()? {
            Next::Row(row) => row,
            Next::Refused(refused) => {
                self.report.rows += 1;
                let remedy = refused.problem.remedy();
                self.report.reject_row(refused.line, refused.problem.to_string(), remedy);
                return Ok(None);
            }
            Next::End => {
                self.ended = true;
                return Ok(None);
            }
        };
        let reading = Reading { row, columns: &self.columns, zone: &self.zone, dates: self.dates };
        Ok(reading.take(&mut self.report))
    }
}

impl<R: Read> Iterator for ContactFileReader<R> {
    /// An error means that the stream broke; nothing comes after it.
    type Item = Result<ContactRow, ContactFileError>;

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
        Some(Self {
            email: find(&["email", "email address", "mail"])?,
            first_name: find(&["first name"]),
            language: find(&["language", "locale"]),
            country: find(&["country", "country code"]),
            consent_at: find(&["consent at"]),
            consent_text: find(&["consent text"]),
            consent_source: find(&["consent source"]),
            suppressed: find(&["suppressed", "unsubscribed"]),
        })
    }
}

/// One row that is being read.
struct Reading<'a> {
    row: Row<'a>,
    columns: &'a Columns,
    zone: &'a TimeZone,
    dates: DateOrder,
}

impl Reading<'_> {
    fn take(&self, report: &mut FileReport) -> Option<ContactRow> {
        report.rows += 1;
        let line = self.row.line();
        let (email, suppressed) = match self.person() {
            Ok(person) => person,
            Err((problem, remedy)) => {
                report.reject_row(line, problem, remedy);
                return None;
            }
        };
        report.accepted += 1;
        Some(ContactRow {
            email,
            first_name: Some(self.cleaned(self.columns.first_name)).filter(|name| !name.is_empty()),
            language: self.parsed(self.columns.language, Language::parse, "language", report),
            country: self.parsed(self.columns.country, Country::parse, "country", report),
            consent: self.consent(report),
            suppressed,
        })
    }

    /// Whom the row is about and whether she is suppressed; else the first problem and its remedy, for a row is refused
    /// once.
    fn person(&self) -> Result<(EmailAddress, bool), (String, &'static str)> {
        let email = EmailAddress::parse(self.row.at(self.columns.email))
            .map_err(|invalid| (invalid.to_string(), "correct the address"))?;
        let suppressed = self.suppressed().ok_or_else(|| {
            let remedy = "write yes or no; until then nothing of the row counts";
            ("suppressed is neither yes nor no".to_owned(), remedy)
        })?;
        Ok((email, suppressed))
    }

    fn text(&self, place: Option<usize>) -> &str {
        place.map_or("", |place| self.row.at(place))
    }

    fn cleaned(&self, place: Option<usize>) -> String {
        clean_line(self.text(place), MAX_TEXT)
    }

    /// `None` when it says neither.
    fn suppressed(&self) -> Option<bool> {
        match self.text(self.columns.suppressed).to_lowercase().as_str() {
            "" | "no" | "n" | "false" | "0" | "nein" => Some(false),
            "yes" | "y" | "true" | "1" | "x" | "ja" => Some(true),
            _ => None,
        }
    }

    fn parsed<T, E>(
        &self,
        place: Option<usize>,
        parse: impl Fn(&str) -> Result<T, E>,
        what: &str,
        report: &mut FileReport,
    ) -> Option<T> {
        let text = self.text(place);
        if text.is_empty() {
            return None;
        }
        let parsed = parse(text).ok();
        if parsed.is_none() {
            let problem = format!("the {what} is no code; it was left out");
            report.warning(self.row.line(), problem, format!("write the {what} in two letters"));
        }
        parsed
    }

    /// A consent counts with its time and its text only; without them it proves nothing.
    fn consent(&self, report: &mut FileReport) -> Option<ConsentProof> {
        let (at, text) = (self.text(self.columns.consent_at), self.cleaned(self.columns.consent_text));
        if at.is_empty() && text.is_empty() {
            return None;
        }
        let moment = Written::parse(at, self.dates).and_then(|written| written.timestamp(self.zone));
        let moment = moment.filter(|_| !text.is_empty());
        if moment.is_none() {
            let problem = "the consent has no readable time or no text; it was left out";
            report.warning(self.row.line(), problem, "fill consent_at and consent_text of the row");
        }
        let source = Some(self.cleaned(self.columns.consent_source)).filter(|source| !source.is_empty());
        Some(ConsentProof {
            at: moment?,
            source: source.unwrap_or_else(|| SOURCE.to_owned()),
            text_version: text,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &str) -> (Vec<ContactRow>, FileReport) {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let mut reader =
            ContactFileReader::new(file.as_bytes(), &zone, DateOrder::Dmy, "contacts/de/crm.csv").unwrap();
        let rows = reader.by_ref().map(Result::unwrap).collect();
        (rows, reader.finish())
    }

    #[test]
    fn a_row_tells_profile_consent_and_suppression() {
        let (rows, report) = read(
            "E-Mail;First Name;Language;Country;consent_at;consent_text;consent_source;Suppressed\n\
             anna@example.com;Anna;de-AT;at;22.11.2026 10:00;newsletter-3;form;no\n\
             berta@example.com;;;;;;;YES\n",
        );
        let [anna, berta] = rows.as_slice() else { panic!("{rows:?}") };
        assert_eq!(anna.first_name.as_deref(), Some("Anna"));
        assert_eq!((anna.language, anna.country), (Language::parse("de").ok(), Country::parse("AT").ok()));
        let proof = ConsentProof {
            at: "2026-11-22T10:00:00+01:00".parse().unwrap(),
            source: "form".to_owned(),
            text_version: "newsletter-3".to_owned(),
        };
        assert_eq!((anna.consent.as_ref(), anna.suppressed), (Some(&proof), false));
        assert!(berta.suppressed && berta.consent.is_none() && berta.language.is_none());
        assert_eq!((report.rows, report.accepted, report.findings.len()), (2, 2, 0));
    }

    #[test]
    fn a_row_with_two_faults_is_refused_once() {
        let (rows, report) = read("email,suppressed\nanna,perhaps\nberta@example.com,perhaps\n");
        assert!(rows.is_empty());
        assert_eq!((report.rows, report.rejected, report.findings.len()), (2, 2, 2));
    }

    #[test]
    fn a_row_in_doubt_is_refused_and_shows_nobody() {
        let (rows, report) = read(
            "email,suppressed\nanna.geheim@,no\nberta.geheim@example.com,perhaps\n,yes\nclara@example.com\nok@example.com,\n",
        );
        assert_eq!(rows.len(), 1);
        let lines: Vec<u64> = report.findings.iter().map(|finding| finding.line).collect();
        assert_eq!(lines, [2, 3, 4, 5]);
        assert_eq!((report.rows, report.accepted, report.rejected), (5, 1, 4));
        assert!(!report.to_string().contains("geheim"), "{report}");
    }

    #[test]
    fn a_consent_without_time_or_text_proves_nothing() {
        let (rows, report) = read(
            "email,consent_at,consent_text\na@example.com,yesterday,t1\nb@example.com,2026-11-22,\nc@example.com,,t1\n",
        );
        assert!(rows.iter().all(|row| row.consent.is_none()));
        assert_eq!(report.findings.iter().map(|finding| finding.line).collect::<Vec<_>>(), [2, 3, 4]);
        assert!(!report.has_errors());
    }

    #[test]
    fn what_cannot_be_read_of_a_profile_is_left_out_and_told() {
        let (rows, report) = read("email,language,country\na@example.com,german!,Germany\n");
        assert_eq!((rows[0].language, rows[0].country), (None, None));
        assert_eq!(report.findings.len(), 2);
    }

    #[test]
    fn a_file_without_a_header_is_an_error_that_shows_nobody() {
        let zone = TimeZone::UTC;
        let file = "anna.geheim@example.com,Anna\nberta@example.com,Berta\n";
        let error = ContactFileReader::new(file.as_bytes(), &zone, DateOrder::Dmy, "x.csv").err().unwrap();
        assert!(error.to_string().contains("email") && !error.to_string().contains("geheim"));
    }
}
