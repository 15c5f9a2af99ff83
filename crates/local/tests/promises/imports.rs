//! Files that are taken in one by one: every row is taken or told of, and nothing good is lost to something bad.

use serde_json::Value;

use crate::world::{World, number, templates};

fn published() -> World {
    let world = World::new();
    world.must("publish");
    world
}

/// The lines and problems of a report.
fn findings(report: &Value) -> Vec<(u64, String)> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| (number(finding, "line"), finding["problem"].as_str().unwrap().to_owned()))
        .collect()
}

fn kept_report(world: &World, name: &str) -> Value {
    let text = std::fs::read(world.data().join("reports").join(name)).unwrap();
    serde_json::from_slice(&text).unwrap()
}

#[test]
fn bad_rows_and_repeated_codes_are_reported_by_line_and_the_good_ones_taken() {
    let world = published();
    let rows = "Code,Expires\nTHANKS-1,2027-12-31\nTHANKS-1,2027-12-31\nthanks-1,\n,2027-12-31\nTHANKS-2,2027-13-45\nTHANKS-3,\n";
    let file = world.file("codes.csv", rows);
    let told = world.run_on("import coupons --pool thanks-gbp --json", &file);
    assert!(!told.ok);
    let report = kept_report(&world, "coupons_thanks-gbp_codes.csv.report.json");
    assert_eq!(told.json()["report"], report);
    let counts = ["rows", "accepted", "unchanged", "rejected"].map(|name| number(&report, name));
    assert_eq!(counts, [6, 2, 2, 2]);
    let lines: Vec<u64> = findings(&report).into_iter().map(|(line, _)| line).collect();
    assert_eq!(lines, [3, 4, 5, 6]);
    assert_eq!(world.status()["pools"]["thanks-gbp"]["available"], 2);
}

#[test]
fn a_code_belongs_to_one_pool_only() {
    let world = published();
    let file = world.file("codes.csv", "Code\nTHANKS-1\n");
    world.must_on("import coupons --pool thanks-gbp", &file);
    let told = world.run_on("import coupons --pool thanks-eur --json", &file);
    assert!(!told.ok);
    assert_eq!(
        findings(&told.json()["report"]),
        [(2, "the code is in the pool thanks-gbp already".to_owned())]
    );
    assert_eq!(world.status()["pools"]["thanks-eur"]["imported"], 0);
}

#[test]
fn a_report_shows_no_address_of_a_refused_row() {
    let world = published();
    let rows =
        "receipt,timestamp,sku,quantity,unit_price,email\nR1,no date,CC-001,1,9.00,anna.geheim@example.com\n";
    let file = world.file("till.csv", rows);
    let told = world.run_on("import orders --shop uk", &file);
    assert!(!told.ok && !told.said("geheim"), "{}{}", told.out, told.err);
    told.must_say("till.csv:2: error");
    let report =
        std::fs::read_to_string(world.data().join("reports/orders_uk_till.csv.report.json")).unwrap();
    assert!(!report.contains("geheim"), "{report}");
}

#[test]
fn a_file_that_cannot_be_read_is_an_answer_and_changes_nothing() {
    let world = published();
    let before = world.status();
    let noise: Vec<u8> =
        (0..4_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 11).to_le_bytes()[0]).collect();
    let (noise, empty) = (world.file("noise.csv", noise), world.file("empty.csv", ""));
    let (no_gzip, missing) = (world.file("till.csv.gz", "plain text"), world.data().join("missing.csv"));
    for import in ["orders --shop uk", "feed --shop uk --language en", "feed --shop uk"] {
        for file in [&noise, &empty, &no_gzip, &missing] {
            let told = world.run_on(&format!("import {import}"), file);
            assert!(!told.ok, "{import} {}: {}", file.display(), told.out);
            assert!(told.said("error") || told.said("cannot open"), "{import}: {}{}", told.out, told.err);
            assert!(!told.said("panicked"), "{}", told.err);
        }
    }
    assert_eq!(world.status(), before);
    world.run_on("import orders --shop nowhere", &empty).must_say("there is no shop nowhere");
    world.run_on("import coupons", &empty).must_say("add --pool");
}

#[test]
fn a_cut_gzip_file_keeps_what_was_read_and_the_whole_one_completes_it() {
    use std::io::Write as _;
    let (world, rows) = (published(), crate::retail::history());
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(crate::retail::csv(&rows).as_bytes()).unwrap();
    let whole = gzip.finish().unwrap();
    let cut = world.file("cut.csv.gz", &whole[..whole.len() / 2]);
    let told = world.run_on("import orders --shop uk --json", &cut);
    assert!(!told.ok);
    assert!(number(&told.json(), "stored") > 0);
    let whole = world.file("whole.csv.gz", whole);
    world.must_on("import orders --shop uk", &whole);
    assert_eq!(number(&world.status(), "orders"), crate::retail::invoices(&rows));
}

#[test]
fn a_feed_that_shrinks_is_held_until_somebody_allows_it() {
    let world = published();
    let feed = templates().join("feeds/fr/products.fr.tsv");
    let import = "import feed --shop fr --language fr";
    world.must_on(import, &feed).must_say("260 new");
    let text = std::fs::read_to_string(&feed).unwrap();
    let few: String = text.lines().take(20).map(|line| format!("{line}\n")).collect();
    let few = world.file("few.tsv", few);
    let told = world.run_on(import, &few);
    assert!(!told.ok);
    told.must_say("--allow-shrink");
    told.must_say("held: the last good version stays in use");
    world.must_on(import, &feed).must_say("260 as before");
    world.must_on(&format!("{import} --allow-shrink"), &few).must_say("241 gone, 19 as before");
}

#[test]
fn recommendations_that_broke_off_are_held_until_somebody_allows_it() {
    let world = published();
    let file = templates().join("feeds/de/recommendations.csv");
    world.must_on("import feed --shop de", &file).must_say("published: ");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.lines().count() > 40);
    let few: String = text.lines().take(8).map(|line| format!("{line}\n")).collect();
    let few = world.file("recommendations.csv", few);
    let told = world.run_on("import feed --shop de", &few);
    assert!(!told.ok);
    told.must_say("--allow-shrink");
    world.must_on("import feed --shop de --allow-shrink", &few).must_say("published: ");
}

#[test]
fn people_are_taken_in_and_nobody_is_shown() {
    let world = published();
    let rows = "email,language,suppressed\nanna.geheim@example.com,de,yes\nberta.geheim@,de,no\nclara@example.com,de,maybe\nerika@example.com,de,\n";
    let file = world.file("crm.csv", rows);
    world.run_on("import contacts", &file).must_say("add --shop");
    let told = world.run_on("import contacts --shop de --json", &file);
    assert!(!told.ok && !told.said("geheim"), "{}{}", told.out, told.err);
    let told = told.json();
    assert_eq!((number(&told, "stored"), number(&told, "known")), (2, 0));
    assert_eq!(findings(&told["report"]).iter().map(|(line, _)| *line).collect::<Vec<_>>(), [3, 4]);
    assert_eq!(kept_report(&world, "contacts_de_crm.csv.report.json"), told["report"]);
    let again = world.run_on("import contacts --shop de --json", &file).json();
    assert_eq!((number(&again, "stored"), number(&again, "known")), (0, 2));
}
