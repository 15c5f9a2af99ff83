//! The bucket, as far as uploads need it.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use nachklang_aws::store::{AwsStore, FoundObject, ObjectReader};
use nachklang_domain::ports::PortResult;

/// The bucket, as far as uploads need it.
pub trait Bucket: Clone + Send + Sync + 'static {
    /// Reads an object's bytes; may block.
    type Reader: Read + Send + 'static;

    /// The newest object under a key, without its bytes.
    fn find(&self, key: &str) -> impl Future<Output = PortResult<Option<FoundObject>>> + Send;

    /// Reads an object that was found. Reading MUST fail when the object was replaced meanwhile.
    fn open(&self, found: &FoundObject) -> impl Future<Output = Self::Reader> + Send;

    /// The bytes under a key; a permanent error when there are more than `cap`.
    fn get(&self, key: &str, cap: u64) -> impl Future<Output = PortResult<Option<Vec<u8>>>> + Send;

    /// Writes an object.
    fn put(&self, key: &str, bytes: Vec<u8>) -> impl Future<Output = PortResult<()>> + Send;

    /// The objects below a prefix, sorted by key, up to a limit. MUST see every write that has returned.
    fn list(&self, prefix: &str, limit: usize) -> impl Future<Output = PortResult<Vec<FoundObject>>> + Send;
}

impl Bucket for AwsStore {
    type Reader = ObjectReader;

    async fn find(&self, key: &str) -> PortResult<Option<FoundObject>> {
        self.find_object(key).await
    }

    async fn open(&self, found: &FoundObject) -> ObjectReader {
        self.open_object(found).await
    }

    async fn get(&self, key: &str, cap: u64) -> PortResult<Option<Vec<u8>>> {
        self.get_object(key, cap).await
    }

    async fn put(&self, key: &str, bytes: Vec<u8>) -> PortResult<()> {
        self.put_object(key, bytes, "application/json").await
    }

    async fn list(&self, prefix: &str, limit: usize) -> PortResult<Vec<FoundObject>> {
        self.list_objects(prefix, limit).await
    }
}

/// A reader that remembers whether the bucket failed: then a file that looks cut short is none.
pub struct Watched<R> {
    read: R,
    failed: Arc<AtomicBool>,
}

/// Tells whether the bucket failed.
#[derive(Debug, Clone)]
pub struct Watch(Arc<AtomicBool>);

impl<R> Watched<R> {
    /// Watches a reader.
    pub fn new(read: R) -> (Self, Watch) {
        let failed = Arc::new(AtomicBool::new(false));
        (Self { read, failed: Arc::clone(&failed) }, Watch(failed))
    }
}

impl Watch {
    /// Whether reading failed.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.read.read(buf);
        if read.as_ref().is_err_and(|error| error.kind() != io::ErrorKind::Interrupted) {
            self.failed.store(true, Ordering::Relaxed);
        }
        read
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Broken;

    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the line is cut"))
        }
    }

    #[test]
    fn a_bucket_that_fails_is_told_from_a_file_that_ends() {
        let (read, watch) = Watched::new(&b"whole"[..]);
        assert_eq!(io::read_to_string(read).unwrap(), "whole");
        assert!(!watch.has_failed());
        let (read, watch) = Watched::new((&b"half"[..]).chain(Broken));
        assert!(io::read_to_string(read).is_err());
        assert!(watch.has_failed());
    }
}
