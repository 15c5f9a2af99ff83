//! How much memory something takes, on a stack no larger than a worker thread's.

use std::sync::{Mutex, PoisonError};

use crate::HEAP;

/// The stack of a worker thread of Tokio; what recurses too deeply aborts the test.
const STACK: usize = 2 << 20;

/// Tests run at once, but only one may allocate while it is measured.
static ALONE: Mutex<()> = Mutex::new(());

/// Runs something; gives its result and the most bytes that it held at once.
pub(crate) fn measured<T: Send>(work: impl FnOnce() -> T + Send) -> (T, usize) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let before = HEAP.current_usage();
    HEAP.reset_peak_usage();
    let done = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work).unwrap();
        thread.join()
    });
    let peak = HEAP.peak_usage().saturating_sub(before);
    (done.unwrap_or_else(|panic| std::panic::resume_unwind(panic)), peak)
}

/// Whether a character steers a program or reorders what a reader sees (UAX #9, RFC 5322): counted here once more, so
/// that the product's own list is looked at too.
pub(crate) fn steers(c: char) -> bool {
    c.is_control()
        || matches!(u32::from(c), 0x061c | 0x200b | 0x200e..=0x200f | 0x2028..=0x202e | 0x2066..=0x2069 | 0xfeff)
}
