//! How one run of bytes becomes several inputs.

use std::collections::BTreeMap;
use std::io::{self, Read};

/// What divides parts: a byte that no text holds, so that mutations rarely touch it.
const DIVIDER: u8 = 0;

/// The parts of an input, in order; an endless number of empty ones follows.
pub(crate) struct Parts<'a>(&'a [u8]);

impl<'a> Parts<'a> {
    pub(crate) const fn new(data: &'a [u8]) -> Self {
        Self(data)
    }

    /// The bytes up to the next divider.
    pub(crate) fn next(&mut self) -> &'a [u8] {
        let end = self.0.iter().position(|byte| *byte == DIVIDER).unwrap_or(self.0.len());
        let (part, rest) = self.0.split_at_checked(end).unwrap_or((self.0, &[]));
        self.0 = rest.get(1..).unwrap_or_default();
        part
    }

    /// The next part as text; what is no UTF-8 is replaced.
    pub(crate) fn text(&mut self) -> String {
        String::from_utf8_lossy(self.next()).into_owned()
    }

    /// All that is left.
    pub(crate) const fn rest(self) -> &'a [u8] {
        self.0
    }
}

/// Files by path, from sections that begin with a line `=== path`. What stands before the first one is passed over.
pub(crate) fn files(data: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut path = None;
    for line in data.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_prefix(b"=== ") {
            Some(name) => path = Some(String::from_utf8_lossy(name.trim_ascii()).into_owned()),
            None => {
                if let Some(path) = &path {
                    files.entry(path.clone()).or_default().extend_from_slice(line);
                }
            }
        }
    }
    files
}

/// Hands out a few bytes at a time, as a network does.
pub(crate) struct Trickle<'a>(pub(crate) &'a [u8]);

impl Read for Trickle<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let room = into.len().min(7);
        let few = into.get_mut(..room).unwrap_or_default();
        self.0.read(few)
    }
}
