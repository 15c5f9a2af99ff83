//! A file of receipts or people, as one row of things told.

use std::io::Read;

use super::super::import_till::TillImport;
use super::{PIECE, Told};
use crate::contact_file::{ContactFileError, ContactFileReader};
use crate::report::FileReport;
use crate::shop::Shop;

/// A file of receipts or people that is being read.
pub(super) enum Teller<'a, R> {
    Till(Box<TillImport<'a, R>>),
    People(Box<People<R>>),
}

/// A contact file. One without the needed column has no people and says so in its report.
pub(super) struct People<R> {
    reader: Option<ContactFileReader<R>>,
    report: FileReport,
}

impl<R: Read> Teller<'_, R> {
    pub(super) const fn noun(&self) -> &'static str {
        match self {
            Self::Till(_) => "receipts",
            Self::People(_) => "people",
        }
    }

    pub(super) fn pass_over(&mut self, mut left: u64) {
        while left > 0 {
            let piece = usize::try_from(left).unwrap_or(usize::MAX).min(PIECE);
            let passed = u64::try_from(self.next_told(piece).len()).unwrap_or(u64::MAX);
            left = if passed == 0 { 0 } else { left.saturating_sub(passed) };
        }
    }

    /// What it tells next, at most so much; nothing at the end.
    pub(super) fn next_told(&mut self, at_most: usize) -> Vec<Told> {
        match self {
            Self::Till(till) => {
                let events = till.next_events(at_most);
                events.into_iter().map(|event| Told::Order(Box::new(event))).collect()
            }
            Self::People(people) => people.next_told(at_most),
        }
    }

    pub(super) fn finish(self) -> FileReport {
        match self {
            Self::Till(till) => till.finish(),
            Self::People(people) => people.reader.map_or(people.report, ContactFileReader::finish),
        }
    }
}

impl<R: Read> People<R> {
    pub(super) fn open(shop: &Shop, file: &str, read: R) -> Self {
        let mut report = FileReport::new(file);
        let reader = ContactFileReader::new(read, shop.zone(), shop.till.date_order, file);
        let reader = reader
            .map_err(|error| report.error(0, error.to_string(), "export the file again with a column email"));
        Self { reader: reader.ok(), report }
    }

    fn next_told(&mut self, at_most: usize) -> Vec<Told> {
        let mut told = Vec::new();
        while told.len() < at_most
            && let Some(row) = self.reader.as_mut().and_then(Iterator::next)
        {
            match row {
                Ok(row) => told.push(Told::Contact(Box::new(row))),
                Err(error) => self.break_off(&error),
            }
        }
        told
    }

    fn break_off(&mut self, error: &ContactFileError) {
        if let Some(reader) = self.reader.take() {
            self.report = reader.finish();
        }
        self.report.error(0, error.to_string(), "upload the file again; what was read is not taken twice");
    }
}
