//! One person's rights: to be forgotten, and to be told what is known of her.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::parked::{post, sample, secret, serve};
use crate::world::{World, number};

/// What tells of her in what the shop sends; none of it occurs anywhere else.
const ADDRESS: &str = "Zephyrine.Kanari@example.com";
const NAME: &str = "Zephyrine";
const CUSTOMER: &str = "K-20815";
/// Somebody else, who stays.
const BERTA: &str = "berta.bleibt@example.com";

/// A sample order, told as hers under another number and bought yesterday: the server goes by the real clock, and by its
/// own day the sample's mail would no longer be useful.
fn order_of(address: &str, number: &str) -> String {
    let (_, body) = sample();
    let mut body: Value = serde_json::from_str(&body).unwrap();
    let yesterday = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24);
    for moment in ["placed_at", "revision"] {
        body["order"][moment] = json!(yesterday.to_string());
    }
    body["order"]["number"] = json!(number);
    body["order"]["customer"]["email"] = json!(address);
    body["order"]["customer"]["first_name"] = json!(NAME);
    body["order"]["customer"]["number"] = json!(CUSTOMER);
    body.to_string()
}

fn order_of_berta() -> String {
    order_of(BERTA, "IT-9002").replace(NAME, "Berta").replace(CUSTOMER, "K-1")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// The files of the data folder that hold a text, in any letter case.
fn holding(world: &World, text: &str) -> Vec<PathBuf> {
    let wanted = text.to_ascii_lowercase().into_bytes();
    let holds = |path: &PathBuf| {
        let bytes = std::fs::read(path).unwrap().to_ascii_lowercase();
        bytes.windows(wanted.len()).any(|part| part == wanted)
    };
    files(&world.data()).into_iter().filter(holds).collect()
}

/// Runs the next days. The program that served was killed, and may hold the first of them for a while.
fn run(world: &World) {
    world.run("run --days 1");
    world.must("run --days 39");
}

/// A world in which she was mailed, and a request that names her is parked. Answers the code in her mail.
fn mailed_world() -> (World, String) {
    let world = World::new();
    world.must("publish");
    let codes: String = (0..30).map(|code| format!("THANKS-{code:03}\n")).collect();
    world.must("parked"); // makes the secrets of the doors
    world.must_on("import coupons --pool thanks-eur", &world.file("codes.csv", format!("Code\n{codes}")));
    let server = serve(&world);
    let key = secret(&world);
    assert_eq!(post(&server, &key, "m-1", &order_of(ADDRESS, "IT-9001")), 200);
    assert_eq!(post(&server, &key, "m-2", &order_of_berta()), 200);
    let unreadable = order_of(ADDRESS, "IT-9003").replacen("{\"order\":{", "{\"order\":{\"surprise\":1,", 1);
    assert_eq!(post(&server, &key, "m-3", &unreadable), 202);
    drop(server);
    run(&world);
    let mails = world.mails();
    let hers = mails.values().find(|(to, _)| to.eq_ignore_ascii_case(ADDRESS)).expect("she was mailed");
    let code = hers.1.clone().expect("with a code");
    (world, code)
}

#[test]
fn after_an_erasure_no_file_holds_her() {
    let (world, code) = mailed_world();
    for canary in [ADDRESS, NAME, CUSTOMER, code.as_str()] {
        assert!(!holding(&world, canary).is_empty(), "{canary} was there");
    }
    let told = world.must(&format!("erase {ADDRESS} --json")).json();
    let counts = ["shops", "orders", "mails_forgotten", "parked_forgotten"].map(|name| number(&told, name));
    assert_eq!(counts, [1, 1, 1, 1], "{told}");
    for canary in [ADDRESS, "zephyrine", "kanari", CUSTOMER] {
        assert_eq!(holding(&world, canary), Vec::<PathBuf>::new(), "{canary}");
    }
    let mails = world.mails();
    assert!(mails.len() == 1 && mails.values().all(|(to, _)| to == BERTA), "{mails:?}");
    let codes = world.must("export-coupons --json").json();
    assert!(!codes.to_string().contains(&code), "the code leads to nobody: {codes}");
    let pool = &world.status()["pools"]["thanks-eur"];
    assert_eq!(
        (number(pool, "imported"), number(pool, "available")),
        (30, 28),
        "and is nobody else's: {pool}"
    );

    let server = serve(&world);
    let key = secret(&world);
    assert_eq!(post(&server, &key, "m-4", &order_of(ADDRESS, "IT-9001")), 200, "what was told is told again");
    assert_eq!(post(&server, &key, "m-5", &order_of(ADDRESS, "IT-9004")), 200, "and she buys again");
    let unreadable = order_of(ADDRESS, "IT-9005").replacen("{\"order\":{", "{\"order\":{\"surprise\":1,", 1);
    assert_eq!(post(&server, &key, "m-6", &unreadable), 202);
    drop(server);
    run(&world);
    assert_eq!(world.mails().len(), 1, "she is not mailed again");
    assert_eq!(world.must("parked --json").json(), json!([]), "nor parked");
    for canary in [ADDRESS, "zephyrine", "kanari", CUSTOMER] {
        assert_eq!(holding(&world, canary), Vec::<PathBuf>::new(), "{canary}");
    }
    assert_eq!(world.status()["orders"], 3, "the sales are counted all the same");
    let again = world.must(&format!("erase {ADDRESS} --json")).json();
    let counts = ["shops", "orders", "mails_forgotten", "parked_forgotten"].map(|name| number(&again, name));
    assert_eq!(counts, [0, 0, 0, 0], "{again}");
}

#[test]
fn everything_that_is_known_of_her_is_told() {
    let (world, code) = mailed_world();
    let file = world.file("her.json", "");
    world.must(&format!("export-person {ADDRESS} --to {}", file.display()));
    let told: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let shop = &told["shops"][0];
    assert_eq!(told["shops"].as_array().unwrap().len(), 1, "{told}");
    assert_eq!((&shop["shop"], &shop["profile"]["first_name"]), (&json!("it"), &json!(NAME)));
    assert_eq!(shop["orders"][0]["customer_number"], CUSTOMER);
    let sent: Vec<_> = shop["mails"].as_array().unwrap().iter().map(|mail| &mail["state"]).collect();
    assert!(sent.contains(&&json!("sent")), "{sent:?}");
    assert_eq!(shop["coupons"][0]["code"], code);
    assert_eq!(told["named_in"].as_array().unwrap().len(), 1, "the parked request: {told}");
    assert!(!told.to_string().contains("berta"));
}
