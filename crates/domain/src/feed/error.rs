//! Why a whole file is not taken; the last good version then stays.

use std::io;
use std::sync::Arc;

/// A cap that a file went beyond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Limit {
    /// More bytes than allowed, counted after decompression.
    #[error("the file holds more than {0} bytes after decompression")]
    Inflated(u64),
    /// A small file that unpacks to a huge one: a decompression bomb.
    #[error("the file unpacks to more than {0} times its size")]
    Ratio(u64),
    /// One tag, text or row that does not end.
    #[error("one tag, text or row is longer than {0} bytes")]
    Endless(u64),
    /// More rows than allowed.
    #[error("the file holds more than {0} rows")]
    Rows(u64),
    /// Elements within elements within elements.
    #[error("elements nest deeper than {0}")]
    Nesting(usize),
}

/// Why a feed or a ranking file is not taken as a whole.
///
/// A reader ends with it; what it gave before belongs to a broken file and must not be published.
#[derive(Debug, Clone, thiserror::Error)]
pub enum FeedError {
    /// Nothing in it.
    #[error("the file is empty")]
    Empty,
    /// XML, but no feed.
    #[error("line {line}: the outermost element is <{root}>, not <rss> or <feed>")]
    NoFeed {
        /// Where.
        line: u64,
        /// The element's name.
        root: String,
    },
    /// A table without the columns that tell what it is.
    #[error("line 1: the header lacks {wanted}; it has: {found}")]
    Header {
        /// What is missing.
        wanted: String,
        /// The columns that are there.
        found: String,
    },
    /// No well-formed XML.
    #[error("line {line}: not well-formed XML: {what}")]
    Malformed {
        /// Where.
        line: u64,
        /// What the parser says.
        what: String,
    },
    /// A document type definition: the door of entity bombs.
    #[error("line {line}: a document type definition (<!DOCTYPE …>) is refused")]
    Doctype {
        /// Where.
        line: u64,
    },
    /// An entity beyond the five of XML itself.
    #[error("line {line}: the entity &{name}; is refused: XML itself knows amp, lt, gt, quot and apos only")]
    Entity {
        /// Where.
        line: u64,
        /// Its name.
        name: String,
    },
    /// It ends in the middle.
    #[error("after line {line} the file is cut off")]
    Truncated {
        /// The last line that was read.
        line: u64,
    },
    /// The compressed data is damaged.
    #[error("after line {line} the compressed data is damaged")]
    Damaged {
        /// The last line that was read.
        line: u64,
    },
    /// A cap was passed.
    #[error("after line {line}: {limit}")]
    Limit {
        /// The last line that was read.
        line: u64,
        /// Which cap.
        limit: Limit,
    },
    /// The place it is read from failed.
    #[error("after line {line} the file could not be read")]
    Read {
        /// The last line that was read.
        line: u64,
        /// Why.
        #[source]
        source: Arc<io::Error>,
    },
}

impl FeedError {
    /// What the shop can do about it.
    #[must_use]
    pub const fn remedy(&self) -> &'static str {
        match self {
            Self::Empty => "export the feed again; an empty file never replaces products",
            Self::NoFeed { .. } => "upload a Google Merchant feed: RSS 2.0, Atom 1.0, CSV or TSV",
            Self::Header { .. } => "write the names of the columns into the first line",
            Self::Malformed { .. } => "export the feed again, or mend the XML at this line",
            Self::Doctype { .. } => {
                "export the feed without <!DOCTYPE …>; if it is a web page, upload the feed instead"
            }
            Self::Entity { .. } => "write the character itself, or its number such as &#160;",
            Self::Truncated { .. } | Self::Damaged { .. } => "upload the file again, whole",
            Self::Limit { .. } => {
                "look at how the file was made: no feed of a real shop comes near this limit"
            }
            Self::Read { .. } => "upload the file again; nothing was changed",
        }
    }

    /// The line it concerns, from 1; 0 for the whole file.
    #[must_use]
    pub const fn line(&self) -> u64 {
        match self {
            Self::Empty => 0,
            Self::Header { .. } => 1,
            Self::NoFeed { line, .. }
            | Self::Malformed { line, .. }
            | Self::Doctype { line }
            | Self::Entity { line, .. }
            | Self::Truncated { line }
            | Self::Damaged { line }
            | Self::Limit { line, .. }
            | Self::Read { line, .. } => *line,
        }
    }

    /// Whether reading the same file again may succeed: only where the place it is read from failed.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Read { .. })
    }

    /// Tells a cap, a cut and damage from a failing store: all of them come out of `Read` as one error type.
    pub(super) fn from_io(line: u64, error: io::Error) -> Self {
        Self::from_shared_io(line, Arc::new(error))
    }

    /// Like [`FeedError::from_io`], for parsers that share their error.
    pub(super) fn from_shared_io(line: u64, source: Arc<io::Error>) -> Self {
        let limit = source.get_ref().and_then(|inner| inner.downcast_ref::<Limit>());
        match (limit, source.kind()) {
            (Some(limit), _) => Self::Limit { line, limit: *limit },
            (None, io::ErrorKind::UnexpectedEof) => Self::Truncated { line },
            (None, io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData) => Self::Damaged { line },
            (None, _) => Self::Read { line, source },
        }
    }
}

/// Why one row is refused; the file goes on.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RowFault {
    pub(super) problem: String,
    pub(super) remedy: &'static str,
}
