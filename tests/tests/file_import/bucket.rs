//! A bucket in memory.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use file_import::bucket::Bucket;
use nachklang_aws::store::FoundObject;
use nachklang_domain::ports::{PortError, PortResult};

/// The repository's starter content, laid out like the bucket.
pub const TEMPLATES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../templates");

/// By key: what a listing tells, and the bytes.
type Objects = BTreeMap<String, (FoundObject, Vec<u8>)>;

#[derive(Clone, Default)]
pub struct MemoryBucket {
    objects: Arc<Mutex<Objects>>,
    puts: Arc<AtomicU64>,
    /// After so many bytes, reading an object as a stream fails.
    pub breaks_after: Option<usize>,
}

impl MemoryBucket {
    fn lock(&self) -> MutexGuard<'_, Objects> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn upload(&self, key: &str, bytes: impl Into<Vec<u8>>) {
        let bytes = bytes.into();
        let etag = format!("etag-{}", self.puts.fetch_add(1, Ordering::Relaxed));
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let found = FoundObject { key: key.to_owned(), size, etag };
        self.lock().insert(key.to_owned(), (found, bytes));
    }

    /// Uploads a folder of the starter content.
    pub fn upload_templates(&self, folder: &str) -> anyhow::Result<()> {
        for (key, bytes) in templates(folder)? {
            self.upload(&key, bytes);
        }
        Ok(())
    }

    /// Changes a text file.
    pub fn edit(&self, key: &str, from: &str, to: &str) -> anyhow::Result<()> {
        let text = String::from_utf8(self.bytes(key).unwrap_or_default())?;
        anyhow::ensure!(text.contains(from), "{key} has no {from:?}");
        self.upload(key, text.replacen(from, to, 1));
        Ok(())
    }

    pub fn bytes(&self, key: &str) -> Option<Vec<u8>> {
        self.lock().get(key).map(|(_, bytes)| bytes.clone())
    }

    pub fn remove(&self, key: &str) {
        self.lock().remove(key);
    }

    /// The report about a file.
    pub fn report(&self, file: &str) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.bytes(&file_import::report_key(file))?).ok()
    }
}

/// The files of a folder of the starter content, by their keys.
pub fn templates(folder: &str) -> anyhow::Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![Path::new(TEMPLATES).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let key = path.strip_prefix(TEMPLATES)?.to_string_lossy().into_owned();
                files.insert(key, std::fs::read(&path)?);
            }
        }
    }
    Ok(files)
}

pub struct Broken {
    bytes: Cursor<Vec<u8>>,
    breaks: bool,
}

impl Read for Broken {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self.bytes.read(buf)? {
            0 if self.breaks => Err(io::Error::other("the connection is gone")),
            read => Ok(read),
        }
    }
}

impl Bucket for MemoryBucket {
    type Reader = Broken;

    async fn find(&self, key: &str) -> PortResult<Option<FoundObject>> {
        Ok(self.lock().get(key).map(|(found, _)| found.clone()))
    }

    async fn open(&self, found: &FoundObject) -> Broken {
        let mut bytes = self.bytes(&found.key).unwrap_or_default();
        let breaks = self.breaks_after.is_some_and(|most| most < bytes.len());
        bytes.truncate(self.breaks_after.unwrap_or(usize::MAX));
        Broken { bytes: Cursor::new(bytes), breaks }
    }

    async fn get(&self, key: &str, cap: u64) -> PortResult<Option<Vec<u8>>> {
        let Some(bytes) = self.bytes(key) else { return Ok(None) };
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > cap {
            return Err(PortError::permanent("too large"));
        }
        Ok(Some(bytes))
    }

    async fn put(&self, key: &str, bytes: Vec<u8>) -> PortResult<()> {
        self.upload(key, bytes);
        Ok(())
    }

    async fn list(&self, prefix: &str, limit: usize) -> PortResult<Vec<FoundObject>> {
        let objects = self.lock();
        let found = objects.values().map(|(found, _)| found).filter(|found| found.key.starts_with(prefix));
        Ok(found.take(limit).cloned().collect())
    }
}
