//! The first row, and which character divides it.

use csv::StringRecord;

/// The names of the columns.
#[derive(Debug, Clone)]
pub struct Header {
    names: Vec<String>,
}

impl Header {
    /// Takes the names from the first row; empty ones at its end are no columns.
    pub(super) fn new(record: &StringRecord) -> Self {
        let mut names: Vec<String> = record.iter().map(|name| name.trim().to_owned()).collect();
        while names.len() > 1 && names.last().is_some_and(String::is_empty) {
            names.pop();
        }
        Self { names }
    }

    /// The names as the file writes them, trimmed.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The place of the first column of this name; letter case, blanks, `_` and `-` do not matter.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| same_name(known, name))
    }
}

/// Whether two column names are the same: `InvoiceNo`, `invoice_no`, `Invoice No`.
#[must_use]
pub fn same_name(one: &str, other: &str) -> bool {
    letters(one).eq(letters(other))
}

fn letters(name: &str) -> impl Iterator<Item = char> {
    name.chars().filter(|c| !matches!(c, ' ' | '_' | '-' | '\u{a0}')).flat_map(char::to_lowercase)
}

/// What the beginning of a file says about its delimiter.
pub(super) struct Sniffed {
    pub(super) delimiter: u8,
    /// Whether the first line is Excel's `sep=;`, which is no row.
    pub(super) declared: bool,
}

/// Finds the delimiter: the one that Excel's `sep=` line declares, else the most frequent in the first line that
/// has content; a file of one column has none, and the comma does no harm.
pub(super) fn sniff(sample: &[u8]) -> Sniffed {
    let mut lines = sample.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let first = lines.find(|line| !line.is_empty()).unwrap_or_default();
    if let [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter @ (b',' | b';' | b'\t')] = first {
        return Sniffed { delimiter: *delimiter, declared: true };
    }
    let delimiter = [b',', b'\t', b';']
        .into_iter()
        .max_by_key(|delimiter| outside_quotes(first, *delimiter))
        .filter(|delimiter| outside_quotes(first, *delimiter) > 0);
    Sniffed { delimiter: delimiter.unwrap_or(b','), declared: false }
}

fn outside_quotes(line: &[u8], delimiter: u8) -> usize {
    let parts = line.split(|byte| *byte == b'"').step_by(2);
    parts.flatten().filter(|byte| **byte == delimiter).count()
}
