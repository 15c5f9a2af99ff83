//! Real history, as a till file in the columns of the "Online Retail" data set.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use serde_json::Value;

use crate::retail;
use crate::world::{World, assert_adds_up, assert_codes_are_personal, number, sum};

/// What the dry run and the real one must agree on.
fn totals(json: &Value) -> BTreeMap<&'static str, Value> {
    ["mailed", "skipped", "segments", "languages", "variants"].map(|name| (name, json[name].clone())).into()
}

#[test]
fn every_invoice_ends_as_one_mail_or_one_reason() {
    let (world, history) = (World::new(), retail::history());
    retail::prepare(&world);
    retail::import_all(&world, &history);
    world.must("run --days 70");
    let status = world.status();
    assert_adds_up(&status);
    assert_eq!((number(&status, "orders"), number(&status, "waiting")), (retail::invoices(&history), 0));
    assert_eq!(world.mails().len() as u64, number(&status, "mailed"));
    assert_codes_are_personal(&world);
    for reason in ["merged", "no_email", "no_goods", "returned"] {
        assert!(number(&status["skipped"], reason) > 0, "{reason}");
    }
}

#[test]
fn a_file_that_comes_again_changes_nothing_under_any_name() {
    let (world, history) = (World::new(), retail::history());
    retail::prepare(&world);
    let file = retail::import_all(&world, &history);
    world.must("run --days 20");
    let (status, mails) = (world.status(), world.mails());
    let renamed = world.file("other/2026-final (2).csv", std::fs::read(&file).unwrap());
    for again in [&file, &renamed] {
        let told = world.must_on("import orders --shop uk --json", again).json();
        assert_eq!((number(&told, "stored"), number(&told, "known")), (0, retail::invoices(&history)));
    }
    assert_eq!((world.status(), world.mails()), (status, mails));
}

#[test]
fn the_dry_run_tells_what_the_real_days_then_bring() {
    let (world, history) = (World::new(), retail::history());
    retail::prepare(&world);
    for (day, rows) in retail::by_day(&history) {
        world.must(&format!("run --date {day}"));
        let file = world.file(&format!("{day}.csv"), retail::csv(&rows));
        world.must_on("import orders --shop uk", &file);
    }
    world.must("run --days 30");
    let file = world.file("history.csv", retail::csv(&history));
    let (dry, real) = (world.must_on("simulate --shop uk --json", &file).json(), world.status());
    assert_eq!(totals(&dry), totals(&real));
    assert_eq!(number(&dry, "invoices"), number(&real, "orders"));
    let codes = world.must("export-coupons --json").json().as_array().unwrap().len() as u64;
    assert_eq!(number(&dry, "codes_needed"), codes);
    assert_eq!(number(&dry, "mailed") + sum(&dry["skipped"]), number(&dry, "invoices"));
}

/// The first lines of the real file, each buyer with an address made of her number; none without the samples.
fn slice(lines: usize) -> Option<String> {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/samples/datasets/uci_online_retail");
    let files = std::fs::read_dir(folder).ok()?.map(|entry| entry.unwrap().path());
    let file: PathBuf = files.filter(|path| path.to_string_lossy().ends_with(".csv.gz")).min()?;
    let read = BufReader::new(MultiGzDecoder::new(std::fs::File::open(file).unwrap()));
    let mut rows = read.lines().map(Result::unwrap);
    let mut text = rows.next()? + ",Email\n";
    for row in rows.take(lines) {
        let buyer = row.rsplit(',').nth(1).filter(|buyer| !buyer.is_empty());
        let email = buyer.map(|buyer| format!("c{}@example.com", buyer.trim_end_matches(".0")));
        text += &format!("{row},{}\n", email.unwrap_or_default());
    }
    Some(text)
}

#[test]
fn the_real_file_ends_as_one_mail_or_one_reason_per_invoice() {
    let Some(text) = slice(20_000) else {
        return println!("skipped: no samples");
    };
    let world = World::new();
    world.must("publish");
    retail::fill(&world, 2_000);
    world.must("run --date 2010-11-30");
    let file = world.file("real.csv", text);
    let told = world.must_on("import orders --shop uk --json", &file).json();
    assert!(number(&told, "stored") > 800, "{told}");
    world.must("run --days 60");
    let status = world.status();
    assert_adds_up(&status);
    assert_eq!(number(&status, "waiting"), 0);
    assert!(number(&status, "mailed") > 400, "{status}");
    assert_eq!(world.mails().len() as u64, number(&status, "mailed"));
    assert_codes_are_personal(&world);
    let again = world.must_on("import orders --shop uk --json", &file).json();
    assert_eq!((number(&again, "stored"), world.status()), (0, status));
}
