//! Files that are made while they are read, so that the file itself takes no memory.

use std::io::{self, Read};

/// A file made piece by piece.
#[derive(Debug)]
pub struct Generated<I> {
    pieces: I,
    piece: String,
    served: usize,
}

impl<I: Iterator<Item = String>> Generated<I> {
    /// A file of these pieces.
    pub const fn new(pieces: I) -> Self {
        Self { pieces, piece: String::new(), served: 0 }
    }
}

impl<I: Iterator<Item = String>> Read for Generated<I> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.served == self.piece.len() {
            let Some(piece) = self.pieces.next() else {
                return Ok(0);
            };
            self.piece = piece;
            self.served = 0;
        }
        let count = self.piece.as_bytes().get(self.served..).unwrap_or_default().read(into)?;
        self.served += count;
        Ok(count)
    }
}

/// Numbers that look random and are the same in every run (Steele, Lea and Flood: `SplitMix64`, 2014).
#[derive(Debug, Clone)]
pub struct Numbers(u64);

impl Numbers {
    /// Numbers that a seed begins.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number, below a limit.
    pub const fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// The next number.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
