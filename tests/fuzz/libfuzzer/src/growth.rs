//! Twice the input is not four times the work.
//!
//! Every program here is built so that it reports each comparison that it makes (SanitizerCoverage, `trace-compares`).
//! This one counts the reports instead of learning from them. Their number is the same on every machine and at every
//! load, so a limit on it can be exact where one on time cannot. Every file of a corpus that a person wrote is made
//! long in several ways, to one length and to twice that length.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};

use nachklang_fuzz::{Check, TARGETS};

/// Comparisons so far.
static COMPARISONS: AtomicU64 = AtomicU64::new(0);

/// Bytes of the shorter input.
const LENGTH: usize = 64 << 10;
/// How much more work twice the input may be, in tenths: 2 for linear work, a little for what grows with it.
const MOST_TENTHS: u64 = 27;
/// Work below this says nothing: fixed costs outweigh it.
const LEAST: u64 = 100_000;

fn main() -> ExitCode {
    let only: Vec<String> = std::env::args().skip(1).collect();
    let mut bad = 0;
    for (target, check) in TARGETS {
        if only.is_empty() || only.iter().any(|name| name == target) {
            bad += measure(target, check);
        }
    }
    if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Whether the fuzzer wrote the file: it names them by their hash. What people wrote is sense that can be repeated.
fn is_found(file: &std::path::Path) -> bool {
    let name = file.file_name().unwrap_or_default().as_encoded_bytes();
    name.len() == 40 && name.iter().all(u8::is_ascii_hexdigit)
}

/// How much more a longer input takes.
enum Growth {
    /// So many tenths of the work.
    Tenths(u64),
    /// There is too little work to tell.
    Little,
    /// It breaks a promise, and its report stands above.
    Broken,
}

/// Measures every file of a corpus that people wrote and prints the steepest; tells how many are too steep or break.
fn measure(target: &str, check: Check) -> u64 {
    let (mut measured, mut bad, mut steepest) = (0, 0, (0, String::new()));
    for file in written_files(target) {
        let seed = std::fs::read(&file).unwrap_or_default();
        for way in Way::ALL {
            let name = format!("{} {way:?}", file.file_name().unwrap_or_default().display());
            match way.growth(check, &seed) {
                Growth::Little => {}
                Growth::Broken => {
                    bad += 1;
                    println!("  {target}: {name}: breaks a promise when it is long");
                }
                Growth::Tenths(tenths) => {
                    measured += 1;
                    if tenths > MOST_TENTHS {
                        bad += 1;
                        println!("  {target}: {name}: twice the input, {} times the work", in_words(tenths));
                    }
                    steepest = steepest.max((tenths, name));
                }
            }
        }
    }
    let (tenths, name) = steepest;
    println!("{target:16} {measured:5} measured, at most {} times the work ({name})", in_words(tenths));
    bad
}

/// The files of a corpus that people wrote.
fn written_files(target: &str) -> Vec<std::path::PathBuf> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus").join(target);
    let files = folder.read_dir().into_iter().flatten().flatten().map(|entry| entry.path());
    let mut files: Vec<_> = files.filter(|file| !is_found(file)).collect();
    files.sort();
    files
}

fn in_words(tenths: u64) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// Comparisons for an input; `None` when it breaks a promise.
fn work(check: Check, input: &[u8]) -> Option<u64> {
    let before = COMPARISONS.load(Ordering::Relaxed);
    std::panic::catch_unwind(|| check(input)).ok()?;
    Some(COMPARISONS.load(Ordering::Relaxed) - before)
}

/// How a short input becomes a long one.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// All of it again and again.
    Whole,
    /// Its last line again and again.
    LastLine,
    /// Its longest line again and again, between the others: an entry of a list, where a list is laid out in lines.
    LongestLine,
    /// Its middle third again and again, between the others.
    Middle,
    /// Its longest run of letters, drawn out.
    Word,
}

impl Way {
    const ALL: [Self; 5] = [Self::Whole, Self::LastLine, Self::LongestLine, Self::Middle, Self::Word];

    /// How many times the work twice the input takes.
    fn growth(self, check: Check, seed: &[u8]) -> Growth {
        let longer = |length| self.lengthen(seed, length);
        let (Some(once), Some(twice)) = (longer(LENGTH), longer(2 * LENGTH)) else { return Growth::Little };
        match (work(check, &once), work(check, &twice)) {
            (Some(work), Some(more)) if work >= LEAST => Growth::Tenths(more * 10 / work),
            (Some(_), Some(_)) => Growth::Little,
            _ => Growth::Broken,
        }
    }

    fn lengthen(self, seed: &[u8], length: usize) -> Option<Vec<u8>> {
        let (from, to) = match self {
            Self::Whole => (0, seed.len()),
            Self::LastLine => (line_start(seed), seed.len()),
            Self::LongestLine => longest_line(seed),
            Self::Middle => (seed.len() / 3, seed.len() - seed.len() / 3),
            Self::Word => {
                let at = seed.iter().rposition(u8::is_ascii_alphanumeric)?;
                (at, at + 1)
            }
        };
        let piece = seed.get(from..to).filter(|piece| !piece.is_empty())?;
        let times = length.saturating_sub(seed.len() - piece.len()) / piece.len();
        let (head, tail) = (seed.get(..from)?, seed.get(to..)?);
        (times > 1).then(|| [head, &piece.repeat(times), tail].concat())
    }
}

fn line_start(seed: &[u8]) -> usize {
    let body = seed.strip_suffix(b"\n").unwrap_or(seed);
    body.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1)
}

/// From where to where it stands, with its line end.
fn longest_line(seed: &[u8]) -> (usize, usize) {
    let mut from = 0;
    let places = seed.split_inclusive(|byte| *byte == b'\n').map(|line| {
        from += line.len();
        (from - line.len(), from)
    });
    places.max_by_key(|(from, to)| to - from).unwrap_or_default()
}

/// What the compiler calls at each comparison and once at the start; see Clang's documentation of SanitizerCoverage.
mod hooks {
    use super::{COMPARISONS, Ordering};

    macro_rules! comparisons {
        ($($name:ident: $number:ty),*) => {
            $(#[unsafe(no_mangle)]
            extern "C" fn $name(_: $number, _: $number) {
                COMPARISONS.fetch_add(1, Ordering::Relaxed);
            })*
        };
    }

    comparisons! {
        __sanitizer_cov_trace_cmp1: u8, __sanitizer_cov_trace_cmp2: u16, __sanitizer_cov_trace_cmp4: u32,
        __sanitizer_cov_trace_cmp8: u64, __sanitizer_cov_trace_const_cmp1: u8, __sanitizer_cov_trace_const_cmp2: u16,
        __sanitizer_cov_trace_const_cmp4: u32, __sanitizer_cov_trace_const_cmp8: u64
    }

    #[unsafe(no_mangle)]
    extern "C" fn __sanitizer_cov_trace_switch(_: u64, _: *const u64) {
        COMPARISONS.fetch_add(1, Ordering::Relaxed);
    }

    #[unsafe(no_mangle)]
    extern "C" fn __sanitizer_cov_trace_pc_indir(_: usize) {}

    #[unsafe(no_mangle)]
    extern "C" fn __sanitizer_cov_8bit_counters_init(_: *const u8, _: *const u8) {}

    #[unsafe(no_mangle)]
    extern "C" fn __sanitizer_cov_pcs_init(_: *const usize, _: *const usize) {}
}
