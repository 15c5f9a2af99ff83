//! What can be wrong with a delimited file or a row of it.

use std::io;

use super::{MAX_COLUMNS, MAX_FIELD, MAX_RECORD};

/// Why a file cannot be read, or not to its end.
#[derive(Debug, thiserror::Error)]
pub enum DelimitedError {
    /// No line with content.
    #[error("the file is empty; upload it again with a header row and at least one row")]
    Empty,
    /// The first row cannot be read.
    #[error("the header row cannot be read: {problem}; {}", .problem.remedy())]
    Header {
        /// What is wrong with it.
        problem: RowProblem,
    },
    /// The stream broke; what came before it was read.
    #[error("the file cannot be read beyond line {line}; upload it again")]
    Read {
        /// The line that was to be read.
        line: u64,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// A row that was not taken; the rows after it are read as if it were not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct RowError {
    /// The line of the file at which the row begins, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub problem: RowProblem,
}

/// What is wrong with a row, in words without its content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowProblem {
    /// Fewer or more fields than the header.
    #[error("the row has {found} fields, the header has {expected}")]
    FieldCount {
        /// Fields of the header.
        expected: usize,
        /// Fields of the row.
        found: usize,
        /// Whether its first field says that it is a line of totals.
        totals: bool,
    },
    /// A quote that does not close, or text after the closing one.
    #[error("a field begins with a quote that is not closed properly")]
    BrokenQuote,
    /// Longer than [`MAX_RECORD`].
    #[error("the row is longer than {MAX_RECORD} bytes")]
    RecordTooLong,
    /// More than [`MAX_COLUMNS`].
    #[error("the row has {0} columns, more than {MAX_COLUMNS}")]
    TooManyColumns(usize),
    /// A field longer than [`MAX_FIELD`].
    #[error("field {0} is longer than {MAX_FIELD} bytes")]
    FieldTooLong(usize),
    /// A NUL character, which no text holds.
    #[error("the row holds a NUL character")]
    Nul,
}

impl RowProblem {
    /// What to do about it.
    #[must_use]
    pub const fn remedy(&self) -> &'static str {
        match self {
            Self::FieldCount { .. } => {
                "give every row as many fields as the header; quote fields that hold the delimiter"
            }
            Self::BrokenQuote => "close the quote, and write a quote inside a quoted field twice",
            Self::RecordTooLong | Self::TooManyColumns(_) => {
                "check the file for a missing line break or quote"
            }
            Self::FieldTooLong(_) => "shorten the field, or check the file for a missing quote",
            Self::Nul => "export the file as UTF-8 text",
        }
    }
}
