//! A whole sheet in the bucket: its rows, sorted by name, as lines of deflated parts.

use std::io::{BufRead as _, BufReader, Cursor, Write as _};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use nachklang_domain::id::content_hash;
use nachklang_domain::ports::{PortError, PortResult};
use serde::{Deserialize, Serialize};

use crate::store::AwsStore;

/// Bytes of rows a part: some hundred kilobytes deflated. Publishing holds a part of each sheet and run in memory.
const PART: usize = 1 << 20;
/// The largest part that is read: one row may be as large as an item.
const MAX_PART: u64 = 8 << 20;
/// The longest name of a row, in bytes: with shop and language it fits the key of an item.
///
/// Source: <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>
const MAX_NAME: usize = 900;

/// Whether a row may be called so. Whoever looks for another name need not look.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= MAX_NAME && !name.contains(char::is_control)
}

/// A row: its name and its JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) name: String,
    pub(super) json: String,
}

impl Line {
    /// The line of a value. `noun` is what it is called in an error.
    ///
    /// # Errors
    /// A permanent error when the name fits no key.
    pub(super) fn of<T: Serialize>(noun: &str, name: &str, value: &T) -> PortResult<Self> {
        if !is_name(name) {
            let rule = "its name needs 1 to 900 bytes without control characters";
            return Err(PortError::permanent(format!("cannot store {noun}: {rule}")));
        }
        let json = serde_json::to_string(value);
        let json = json.map_err(|_| PortError::permanent(format!("{noun} has no JSON; this is a defect")))?;
        Ok(Self { name: name.to_owned(), json })
    }

    /// Its size as text.
    pub(super) const fn size(&self) -> usize {
        self.name.len() + self.json.len() + 2
    }

    /// Reads one line of a part. Neither a name nor JSON holds a tab or a line feed.
    fn parse(line: &str) -> Option<Self> {
        let (name, json) = line.strip_suffix('\n')?.split_once('\t')?;
        Some(Self { name: name.to_owned(), json: json.to_owned() })
    }
}

/// Where a sheet lies in the bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Snapshot {
    /// Its folder.
    pub(super) folder: String,
    /// How many parts it has.
    parts: u32,
    /// How many rows it has.
    pub(super) rows: u64,
    /// Equal for equal rows only.
    pub(super) digest: String,
}

impl Snapshot {
    fn part(folder: &str, number: u32) -> String {
        format!("{folder}/{number:06}")
    }
}

/// Writes a sheet, row by row.
#[derive(Debug)]
pub(super) struct SnapshotWriter<'a> {
    store: &'a AwsStore,
    written: Snapshot,
    /// The hashes of the parts so far.
    hashes: String,
    part: Vec<u8>,
}

impl<'a> SnapshotWriter<'a> {
    /// Writes into a folder that is empty, or whose content nobody needs.
    pub(super) const fn new(store: &'a AwsStore, folder: String) -> Self {
        let written = Snapshot { folder, parts: 0, rows: 0, digest: String::new() };
        Self { store, written, hashes: String::new(), part: Vec::new() }
    }

    /// Adds a row; rows come sorted by name.
    pub(super) async fn add(&mut self, line: &Line) -> PortResult<()> {
        for bytes in [line.name.as_bytes(), b"\t", line.json.as_bytes(), b"\n"] {
            self.part.extend_from_slice(bytes);
        }
        self.written.rows += 1;
        if self.part.len() >= PART { self.flush().await } else { Ok(()) }
    }

    /// Writes what is left.
    pub(super) async fn finish(mut self) -> PortResult<Snapshot> {
        if !self.part.is_empty() {
            self.flush().await?;
        }
        self.written.digest = content_hash(self.hashes.as_bytes());
        Ok(self.written)
    }

    async fn flush(&mut self) -> PortResult<()> {
        self.hashes.push_str(&content_hash(&self.part));
        let deflated = deflate(&self.part).map_err(|error| {
            PortError::permanent("rows cannot be deflated; this is a defect").because(error)
        })?;
        let key = Snapshot::part(&self.written.folder, self.written.parts);
        self.store.put_object(&key, deflated, "application/octet-stream").await?;
        self.written.parts += 1;
        self.part.clear();
        Ok(())
    }
}

/// The lightest compression: a feed passes through it several times an import.
fn deflate(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// Reads a sheet, row by row.
#[derive(Debug)]
pub(super) struct SnapshotReader<'a> {
    store: &'a AwsStore,
    snapshot: Snapshot,
    next_part: u32,
    lines: Option<BufReader<DeflateDecoder<Cursor<Vec<u8>>>>>,
}

impl<'a> SnapshotReader<'a> {
    /// Begins at the first row.
    pub(super) const fn new(store: &'a AwsStore, snapshot: Snapshot) -> Self {
        Self { store, snapshot, next_part: 0, lines: None }
    }

    /// The next row.
    pub(super) async fn next(&mut self) -> PortResult<Option<Line>> {
        loop {
            if let Some(line) = self.line()? {
                return Ok(Some(line));
            }
            if self.next_part == self.snapshot.parts {
                return Ok(None);
            }
            self.open_part().await?;
        }
    }

    fn line(&mut self) -> PortResult<Option<Line>> {
        let Some(lines) = &mut self.lines else { return Ok(None) };
        let mut line = String::new();
        let read = lines.read_line(&mut line).map_err(|_| self.unreadable())?;
        if read == 0 {
            self.lines = None;
            return Ok(None);
        }
        Line::parse(&line).map(Some).ok_or_else(|| self.unreadable())
    }

    async fn open_part(&mut self) -> PortResult<()> {
        let key = Snapshot::part(&self.snapshot.folder, self.next_part);
        let part = self.store.get_object(&key, MAX_PART).await?.ok_or_else(|| self.unreadable())?;
        self.lines = Some(BufReader::new(DeflateDecoder::new(Cursor::new(part))));
        self.next_part += 1;
        Ok(())
    }

    fn unreadable(&self) -> PortError {
        let folder = &self.snapshot.folder;
        PortError::permanent(format!(
            "the published rows under {folder} cannot be read; restore that folder of the bucket"
        ))
    }
}
