//! Reads a product feed from the first byte to the report.

use std::io::Read;

use crate::product::Product;
use crate::report::FileReport;

use super::attribute::{Attribute, Rank, RawRow, column_name};
use super::config::{FeedConfig, FeedContext};
use super::error::FeedError;
use super::gap::Gaps;
use super::input::{self, Text};
use super::mapping::{Mapping, RowFault};
use super::seen::SeenIds;
use super::table::Table;
use super::xml::XmlFeed;

/// The products of a Google Merchant feed: RSS 2.0, Atom 1.0, CSV or TSV, plain or gzip, told by the content.
///
/// Yields each product as it is read, in memory that does not grow with the file but for 16 bytes an id. A bad row
/// is refused in the report and the file goes on. After an `Err` nothing follows, and what came before must not be
/// published: the file is broken and the last good version stays.
pub struct ProductFeedReader<R: Read> {
    rows: Rows<R>,
    row: RawRow,
    mapping: Mapping,
    seen: SeenIds,
    gaps: Gaps,
    report: FileReport,
    state: State,
}

enum Rows<R: Read> {
    Xml(Box<XmlFeed<R>>),
    Table(Box<Table<R>>, Vec<Option<Attribute>>),
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    Reading,
    Complete,
    Broken,
}

impl<R: Read> ProductFeedReader<R> {
    /// Opens a feed.
    ///
    /// # Errors
    /// [`FeedError`] when the file is empty, cannot be read, or is a table without the column `id`.
    pub fn new(read: R, config: &FeedConfig, context: &FeedContext) -> Result<Self, FeedError> {
        let (head, text) = input::open(read, context.limits)?;
        let mapping = Mapping::new(config, context.currency);
        Ok(Self {
            rows: Rows::open(&head, text, &mapping, context)?,
            row: RawRow::new(context.limits),
            mapping,
            seen: SeenIds::new(),
            gaps: Gaps::default(),
            report: FileReport::new(&context.file),
            state: State::Reading,
        })
    }

    /// The report. A feed that was not read to its end is reported as such.
    #[must_use]
    pub fn finish(mut self) -> FileReport {
        if self.state == State::Reading {
            self.report.error(
                0,
                "the feed was not read to its end",
                "read it again; nothing was changed",
            );
        }
        self.gaps.report(&mut self.report);
        self.report
    }

    fn next_product(&mut self) -> Result<Option<Product>, FeedError> {
        while self.rows.next_row(&self.mapping, &mut self.row)? {
            self.report.rows += 1;
            match self.take_row() {
                Ok(product) => {
                    self.report.accepted += 1;
                    return Ok(Some(product));
                }
                Err(fault) => self.report.reject_row(self.row.line, fault.problem, fault.remedy),
            }
        }
        Ok(None)
    }

    fn take_row(&mut self) -> Result<Product, RowFault> {
        self.rows.check_fit()?;
        let id = self.mapping.id(&self.row)?;
        if self.seen.contains(id.as_str()) {
            return Err(RowFault {
                problem: format!("the id {id} came before in this feed"),
                remedy: "give each product an id of its own; the first one was taken",
            });
        }
        let product = self.mapping.product(id, &self.row, &mut self.gaps)?;
        self.seen.insert(product.id.as_str());
        Ok(product)
    }
}

impl<R: Read> Iterator for ProductFeedReader<R> {
    type Item = Result<Product, FeedError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.state != State::Reading {
            return None;
        }
        let next = self.next_product();
        match &next {
            Ok(Some(_)) => {}
            Ok(None) => self.state = State::Complete,
            Err(error) => {
                self.state = State::Broken;
                self.report.error(error.line(), error.to_string(), error.remedy());
            }
        }
        next.transpose()
    }
}

impl<R: Read> Rows<R> {
    fn open(head: &[u8], text: Text<R>, mapping: &Mapping, context: &FeedContext) -> Result<Self, FeedError> {
        if head.trim_ascii_start().starts_with(b"<") {
            return Ok(Self::Xml(Box::new(XmlFeed::new(text, context.limits))));
        }
        let table = Table::open(head, text, context.limits)?;
        let attribute = |name: &String| mapping.schema.attribute(&column_name(name));
        let columns: Vec<_> = table.header().iter().map(attribute).collect();
        if !columns.contains(&Some(Attribute::Id)) {
            return Err(FeedError::Header {
                wanted: "the column id".to_owned(),
                found: table.header_words(),
            });
        }
        Ok(Self::Table(Box::new(table), columns))
    }

    fn next_row(&mut self, mapping: &Mapping, row: &mut RawRow) -> Result<bool, FeedError> {
        match self {
            Self::Xml(feed) => feed.next_row(&mapping.schema, row),
            Self::Table(table, columns) => {
                let more = table.next_row()?;
                row.begin(table.line());
                row.legacy_text = !table.is_utf8();
                for (attribute, value) in columns.iter().zip(table.fields()) {
                    if let Some(attribute) = attribute {
                        row.set(*attribute, Rank::Plain, &value);
                    }
                }
                Ok(more)
            }
        }
    }

    fn check_fit(&self) -> Result<(), RowFault> {
        match self {
            Self::Xml(_) => Ok(()),
            Self::Table(table, _) => table.misfit().map_or(Ok(()), |problem| {
                Err(RowFault {
                    problem,
                    remedy: "quote values that hold the delimiter or a line break",
                })
            }),
        }
    }
}
