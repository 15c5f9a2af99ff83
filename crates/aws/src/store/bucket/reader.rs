//! A large object as a blocking stream of bytes.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use aws_sdk_s3::primitives::AggregatedBytes;
use nachklang_domain::ports::{PortError, PortResult};
use tokio::sync::Semaphore;

use super::{FoundObject, broken_off, folder};
use crate::config::Setting;
use crate::store::AwsStore;
use crate::store::fault::fault;
use crate::store::retry::Backoff;

/// Bytes a piece. Each piece is a call of its own: whoever writes rows while it reads would keep one long answer
/// waiting until the other side hangs up.
const PIECE: u64 = 2 << 20;
/// So many pieces wait at most.
const AHEAD: usize = 2;

/// Reads an object; blocks until a piece has come.
///
/// A task of the runtime fetches, a thread reads. The channel between them never makes the task wait and may make the
/// thread wait, even inside `block_on`; permits bound it.
#[derive(Debug)]
pub struct ObjectReader {
    pieces: Receiver<PortResult<Vec<u8>>>,
    piece: io::Cursor<Vec<u8>>,
    /// Bytes that have not come yet.
    missing: u64,
    room: Arc<Semaphore>,
}

pub(super) fn open(store: AwsStore, found: FoundObject) -> ObjectReader {
    let (room, missing) = (Arc::new(Semaphore::new(AHEAD)), found.size);
    let (to, pieces) = channel();
    tokio::spawn(fetch(store, found, Arc::clone(&room), to));
    ObjectReader { pieces, piece: io::Cursor::default(), missing, room }
}

impl Read for ObjectReader {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.piece.read(to)?;
            if read > 0 || to.is_empty() {
                return Ok(read);
            }
            if self.missing == 0 {
                return Ok(0);
            }
            self.piece = io::Cursor::new(self.next_piece()?);
        }
    }
}

impl ObjectReader {
    fn next_piece(&mut self) -> io::Result<Vec<u8>> {
        // The task ends early only with the runtime; what is missing must not look like the end of the object.
        let piece = self.pieces.recv().map_err(|_| io::Error::from(io::ErrorKind::UnexpectedEof))?;
        let piece = piece.map_err(io::Error::other)?;
        self.room.add_permits(1);
        let came = u64::try_from(piece.len()).unwrap_or(u64::MAX);
        self.missing =
            self.missing.checked_sub(came).filter(|_| came > 0).ok_or(io::ErrorKind::UnexpectedEof)?;
        Ok(piece)
    }
}

/// Whoever stops reading early ends the task that fetches.
impl Drop for ObjectReader {
    fn drop(&mut self) {
        self.room.close();
    }
}

async fn fetch(store: AwsStore, found: FoundObject, room: Arc<Semaphore>, to: Sender<PortResult<Vec<u8>>>) {
    let mut from = 0;
    while from < found.size {
        let Ok(permit) = room.acquire().await else { return };
        permit.forget();
        let piece = piece(&store, &found, from).await;
        let ended = piece.is_err();
        if to.send(piece).is_err() || ended {
            return;
        }
        from += PIECE;
    }
}

async fn piece(store: &AwsStore, found: &FoundObject, from: u64) -> PortResult<Vec<u8>> {
    let bucket = store.config.get(Setting::Bucket)?;
    let last = (from + PIECE).min(found.size) - 1;
    let mut backoff = Backoff::default();
    loop {
        let get = store.clients.s3.get_object().bucket(bucket).key(&found.key);
        let call = get.range(format!("bytes={from}-{last}")).if_match(&found.etag).send().await;
        let answer = call.map_err(|error| match error.raw_response().map(|raw| raw.status().as_u16()) {
            Some(404 | 412) => replaced(bucket, &found.key),
            _ => fault("read an object", bucket, &error),
        })?;
        match answer.body.collect().await.map(AggregatedBytes::to_vec) {
            Ok(bytes) => return Ok(bytes),
            Err(_) if backoff.pause().await => {}
            Err(error) => return Err(broken_off(bucket, &found.key).because(error)),
        }
    }
}

/// S3 announces each version of an object by an event of its own.
fn replaced(bucket: &str, key: &str) -> PortError {
    let folder = folder(key);
    PortError::permanent(format!(
        "cannot go on reading a file in {folder} ({bucket}): it was replaced or deleted meanwhile; the newer upload counts"
    ))
}
