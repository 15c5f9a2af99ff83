//! Till files read receipt by receipt.

use std::collections::VecDeque;
use std::io::Read;

use jiff::tz::TimeZone;

use crate::delimited::{DelimitedReader, Next, Row, RowError, RowProblem, is_total};
use crate::id::{ShopId, Source};
use crate::money::Currency;
use crate::order::OrderEvent;
use crate::report::FileReport;

use super::buyer::Buyer;
use super::config::{TillConfig, TillField};
use super::error::{BadRow, TillError};
use super::layout::Layout;
use super::line_id::EqualRows;
use super::receipt::OpenReceipt;
use super::row::{RowParser, TillRow};

/// What a till file does not say about itself.
#[derive(Debug, Clone)]
pub struct TillContext {
    /// The shop that the till belongs to.
    pub shop: ShopId,
    /// The source under which its receipts are kept.
    pub source: Source,
    /// The currency of rows that name none.
    pub currency: Currency,
    /// The zone of times that name none.
    pub time_zone: TimeZone,
}

/// Reads a till file as an iterator over what it tells; holds one receipt at a time.
///
/// A receipt is handed on when another receipt number follows. Rows of it that come later, in this file or another,
/// make another event of the same order; their line ids come from their content, so that events add up and nothing
/// counts twice, whatever the name of the file. A row that cannot be read is reported and passed over.
pub struct TillReader<'a, R> {
    rows: DelimitedReader<R>,
    parser: RowParser<'a>,
    open: Option<OpenReceipt>,
    ready: VecDeque<OrderEvent>,
    equal_rows: EqualRows,
    report: FileReport,
    ended: bool,
}

impl<'a, R: Read> TillReader<'a, R> {
    /// Reads the header and finds the columns.
    ///
    /// # Errors
    /// [`TillError`] when there is no header row or a column is missing; it names the columns that there are.
    pub fn new(
        read: R,
        config: &'a TillConfig,
        context: &'a TillContext,
        file: &str,
    ) -> Result<Self, TillError> {
        let rows = DelimitedReader::new(read)?;
        let layout = Layout::new(rows.header(), config)?;
        Ok(Self {
            parser: RowParser::new(layout, config, context, rows.delimiter()),
            rows,
            open: None,
            ready: VecDeque::new(),
            equal_rows: EqualRows::default(),
            report: FileReport::new(file),
            ended: false,
        })
    }

    /// The report about the rows read so far; complete after the last item.
    ///
    /// `rows` is `accepted` and `rejected`; lines of totals are no rows.
    #[must_use]
    pub fn finish(self) -> FileReport {
        self.report
    }

    fn step(&mut self) -> Result<(), TillError> {
        match self.rows.next_row()? {
            Next::Row(row) => {
                let mut gathering = Gathering {
                    parser: &self.parser,
                    open: &mut self.open,
                    ready: &mut self.ready,
                    equal_rows: &mut self.equal_rows,
                    report: &mut self.report,
                };
                gathering.take(row);
            }
            Next::Refused(refused) => self.refuse(&refused),
            Next::End => {
                self.ended = true;
                // Some 20 MB in a large file, which a caller may want for what it read.
                self.equal_rows = EqualRows::default();
                let last = self.open.take();
                let items = last.map(|receipt| receipt.close(self.parser.context));
                self.ready.extend(items.unwrap_or_default());
            }
        }
        Ok(())
    }

    fn refuse(&mut self, refused: &RowError) {
        if matches!(refused.problem, RowProblem::FieldCount { totals: true, .. }) {
            return skip_totals(refused.line, &mut self.report);
        }
        self.report.rows += 1;
        let remedy = refused.problem.remedy();
        self.report.reject_row(refused.line, refused.problem.to_string(), remedy);
    }
}

impl<R: Read> Iterator for TillReader<'_, R> {
    /// An error means that the stream broke; nothing comes after it.
    type Item = Result<OrderEvent, TillError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.ready.is_empty() && !self.ended {
            if let Err(broken) = self.step() {
                self.ended = true;
                return Some(Err(broken));
            }
        }
        self.ready.pop_front().map(Ok)
    }
}

/// The reader without its rows, while one of them is looked at.
struct Gathering<'g, 'a> {
    parser: &'g RowParser<'a>,
    open: &'g mut Option<OpenReceipt>,
    ready: &'g mut VecDeque<OrderEvent>,
    equal_rows: &'g mut EqualRows,
    report: &'g mut FileReport,
}

impl Gathering<'_, '_> {
    fn take(&mut self, row: Row<'_>) {
        if self.is_total(row) {
            return skip_totals(row.line(), self.report);
        }
        self.report.rows += 1;
        match self.add(row) {
            Ok(()) => self.report.accepted += 1,
            Err(bad) => self.report.reject_row(row.line(), bad.to_string(), bad.remedy()),
        }
    }

    fn add(&mut self, row: Row<'_>) -> Result<(), BadRow> {
        let before = self.open.as_ref().map(|open| (open.receipt.as_str(), open.at));
        let parsed = self.parser.parse(row, before)?;
        let mut open = match self.open.take() {
            Some(open) if open.takes(&parsed.number) => open,
            other => {
                self.equal_rows.begin_receipt();
                let items = other.map(|receipt| receipt.close(self.parser.context));
                self.ready.extend(items.unwrap_or_default());
                OpenReceipt::begin(&parsed)
            }
        };
        let added = self.add_to(&mut open, parsed, row);
        *self.open = Some(open);
        added
    }

    /// Adds a row to its receipt; a buyer that the row before told in the same words is not read again.
    fn add_to(&mut self, open: &mut OpenReceipt, parsed: TillRow<'_>, row: Row<'_>) -> Result<(), BadRow> {
        let (words, before) = (Buyer::words(self.parser, row), noted(self.report));
        let buyer = if open.buyer_words == words {
            Buyer::default()
        } else {
            Buyer::parse(self.parser, row, self.report)
        };
        open.add(parsed, row.line(), buyer, self.equal_rows, self.report)?;
        if before == noted(self.report) {
            open.buyer_words = words;
        }
        Ok(())
    }

    /// A line of totals names no goods, and its first field or its receipt says what it is.
    fn is_total(&self, row: Row<'_>) -> bool {
        let text = |field| self.parser.layout.text(row, field);
        let says_so = is_total(row.at(0)) || is_total(text(TillField::Receipt));
        says_so && (text(TillField::Sku).is_empty() || text(TillField::Timestamp).is_empty())
    }
}

/// How much there is in a report. What is wrong with a buyer is said of every row, so only faultless ones are known.
fn noted(report: &FileReport) -> (usize, u64) {
    (report.findings.len(), report.not_listed)
}

fn skip_totals(line: u64, report: &mut FileReport) {
    report.warning(
        line,
        "the row is a line of totals and was passed over",
        "nothing to do; leave such lines out of the export to be rid of the warning",
    );
}

#[cfg(test)]
mod tests;
