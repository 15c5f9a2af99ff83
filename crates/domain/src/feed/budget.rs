//! A buffered reader that counts lines and refuses a piece that does not end.

use std::io::{self, BufRead, BufReader, Read};

use super::error::Limit;

/// Keeps a parser from collecting an endless tag, text or row: each piece has a budget of bytes.
pub(super) struct Budget<R> {
    read: BufReader<R>,
    max: u64,
    used: u64,
    line: u64,
}

impl<R: Read> Budget<R> {
    /// Allows `max` bytes a piece, give or take the parser's own buffer.
    pub(super) fn new(read: R, max: u64) -> Self {
        Self { read: BufReader::with_capacity(32 << 10, read), max, used: 0, line: 1 }
    }

    /// Begins the next piece.
    pub(super) const fn next_piece(&mut self) {
        self.used = 0;
    }

    /// The line that the parser has come to, from 1.
    pub(super) const fn line(&self) -> u64 {
        self.line
    }
}

impl<R: Read> BufRead for Budget<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.used > self.max {
            return Err(io::Error::other(Limit::Endless(self.max)));
        }
        self.read.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        let taken = self.read.buffer().iter().take(amount);
        let lines = taken.filter(|byte| **byte == b'\n').count();
        self.line = self.line.saturating_add(u64::try_from(lines).unwrap_or(u64::MAX));
        self.used = self.used.saturating_add(u64::try_from(amount).unwrap_or(u64::MAX));
        self.read.consume(amount);
    }
}

impl<R: Read> Read for Budget<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buf)?;
        self.consume(read);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_piece_has_the_whole_budget_and_none_has_more() {
        let mut budget = Budget::new(io::repeat(b'x'), 40 << 10);
        let mut sink = vec![0; 40 << 10];
        for _ in 0..3 {
            budget.next_piece();
            budget.read_exact(&mut sink).unwrap();
        }
        budget.next_piece();
        let endless = io::copy(&mut budget, &mut io::sink()).unwrap_err();
        let limit = endless.get_ref().and_then(|inner| inner.downcast_ref::<Limit>());
        assert_eq!(limit, Some(&Limit::Endless(40 << 10)));
    }

    #[test]
    fn lines_are_counted_as_they_are_consumed() {
        let mut budget = Budget::new(&b"a\nb\n\nc"[..], 1 << 20);
        budget.fill_buf().unwrap();
        budget.consume(3);
        assert_eq!(budget.line(), 2);
        io::copy(&mut budget, &mut io::sink()).unwrap();
        assert_eq!(budget.line(), 4);
    }
}
