//! A file of the starter content, in memory.

/// A file and where it belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleFile {
    /// Its path below the folder of the starter content, parts separated by `/`.
    pub path: String,
    /// What it holds.
    pub content: Vec<u8>,
}

impl SampleFile {
    /// A file of some content.
    #[must_use]
    pub const fn new(path: String, content: Vec<u8>) -> Self {
        Self { path, content }
    }
}

/// A table of texts as a file's content, quoted where needed (RFC 4180), lines ending in a line feed.
///
/// # Errors
/// When the rows are of different lengths.
pub fn table<R, F>(rows: R, separator: u8) -> anyhow::Result<Vec<u8>>
where
    R: IntoIterator<Item = F>,
    F: IntoIterator,
    F::Item: AsRef<[u8]>,
{
    let mut writer = csv::WriterBuilder::new().delimiter(separator).from_writer(Vec::new());
    for row in rows {
        writer.write_record(row)?;
    }
    writer
        .into_inner()
        .map_err(|unwritten| anyhow::anyhow!("the table cannot be written: {}", unwritten.error()))
}
