//! Reads a till file receipt by receipt, as the order events of its source.

use std::io::Read;

use crate::id::Source;
use crate::order::OrderEvent;
use crate::report::FileReport;
use crate::shop::Shop;
use crate::till::{TillContext, TillReader};

/// The source under which receipts are kept.
pub const TILL_SOURCE: &str = "till";

/// What a till file does not say about itself, from the shop file.
#[must_use]
pub fn till_context(shop: &Shop) -> Option<TillContext> {
    Some(TillContext {
        shop: shop.id.clone(),
        source: Source::parse(TILL_SOURCE).ok()?,
        currency: shop.currency,
        time_zone: shop.zone().clone(),
    })
}

/// A till file that is being taken in, some receipts at a time, so that nobody waits long for a large one.
///
/// A bad file is no error but a report. Receiving its events again changes nothing, so a broken-off import is repeated.
pub struct TillImport<'a, R> {
    reader: Option<TillReader<'a, R>>,
    report: FileReport,
}

impl<'a, R: Read> TillImport<'a, R> {
    /// Opens a file; one without the needed columns has no receipts and says so in its report.
    #[must_use]
    pub fn open(shop: &'a Shop, context: &'a TillContext, file: &str, read: R) -> Self {
        let mut report = FileReport::new(file);
        let reader = TillReader::new(read, &shop.till, context, file);
        let reader = reader.map_err(|error| {
            report.error(
                0,
                error.to_string(),
                "name the columns in the header, or map them under [till.columns]",
            );
        });
        Self { reader: reader.ok(), report }
    }

    /// The next events, at most so many; none at the end.
    #[must_use]
    pub fn next_events(&mut self, at_most: usize) -> Vec<OrderEvent> {
        let mut events = Vec::new();
        while let (true, Some(reader)) = (events.len() < at_most, &mut self.reader) {
            match reader.next() {
                Some(Ok(event)) => events.push(event),
                Some(Err(error)) => self.close(Some(error.to_string())),
                None => self.close(None),
            }
        }
        events
    }

    /// The report; complete once there are no more events.
    #[must_use]
    pub fn finish(mut self) -> FileReport {
        self.close(None);
        self.report
    }

    fn close(&mut self, broken: Option<String>) {
        if let Some(reader) = self.reader.take() {
            self.report = reader.finish();
        }
        if let Some(problem) = broken {
            self.report.error(0, problem, "upload the file again; what was read is not taken twice");
        }
    }
}
