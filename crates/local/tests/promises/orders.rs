//! What the program tells of orders: each one's end and its reason, the numbers, the dry run.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::process::Stdio;

use nachklang_local::sample::orders::online_orders;
use serde_json::Value;

use crate::world::{World, assert_adds_up, assert_codes_are_personal, number, sum, templates};

/// The order numbers of the sample messages to the order API, by shop.
fn api_orders() -> BTreeSet<(&'static str, String)> {
    let number = |body: &str| -> Option<String> {
        let body: Value = serde_json::from_str(body).ok()?;
        Some(body["order"]["number"].as_str()?.to_owned())
    };
    let messages = online_orders();
    messages
        .iter()
        .filter_map(|message| Some((message.shop, number(&message.body)?)))
        .collect()
}

#[test]
fn the_show_ends_each_order_as_one_mail_or_one_reason_and_explains_it() {
    let world = World::new();
    let story = world.must("--no-serve --port 0 --json").json();
    let status = world.status();
    for told in [&story, &status] {
        assert_adds_up(told);
    }
    assert_eq!(story["stuck"], serde_json::json!([]));
    assert_eq!(
        (number(&status, "waiting"), world.mails().len() as u64),
        (0, number(&status, "mailed"))
    );
    assert_codes_are_personal(&world);
    assert_explained(&world, &status);
}

/// Every reason of the numbers is that of some order, told in words.
fn assert_explained(world: &World, status: &Value) {
    let mut reasons: BTreeMap<String, u64> = BTreeMap::new();
    for (shop, number) in api_orders()
        .iter()
        .filter(|(shop, _)| ["ch", "it"].contains(shop))
    {
        let told = world.explain(&format!("{shop}/api/{number}"));
        let because = told["because"].as_str().unwrap().to_owned();
        match told["reason"].as_str() {
            Some(reason) => *reasons.entry(format!("{reason}: {because}")).or_default() += 1,
            None => assert!(because.ends_with("was accepted"), "{told}"),
        }
    }
    for reason in [
        "cancelled: no mail of its own: the order was cancelled",
        "merged: no mail of its own: it joined the mail of an earlier purchase",
        "test_order: no mail of its own: it is a test order",
        "unpaid: no mail of its own: the order is not paid",
    ] {
        assert!(
            reasons.contains_key(reason),
            "{reason:?} is missing in {reasons:?}"
        );
    }
    for (reason, count) in &reasons {
        assert!(
            number(&status["skipped"], reason.split(':').next().unwrap()) >= *count,
            "{reason}"
        );
    }
}

const HEADER: &str = "receipt,timestamp,sku,quantity,unit_price,email\n";

#[test]
fn a_receipt_says_why_it_brings_no_mail() {
    let world = World::new();
    world.must("publish");
    world.must("run --date 2026-03-01");
    let rows = "R1,2026-03-02T10:00:00+00:00,CC-001,1,9.00,\n\
        R2,2026-03-02T10:05:00+00:00,CC-001,1,9.00,anna@example.com\n\
        R3,2026-03-02T17:00:00+00:00,CC-002,1,9.00,anna@example.com\n\
        R4,2026-03-02T17:30:00+00:00,CC-003,1,9.00,bea@example.com\n\
        R5,2026-03-02T17:45:00+00:00,CC-003,-1,9.00,bea@example.com\n";
    let file = world.file("till.csv", format!("{HEADER}{rows}"));
    world.must_on("import orders --shop uk", &file);
    assert_eq!(world.explain("uk/till/R2")["end"], "waiting");
    world.must("run --days 16");
    let reason = |number: &str| {
        world.explain(number)["reason"]
            .as_str()
            .unwrap_or("none")
            .to_owned()
    };
    assert_eq!(
        ["R1", "R3", "R4", "R5"].map(reason),
        ["no_email", "merged", "returned", "no_goods"]
    );
    world.must("explain R1").must_say("gave no e-mail address");
    let told = world.run("explain R9");
    assert!(!told.ok);
    told.must_say("name it as <shop>/<source>/<number>");
}

#[test]
fn a_mail_without_a_code_waits_for_codes_and_is_skipped_when_none_comes() {
    let world = World::new();
    world.must("publish");
    world.must("run --date 2026-03-01");
    let rows = "R1,2026-03-02T10:00:00+00:00,CC-001,1,9.00,anna@example.com\n";
    let file = world.file("till.csv", format!("{HEADER}{rows}"));
    world.must_on("import orders --shop uk", &file);
    world.must("run --days 13");
    assert_eq!((number(&world.status(), "waiting"), world.mails().len()), (1, 0));
    world.must("run --days 12");
    assert_eq!(world.explain("R1")["reason"], "no_code");
}

#[test]
fn a_dry_run_has_the_promised_numbers_and_stores_nothing() {
    let world = World::new();
    let file = templates().join("orders/uk/2026-11-05.csv");
    let told = world.must_on("simulate --shop uk --json", &file).json();
    for name in ["invoices", "mailed", "codes_needed"] {
        assert!(number(&told, name) > 0, "{name} in {told}");
    }
    assert_eq!(
        number(&told, "invoices"),
        number(&told, "mailed") + sum(&told["skipped"])
    );
    for name in ["segments", "languages"] {
        assert_eq!(sum(&told[name]), number(&told, "mailed"), "{name}");
    }
    assert_eq!(
        told["ses_cost_usd"].as_f64().map(|cost| (cost * 1e6).round()),
        Some(number(&told, "mailed") as f64 * 100.0)
    );
    assert!(!world.data().exists(), "a dry run made a data folder");
    world.must("publish");
    let before = world.status();
    world
        .must_on("simulate --shop uk --list", &file)
        .must_say("uk/till/");
    assert_eq!(world.status(), before);
}

#[test]
fn a_stranger_folder_is_never_thrown_away() {
    let world = World::new();
    std::fs::create_dir_all(world.data().join(".git")).unwrap();
    for file in [".git/config", "thesis.txt"] {
        std::fs::write(world.data().join(file), "years of work").unwrap();
        let told = world.run("--fresh --no-serve --port 0");
        assert!(!told.ok);
        told.must_say("does not look like a data folder: remove it yourself");
        assert!(world.data().join(file).exists());
    }
}

#[test]
fn a_day_in_the_past_is_refused_and_the_clock_stays() {
    let world = World::new();
    world.must("publish");
    world.must("run --date 2026-03-05");
    let told = world.run("run --date 2026-03-04");
    assert!(!told.ok);
    told.must_say("choose a later day");
    world.must("run --date 2026-03-05");
    let next = world.must("run --days 1 --json").json();
    assert_eq!(next["days"], serde_json::json!(["2026-03-06"]));
}

#[test]
fn a_reader_that_goes_away_is_no_crash() {
    let world = World::new();
    world.must("publish");
    for arguments in ["status --json", "export-coupons", "check", "parked"] {
        let mut child = world.command(arguments).stdout(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut told = String::new();
        child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
        assert!(
            child.wait().unwrap().success() && told.is_empty(),
            "{arguments}: {told}"
        );
    }
}
