//! Where one record ends and the next begins, told so that one broken quote never swallows the rows after it.

use std::collections::VecDeque;
use std::io::{self, BufRead, Read};

use super::decode::Decoder;
use super::{MAX_RECORD, RowError, RowProblem};

/// What a line that is kept costs beside its text, so that a million empty lines count for what they take.
const LINE_COST: usize = 64;

/// What stands next in the file.
pub(super) enum Frame {
    /// A whole record, now to be read; it begins at this line.
    Record(u64),
    /// Something that is no record.
    Refused(RowError),
    /// Nothing.
    End,
}

/// One line of the file.
enum PhysicalLine {
    Text(Vec<u8>),
    TooLong,
    End,
}

/// Cuts text into records; as a [`Read`] it hands out the current record and nothing beyond.
pub(super) struct Frames<R> {
    text: Decoder<R>,
    delimiter: u8,
    /// More fields than this cannot be one record.
    columns: usize,
    record: Vec<u8>,
    served: usize,
    /// Lines that were read to find the end of a quoted field.
    ahead: VecDeque<PhysicalLine>,
    /// The number of the next line.
    line: u64,
}

impl<R: Read> Frames<R> {
    pub(super) fn new(text: Decoder<R>, delimiter: u8, columns: usize) -> Self {
        Self { text, delimiter, columns, record: Vec::new(), served: 0, ahead: VecDeque::new(), line: 1 }
    }

    /// Tells how many columns the header has.
    pub(super) fn expect_columns(&mut self, columns: usize) {
        self.columns = columns;
    }

    /// The number of the next line.
    pub(super) const fn line(&self) -> u64 {
        self.line
    }

    /// Goes to the next record, over lines without content.
    pub(super) fn advance(&mut self) -> io::Result<Frame> {
        loop {
            let line = self.line;
            match self.take_line()? {
                PhysicalLine::End => return Ok(Frame::End),
                PhysicalLine::TooLong => return Ok(refused(line, RowProblem::RecordTooLong)),
                PhysicalLine::Text(text) if self.is_blank(&text) => self.record = text,
                PhysicalLine::Text(text) => {
                    self.record = text;
                    return self.complete(line);
                }
            }
        }
    }

    /// Adds the lines that a quoted field goes on over. If that makes more fields than there are columns, the quote was
    /// a slip, and the lines after it are rows of their own.
    fn complete(&mut self, line: u64) -> io::Result<Frame> {
        let mut quotes = Quotes::new(self.delimiter);
        quotes.scan(&self.record);
        let (mut lines, mut size) = (0, self.record.len());
        while quotes.state == State::Quoted && quotes.fields <= self.columns && size <= MAX_RECORD {
            let Some(PhysicalLine::Text(text)) = self.peek_line(lines)? else {
                break;
            };
            quotes.scan(text);
            size += text.len() + LINE_COST;
            lines += 1;
        }
        let swallows = lines > 0 && (quotes.fields > self.columns || size > MAX_RECORD);
        if swallows || matches!(quotes.state, State::Quoted | State::Broken) {
            return Ok(refused(line, RowProblem::BrokenQuote));
        }
        self.join(lines);
        Ok(Frame::Record(line))
    }

    fn join(&mut self, lines: usize) {
        for line in self.ahead.drain(..lines) {
            if let PhysicalLine::Text(text) = line {
                self.record.extend_from_slice(&text);
                self.line += 1;
            }
        }
        if self.record.last() != Some(&b'\n') {
            self.record.push(b'\n');
        }
        self.served = 0;
    }

    /// A line of nothing but blanks and delimiters, as spreadsheets leave them at the end.
    fn is_blank(&self, text: &[u8]) -> bool {
        text.iter().all(|byte| byte.is_ascii_whitespace() || *byte == self.delimiter)
    }

    fn take_line(&mut self) -> io::Result<PhysicalLine> {
        let line = match self.ahead.pop_front() {
            Some(line) => line,
            None => {
                let buffer = std::mem::take(&mut self.record);
                self.read_line(buffer)?
            }
        };
        if !matches!(line, PhysicalLine::End) {
            self.line += 1;
        }
        Ok(line)
    }

    fn peek_line(&mut self, index: usize) -> io::Result<Option<&PhysicalLine>> {
        while self.ahead.len() <= index {
            let line = self.read_line(Vec::new())?;
            self.ahead.push_back(line);
        }
        Ok(self.ahead.get(index))
    }

    fn read_line(&mut self, mut buffer: Vec<u8>) -> io::Result<PhysicalLine> {
        buffer.clear();
        let limit = u64::try_from(MAX_RECORD).unwrap_or(u64::MAX);
        let read = (&mut self.text).take(limit).read_until(b'\n', &mut buffer)?;
        if read == MAX_RECORD && buffer.last() != Some(&b'\n') {
            self.text.skip_until(b'\n')?;
            return Ok(PhysicalLine::TooLong);
        }
        Ok(if read == 0 { PhysicalLine::End } else { PhysicalLine::Text(buffer) })
    }
}

impl<R: Read> Read for Frames<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.record.get(self.served..).unwrap_or_default().read(into)?;
        self.served += count;
        Ok(count)
    }
}

fn refused(line: u64, problem: RowProblem) -> Frame {
    Frame::Refused(RowError { line, problem })
}

/// Where in a record the scan stands (RFC 4180, section 2, with blanks allowed after a closing quote).
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    FieldStart,
    Plain,
    Quoted,
    AfterQuote,
    /// A quoted field goes on after its closing quote.
    Broken,
}

/// Follows the quotes through the lines of one record.
struct Quotes {
    delimiter: u8,
    state: State,
    fields: usize,
}

impl Quotes {
    const fn new(delimiter: u8) -> Self {
        Self { delimiter, state: State::FieldStart, fields: 1 }
    }

    fn scan(&mut self, line: &[u8]) {
        if line.contains(&b'"') {
            line.iter().for_each(|byte| self.step(*byte));
        }
    }

    fn step(&mut self, byte: u8) {
        self.state = match (self.state, byte) {
            (State::Broken, _) => State::Broken,
            (State::Quoted, b'"') => State::AfterQuote,
            (State::Quoted, _) | (State::FieldStart | State::AfterQuote, b'"') => State::Quoted,
            (_, delimiter) if delimiter == self.delimiter => {
                self.fields += 1;
                State::FieldStart
            }
            (State::AfterQuote, b' ' | b'\n') => State::AfterQuote,
            (State::AfterQuote, _) => State::Broken,
            (State::FieldStart | State::Plain, _) => State::Plain,
        };
    }
}
