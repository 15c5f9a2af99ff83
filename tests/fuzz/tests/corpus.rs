//! All bytes that a fuzzer ever found worth keeping, given to the doors again.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use nachklang_fuzz::{Outcome, TARGETS};

/// A corpus stays small: it is cloned and replayed by everybody.
const MAX_FILES: usize = 200;
const MAX_BYTES: usize = 2 << 20;

fn files(target: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let mut files: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Replays one corpus; a panic names the file that was last told.
fn replay(target: &str) {
    let (_, check) = TARGETS.iter().find(|(name, _)| *name == target).unwrap();
    let outcome = |file: &PathBuf| {
        eprintln!("{}", file.display());
        check(&std::fs::read(file).unwrap())
    };
    let outcomes: BTreeSet<Outcome> = files(target).iter().map(outcome).collect();
    let both = BTreeSet::from([Outcome::Taken, Outcome::Refused]);
    assert_eq!(outcomes, both, "the corpus of {target} no longer reaches both ends of its door");
}

macro_rules! corpora {
    ($($target:ident)*) => {
        $(mod $target {
            #[test]
            fn corpus_replays_without_a_panic() {
                super::replay(stringify!($target));
            }
        })*

        #[test]
        fn every_door_has_a_corpus_that_is_replayed() {
            let replayed = [$(stringify!($target)),*];
            assert_eq!(TARGETS.map(|(name, _)| name), replayed);
        }
    };
}

corpora! {
    catalog contact_file coupon_file feed_csv feed_gzip feed_xml link_token mail_message mail_render mail_template
    ses_event till_csv webhook_bodies webhook_headers
}

#[test]
fn the_corpora_stay_small() {
    let mut bytes = 0;
    for (target, _) in TARGETS {
        let files = files(target);
        assert!(files.len() <= MAX_FILES, "{target} has {} files", files.len());
        bytes +=
            files.iter().map(|file| usize::try_from(file.metadata().unwrap().len()).unwrap()).sum::<usize>();
    }
    assert!(bytes <= MAX_BYTES, "{bytes} bytes");
}
