//! Tables with a header: CSV and TSV.

use std::borrow::Cow;
use std::io::{self, Read};

use csv::ByteRecord;
use encoding_rs::WINDOWS_1252;

use super::budget::Budget;
use super::config::FeedLimits;
use super::error::FeedError;
use super::input::Text;

/// What may divide columns; the first wins where the header has as many of two.
const DELIMITERS: [u8; 3] = [b'\t', b';', b','];

/// A table that is read row by row.
pub(super) struct Table<R: Read> {
    records: csv::Reader<Budget<Text<R>>>,
    record: ByteRecord,
    header: Vec<String>,
    rows: u64,
    limits: FeedLimits,
}

impl<R: Read> Table<R> {
    /// Reads the header; `head` is the beginning of the text.
    pub(super) fn open(head: &[u8], text: Text<R>, limits: FeedLimits) -> Result<Self, FeedError> {
        let mut table = Self {
            records: delimited(Budget::new(text, limits.piece()), delimiter(head)),
            record: ByteRecord::new(),
            header: Vec::new(),
            rows: 0,
            limits,
        };
        if !table.read_filled()? {
            return Err(FeedError::Empty);
        }
        table.header = table.fields().map(Cow::into_owned).collect();
        Ok(table)
    }

    /// The columns' names as they stand in the file.
    pub(super) fn header(&self) -> &[String] {
        &self.header
    }

    /// Goes to the next row that is not blank; false at the end.
    pub(super) fn next_row(&mut self) -> Result<bool, FeedError> {
        if !self.read_filled()? {
            return Ok(false);
        }
        self.rows += 1;
        self.limits.check_rows(self.rows, self.line()).map(|()| true)
    }

    /// The line at which the row begins, from 1.
    pub(super) fn line(&self) -> u64 {
        self.record.position().map_or(0, csv::Position::line)
    }

    /// The values of the row in the header's order.
    pub(super) fn fields(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.record.iter().map(decode)
    }

    /// A value of the row.
    pub(super) fn field(&self, column: usize) -> Cow<'_, str> {
        self.record.get(column).map_or(Cow::Borrowed(""), decode)
    }

    /// Whether the row is UTF-8 throughout.
    pub(super) fn is_utf8(&self) -> bool {
        std::str::from_utf8(self.record.as_slice()).is_ok()
    }

    /// How the row's number of values differs from the header's. Blank ones beyond it do not count.
    pub(super) fn misfit(&self) -> Option<String> {
        let (wanted, found) = (self.header.len(), self.record.len());
        let surplus = self.record.iter().skip(wanted).any(|field| !field.trim_ascii().is_empty());
        (found < wanted || surplus).then(|| format!("the row has {found} values, the header {wanted}"))
    }

    fn read_filled(&mut self) -> Result<bool, FeedError> {
        while self.read()? {
            if self.record.iter().any(|field| !field.trim_ascii().is_empty()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn read(&mut self) -> Result<bool, FeedError> {
        self.records.get_mut().next_piece();
        let line = self.records.position().line();
        let read = self.records.read_byte_record(&mut self.record);
        read.map_err(|error| match error.into_kind() {
            csv::ErrorKind::Io(error) => FeedError::from_io(line, error),
            other => FeedError::from_io(line, io::Error::other(format!("{other:?}"))),
        })
    }
}

/// The columns' names for a message. A file without a header has a customer there, perhaps by her address.
pub(super) fn header_words(header: &[String]) -> String {
    let shown = header.iter().map(|name| if name.contains('@') { "…" } else { name });
    crate::text::clean_line(&shown.collect::<Vec<_>>().join(", "), 200)
}

/// Reads records of any length, so that one bad row does not cost the file.
fn delimited<R: Read>(read: R, delimiter: u8) -> csv::Reader<R> {
    csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(read)
}

/// The delimiter that divides the header most often, outside quotes.
fn delimiter(head: &[u8]) -> u8 {
    let line = head.split(|byte| matches!(byte, b'\n' | b'\r')).find(|line| !line.is_empty());
    let mut counts = DELIMITERS.map(|delimiter| (delimiter, 0));
    let mut quoted = false;
    for byte in line.unwrap_or_default() {
        quoted ^= *byte == b'"';
        let hit = counts.iter_mut().find(|(delimiter, _)| !quoted && delimiter == byte);
        if let Some((_, count)) = hit {
            *count += 1;
        }
    }
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0);
    counts.iter().find(|(_, count)| *count == most).map_or(b',', |(delimiter, _)| *delimiter)
}

/// UTF-8, else Windows-1252: what spreadsheets of western Europe write.
fn decode(field: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(field)
        .map_or_else(|_| WINDOWS_1252.decode_without_bom_handling(field).0, Cow::Borrowed)
}

#[cfg(test)]
mod tests {
    use super::super::error::Limit;
    use super::super::input;
    use super::*;

    fn open(bytes: &[u8]) -> Result<Table<&[u8]>, FeedError> {
        let (head, text) = input::open(bytes, FeedLimits::default())?;
        Table::open(&head, text, FeedLimits::default())
    }

    fn rows(bytes: &[u8]) -> Vec<Vec<String>> {
        let mut table = open(bytes).unwrap();
        let mut all = vec![table.header().to_vec()];
        while table.next_row().unwrap() {
            all.push(table.fields().map(Cow::into_owned).collect());
        }
        all
    }

    #[test]
    fn the_header_tells_the_delimiter() {
        for text in ["id,title\n1,Ring", "id;title\r\n1;Ring\r\n", "\u{feff}id\ttitle\n\n1\tRing\n\t\n"] {
            assert_eq!(rows(text.as_bytes()), [["id", "title"], ["1", "Ring"]], "{text:?}");
        }
        assert_eq!(rows(b"\"id; a; b; c\",title\n1,Ring\n")[1], ["1", "Ring"]);
        assert_eq!(rows(b"id\n1\n"), [["id"], ["1"]]);
    }

    #[test]
    fn a_quoted_value_may_hold_anything() {
        let table = rows(b"id,title\n1,\"Ring, \"\"Luna\"\"\nsilver\"\n");
        assert_eq!(table[1], ["1", "Ring, \"Luna\"\nsilver"]);
    }

    #[test]
    fn a_row_that_does_not_fit_its_header_is_told() {
        let mut table = open(b"id,title\n1\n1,Ring,,\n1,Ring,x\n").unwrap();
        let mut misfits = Vec::new();
        while table.next_row().unwrap() {
            misfits.push((table.line(), table.misfit().is_some()));
        }
        assert_eq!(misfits, [(2, true), (3, false), (4, true)]);
    }

    #[test]
    fn a_file_that_is_not_utf8_is_read_as_windows_1252() {
        let mut table = open(b"id,title\n1,Gr\xf6\xdfe\n2,Gr\xc3\xb6\xc3\x9fe\n").unwrap();
        table.next_row().unwrap();
        assert_eq!((table.field(1).as_ref(), table.is_utf8()), ("Größe", false));
        table.next_row().unwrap();
        assert_eq!((table.field(1).as_ref(), table.is_utf8()), ("Größe", true));
    }

    #[test]
    fn a_quote_that_is_never_closed_does_not_fill_memory() {
        let endless = [b"id,title\n1,\"".to_vec(), vec![b'x'; 4 << 20]].concat();
        let refused = open(&endless).unwrap().next_row().unwrap_err();
        let limit = Limit::Endless(1 << 20);
        assert!(matches!(refused, FeedError::Limit { limit: found, line: 2 } if found == limit), "{refused}");
    }

    #[test]
    fn a_long_table_of_short_rows_is_read_to_its_end() {
        let text = "id,title\n".to_owned() + &"LUN-7,Ring\n".repeat(200_000);
        let mut table = open(text.as_bytes()).unwrap();
        let (mut rows, mut last_line) = (0, 0);
        while table.next_row().unwrap() {
            (rows, last_line) = (rows + 1, table.line());
        }
        assert_eq!((rows, last_line), (200_000, 200_001));
    }

    #[test]
    fn nothing_is_no_table() {
        assert!(matches!(open(b"").err(), Some(FeedError::Empty)));
        assert!(matches!(open(b"\n\n").err(), Some(FeedError::Empty)));
    }
}
