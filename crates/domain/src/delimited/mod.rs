//! Delimited text as shops export it: any usual encoding, delimiter and line end, read row by row.
//!
//! Memory is bounded by the caps below, whatever the file. A bad row is refused alone; reading goes on with the next
//! line of the file.

pub mod amount;
pub mod date;
pub(crate) mod decode;
mod error;
mod frame;
mod header;

use std::io::{BufRead, Read};

use csv::{ReaderBuilder, StringRecord};

pub use self::error::{DelimitedError, RowError, RowProblem};
pub use self::header::{Header, same_name};

use self::decode::Decoder;
use self::frame::{Frame, Frames};

/// Longest row, in bytes of UTF-8.
pub const MAX_RECORD: usize = 2 * 1024 * 1024;
/// Most columns of a row.
pub const MAX_COLUMNS: usize = 1_000;
/// Longest field, in bytes of UTF-8.
pub const MAX_FIELD: usize = 64 * 1024;

/// Reads a file of comma, semicolon or tab separated rows under a header row.
///
/// The byte order mark, UTF-8, UTF-16 or Windows-1252, the delimiter and the line ends are recognised.
pub struct DelimitedReader<R> {
    rows: csv::Reader<Frames<R>>,
    delimiter: u8,
    header: Header,
    first: (u64, StringRecord),
    record: StringRecord,
}

/// What stands next in a file.
pub enum Next<'a> {
    /// A row with as many fields as the header.
    Row(Row<'a>),
    /// A row that cannot be taken.
    Refused(RowError),
    /// Nothing more.
    End,
}

/// One row.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    line: u64,
    record: &'a StringRecord,
    header: &'a Header,
}

impl<R: Read> DelimitedReader<R> {
    /// Reads the header row.
    ///
    /// # Errors
    /// [`DelimitedError`] when there is no header row, it cannot be read, or the stream breaks.
    pub fn new(read: R) -> Result<Self, DelimitedError> {
        let broken = |source| DelimitedError::Read { line: 1, source };
        let mut text = Decoder::new(read).map_err(broken)?;
        let sniffed = header::sniff(text.fill_buf().map_err(broken)?);
        let mut frames = Frames::new(text, sniffed.delimiter, MAX_COLUMNS);
        if sniffed.declared {
            frames.advance().map_err(broken)?;
        }
        let rows = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(sniffed.delimiter)
            .from_reader(frames);
        Self::with_header(rows, sniffed.delimiter)
    }

    fn with_header(mut rows: csv::Reader<Frames<R>>, delimiter: u8) -> Result<Self, DelimitedError> {
        let mut record = StringRecord::new();
        let line = match read_record(&mut rows, &mut record)? {
            Ok(Some(line)) => line,
            Ok(None) => return Err(DelimitedError::Empty),
            Err(RowError { problem, .. }) => return Err(DelimitedError::Header { problem }),
        };
        let header = Header::new(&record);
        rows.get_mut().expect_columns(record.len());
        Ok(Self { rows, delimiter, header, first: (line, record), record: StringRecord::new() })
    }

    /// The names of the columns.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The header row as a row, for files that turn out to have no header.
    #[must_use]
    pub const fn first_row(&self) -> Row<'_> {
        Row { line: self.first.0, record: &self.first.1, header: &self.header }
    }

    /// The delimiter that was recognised: `,`, `;` or tab.
    #[must_use]
    pub const fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// Reads the next row below the header; lines without content are passed over.
    ///
    /// # Errors
    /// [`DelimitedError::Read`] when the stream breaks. A bad row is [`Next::Refused`], not an error.
    pub fn next_row(&mut self) -> Result<Next<'_>, DelimitedError> {
        let line = match read_record(&mut self.rows, &mut self.record)? {
            Ok(Some(line)) => line,
            Ok(None) => return Ok(Next::End),
            Err(refused) => return Ok(Next::Refused(refused)),
        };
        if let Some(problem) = wrong_count(&self.record, self.header.names().len()) {
            return Ok(Next::Refused(RowError { line, problem }));
        }
        Ok(Next::Row(Row { line, record: &self.record, header: &self.header }))
    }
}

impl<'a> Row<'a> {
    /// The line of the file at which it begins, from 1.
    #[must_use]
    pub const fn line(&self) -> u64 {
        self.line
    }

    /// The field of a column, trimmed; `None` when there is no such column or the field is empty.
    #[must_use]
    pub fn get(&self, column: &str) -> Option<&'a str> {
        Some(self.at(self.header.position(column)?)).filter(|text| !text.is_empty())
    }

    /// The field at a place that [`Header::position`] told, trimmed; empty beyond the row's end.
    #[must_use]
    pub fn at(&self, position: usize) -> &'a str {
        self.record.get(position).unwrap_or_default().trim()
    }
}

/// Whether a field begins a line of totals, as tills and spreadsheets put below the rows.
#[must_use]
pub fn is_total(field: &str) -> bool {
    const WORDS: [&str; 9] =
        ["total", "totals", "subtotal", "sum", "summe", "gesamt", "gesamtsumme", "zwischensumme", "totaal"];
    let word = field.trim().split([' ', ':', ';', '\t']).next().unwrap_or_default();
    WORDS.iter().any(|known| word.eq_ignore_ascii_case(known))
        || field.trim().eq_ignore_ascii_case("grand total")
}

/// Whether a spreadsheet has turned a long number into `1,23E+15`; its last digits are gone for good.
#[must_use]
pub fn is_spreadsheet_damage(field: &str) -> bool {
    let Some((mantissa, exponent)) = field.trim().split_once(['E', 'e']) else {
        return false;
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, "0"));
    digits(whole) && digits(fraction) && exponent.strip_prefix('+').is_some_and(digits)
}

/// Reads one record; the inner result tells its line, or why it is refused.
fn read_record<R: Read>(
    rows: &mut csv::Reader<Frames<R>>,
    record: &mut StringRecord,
) -> Result<Result<Option<u64>, RowError>, DelimitedError> {
    let at = rows.get_ref().line();
    let broken = |source| DelimitedError::Read { line: at, source };
    let line = match rows.get_mut().advance().map_err(broken)? {
        Frame::End => return Ok(Ok(None)),
        Frame::Refused(refused) => return Ok(Err(refused)),
        Frame::Record(line) => line,
    };
    rows.read_record(record).map_err(|error| broken(std::io::Error::other(error)))?;
    Ok(match beyond_caps(record) {
        Some(problem) => Err(RowError { line, problem }),
        None => Ok(Some(line)),
    })
}

fn beyond_caps(record: &StringRecord) -> Option<RowProblem> {
    let content = record.as_slice();
    if record.len() > MAX_COLUMNS {
        return Some(RowProblem::TooManyColumns(record.len()));
    }
    if content.as_bytes().contains(&0) {
        return Some(RowProblem::Nul);
    }
    if content.len() <= MAX_FIELD {
        return None;
    }
    let long = record.iter().position(|field| field.len() > MAX_FIELD)?;
    Some(RowProblem::FieldTooLong(long + 1))
}

/// Surplus fields that are empty come from a delimiter at the end of the line and do not count.
fn wrong_count(record: &StringRecord, expected: usize) -> Option<RowProblem> {
    let surplus = record.iter().skip(expected).any(|field| !field.trim().is_empty());
    (record.len() < expected || surplus).then(|| RowProblem::FieldCount {
        expected,
        found: record.len(),
        totals: record.get(0).is_some_and(is_total),
    })
}

#[cfg(test)]
mod tests;
