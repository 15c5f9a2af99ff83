//! What a thread logs, for the test that runs on it.

use std::cell::RefCell;
use std::io::{self, Write};
use std::sync::Once;

use serde_json::Value;

thread_local! {
    static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

struct OfThread;

impl Write for OfThread {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.with_borrow_mut(|log| log.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Begins to log, for all threads: what one thread alone listens to may be missed when another one says it first.
pub fn listen() {
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| {
        let log = tracing_subscriber::fmt().json().flatten_event(true).with_writer(|| OfThread);
        // Somebody else listens already: then nothing is heard, which the tests notice.
        tracing::subscriber::set_global_default(log.finish()).ok();
    });
}

/// What this thread has said since it was asked last.
#[must_use]
pub fn said() -> String {
    String::from_utf8_lossy(&LOG.take()).into_owned()
}

/// Of what it has said since, the lines with this sentence.
#[must_use]
pub fn lines(sentence: &str) -> Vec<Value> {
    let said = said();
    let lines = said.lines().filter_map(|line| serde_json::from_str(line).ok());
    lines.filter(|line: &Value| line["message"] == sentence).collect()
}
