//! The program may end at any moment, without warning: nothing is lost, nothing happens twice.

use std::process::{Child, Stdio};
use std::time::{Duration, SystemTime};

use crate::retail;
use crate::world::{World, assert_adds_up, assert_codes_are_personal};

/// What is waited for before the program is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// So many mails more than before.
    Mails(usize),
    /// So many times that the write-ahead log was written.
    Writes(usize),
    /// So many milliseconds.
    Millis(u64),
}

/// Starts the program and kills it at a moment; answers whether it had ended by itself before.
fn strike(world: &World, arguments: &str, moment: Moment) -> bool {
    let mut command = world.command(arguments);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let ended = wait(world, &mut child, moment);
    child.kill().unwrap();
    child.wait().unwrap();
    ended
}

fn wait(world: &World, child: &mut Child, moment: Moment) -> bool {
    let wal = world.data().join("nachklang.sqlite-wal");
    let written = || std::fs::metadata(&wal).and_then(|wal| wal.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    let mails = || world.names("outbox", ".eml").len();
    let (before, mut seen, mut last, mut slept) = (mails(), 0, written(), 0);
    loop {
        if child.try_wait().unwrap().is_some() {
            return true;
        }
        let now = written();
        seen += usize::from(now != last);
        last = now;
        let due = match moment {
            Moment::Mails(more) => mails() >= before + more,
            Moment::Writes(times) => seen >= times,
            Moment::Millis(millis) => slept >= millis,
        };
        if due {
            return false;
        }
        std::thread::sleep(Duration::from_millis(1));
        slept += 1;
    }
}

/// What must be the same however often the program was killed.
fn assert_same_end(struck: &World, calm: &World) {
    assert_eq!(struck.status(), calm.status());
    for ending in [".eml", ".json"] {
        assert_eq!(struck.names("outbox", ending), calm.names("outbox", ending));
    }
    for folder in ["outbox", "outbox/staff", "reports", "."] {
        assert!(struck.names(folder, ".part").is_empty(), "half a file stays in {folder}");
    }
    assert_eq!(struck.names("outbox/staff", ""), calm.names("outbox/staff", ""));
    assert_eq!(struck.names("reports", ""), calm.names("reports", ""));
    let (mails, others) = (struck.mails(), calm.mails());
    assert!(mails.iter().all(|(mail, (to, _))| others[mail].0 == *to), "a mail went to somebody else");
    assert_adds_up(&struck.status());
    assert_codes_are_personal(struck);
}

#[test]
fn a_show_killed_at_a_dozen_moments_ends_as_if_nothing_had_happened() {
    use Moment::{Mails, Millis, Writes};
    let (calm, struck) = (World::new(), World::new());
    let show = "--no-serve --port 0";
    calm.must(show);
    let moments = [
        Writes(1),
        Millis(300),
        Writes(40),
        Mails(1),
        Writes(400),
        Millis(1_100),
        Mails(7),
        Writes(90),
        Mails(23),
        Mails(2),
        Millis(1_700),
        Mails(61),
        Writes(5),
        Mails(40),
    ];
    let ended: Vec<bool> = moments.into_iter().map(|moment| strike(&struck, show, moment)).collect();
    assert!(ended.iter().filter(|ended| !**ended).count() >= 10, "too few kills hit: {ended:?}");
    struck.must(show);
    assert_same_end(&struck, &calm);
    assert!(calm.status()["mailed"].as_u64().unwrap() > 200);
}

#[test]
fn days_killed_midway_are_made_up_for() {
    use Moment::{Mails, Millis, Writes};
    let (calm, struck) = (World::new(), World::new());
    for world in [&calm, &struck] {
        retail::prepare(world);
        retail::import_all(world, &retail::history());
    }
    calm.must("run --days 70");
    for moment in [Writes(1), Mails(1), Writes(50), Mails(19), Millis(400), Mails(60), Writes(7)] {
        strike(&struck, "run --days 70", moment);
    }
    struck.must("run --days 70");
    for world in [&calm, &struck] {
        world.must("run --date 2027-06-30");
    }
    assert_same_end(&struck, &calm);
    assert!(calm.status()["mailed"].as_u64().unwrap() > 100);
}

#[test]
fn a_day_killed_midway_is_run_to_its_end_by_the_same_command() {
    let (calm, struck) = (World::new(), World::new());
    let day = format!("run --date {}", retail::BUSY_DAY);
    for world in [&calm, &struck] {
        retail::prepare(world);
        retail::import_all(world, &retail::history());
    }
    calm.must(&day);
    for mails in [1, 3, 9] {
        assert!(!strike(&struck, &day, Moment::Mails(mails)), "it ended before it was killed");
    }
    struck.must(&day);
    assert_same_end(&struck, &calm);
}

#[test]
fn an_import_killed_midway_is_taken_in_by_the_same_command() {
    let (calm, struck) = (World::new(), World::new());
    let file = struck.file("till.csv", retail::csv(&retail::history()));
    for world in [&calm, &struck] {
        retail::prepare(world);
    }
    calm.must_on("import orders --shop uk", &file);
    let import = format!("import orders --shop uk {}", file.display());
    for millis in [30, 200, 600] {
        strike(&struck, &import, Moment::Millis(millis));
    }
    let known = struck.must(&format!("{import} --json")).json();
    assert_eq!(
        known["stored"].as_u64().unwrap() + known["known"].as_u64().unwrap(),
        retail::invoices(&retail::history())
    );
    assert_same_end(&struck, &calm);
}
