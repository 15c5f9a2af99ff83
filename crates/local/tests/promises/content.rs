//! What a marketer uploads: faults are named with file, line and remedy, and what is in use stays in use.

use crate::world::World;

/// `check` of a content with one fault: it ends with 1 and tells the place, the problem and the remedy.
fn assert_found(world: &World, place: &str, problem: &str, remedy: &str) {
    let told = world.run("check");
    assert!(!told.ok, "{}", told.out);
    let mut lines = told.out.lines().skip_while(|line| !line.starts_with(&format!("{place}: error: ")));
    let (found, advice) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    assert!(
        found.contains(problem) && advice.contains(remedy),
        "{place} {problem:?} {remedy:?}:\n{}",
        told.out
    );
    told.must_say("what is in use stays in use");
}

fn errors(world: &World) -> Vec<String> {
    let told = world.run("check").out;
    told.lines().filter(|line| line.contains(": error: ")).map(str::to_owned).collect()
}

#[test]
fn the_starter_content_has_no_error() {
    World::new().must("check").must_say("all good: 7 shops");
}

#[test]
fn a_broken_shop_file_is_the_only_error_that_is_told() {
    let world = World::with_own_content();
    world.edit("shops/de.toml", "currency = \"EUR\"", "currency = \"EUR");
    assert_found(&world, "shops/de.toml:5", "invalid", "correct this line");
    assert_eq!(errors(&world).len(), 1, "{:?}", errors(&world));
}

#[test]
fn an_unknown_key_of_a_flow_is_named_with_those_that_exist() {
    let world = World::with_own_content();
    world.edit("flows/after-sales.toml", "useful_days", "usefull_days");
    assert_found(&world, "flows/after-sales.toml:8", "unknown field `usefull_days`", "correct this line");
    assert_eq!(errors(&world).len(), 1, "{:?}", errors(&world));
}

#[test]
fn a_shop_file_that_is_no_utf8_never_garbles_a_mail() {
    let world = World::with_own_content();
    let file = world.content("shops/de.toml");
    let text = std::fs::read_to_string(&file).unwrap().replacen("name = \"", "name = \"M\u{1}", 1);
    let latin: Vec<u8> = text.bytes().map(|byte| if byte == 1 { 0xfc } else { byte }).collect();
    std::fs::write(&file, latin).unwrap();
    assert_found(&world, "shops/de.toml:3", "no UTF-8", "save the file as UTF-8");
    assert!(!world.run("publish").ok);
    assert!(world.run("status").said("there are errors"), "it must not have been published");
}

#[test]
fn a_language_that_a_mail_lacks_is_named() {
    let world = World::with_own_content();
    std::fs::remove_file(world.content("mails/topsellers/it.toml")).unwrap();
    assert_found(&world, "mails/topsellers/it.toml", "the mail lacks it", "upload mails/topsellers/it.toml");
}

#[test]
fn a_layout_with_an_open_element_is_refused() {
    let world = World::with_own_content();
    world.edit("mails/topsellers/mail.mjml", "</mj-body>", "");
    let problem = "</mjml> closes another element than the last one opened";
    assert_found(&world, "mails/topsellers/mail.mjml:152", problem, "close the inner element first");
}

#[test]
fn a_layout_that_asks_for_unknown_data_is_refused_with_its_line() {
    let world = World::with_own_content();
    world.edit("mails/topsellers/mail.mjml", "{{ t.subject }}", "{{ nonsense.name }}");
    assert_found(&world, "mails/topsellers/mail.mjml:3", "nonsense is no data of a mail", "use one of");
}

#[test]
fn a_feed_with_a_doctype_is_refused() {
    let world = World::with_own_content();
    world.edit("feeds/de/products.de.xml", "<rss ", "<!DOCTYPE rss [<!ENTITY x \"y\">]>\n<rss ");
    assert_found(&world, "feeds/de/products.de.xml:2", "document type definition", "export the feed without");
}

#[test]
fn a_feed_in_a_folder_of_no_shop_is_named_and_a_note_beside_the_folders_is_not_read() {
    let world = World::with_own_content();
    std::fs::create_dir(world.content("feeds/xx")).unwrap();
    std::fs::copy(world.content("feeds/de/topsellers.csv"), world.content("feeds/xx/topsellers.csv"))
        .unwrap();
    std::fs::write(world.content("feeds/README.md"), "what lies where").unwrap();
    assert_found(&world, "feeds/xx/topsellers.csv", "there is no shop xx", "rename the folder");
}

#[test]
fn a_check_tells_programs_what_it_tells_people() {
    let world = World::with_own_content();
    world.edit("flows/after-sales.toml", "useful_days", "usefull_days");
    let told = world.run("check --json").json();
    assert_eq!((&told["ok"], &told["files"][0]["findings"][0]["line"]), (&false.into(), &8.into()));
}

/// Publishes content with a fault, then plays it out: the version before must serve every mail.
fn assert_old_version_serves(world: &World) {
    let told = world.run("publish");
    assert!(!told.ok, "{}", told.out);
    told.must_say("what is in use stays in use");
    for word in ["EUR", "preview"] {
        assert!(!world.names("outbox", ".eml").iter().any(|name| name.contains(word)));
    }
    crate::retail::fill(world, 600);
    world.must("run --date 2026-08-31");
    crate::retail::import_all(world, &crate::retail::history());
    let days = world.must("run --days 8 --json").json();
    assert_eq!(days["stuck"], serde_json::json!([]), "{days}");
    assert!(days["sent"].as_u64().unwrap() > 20, "{days}");
}

#[test]
fn a_broken_flow_leaves_flows_and_mails_as_they_are() {
    let world = World::with_own_content();
    world.must("publish");
    world.edit("flows/after-sales.toml", "useful_days", "usefull_days");
    assert_old_version_serves(&world);
}

#[test]
fn a_renamed_segment_beside_a_broken_shop_leaves_flows_and_mails_as_they_are() {
    let world = World::with_own_content();
    world.must("publish");
    world.edit("flows/after-sales.toml", "id = \"collection\"", "id = \"rest\"");
    world.edit(
        "flows/after-sales.toml",
        "thanks-gbp\", currency = \"GBP\"",
        "thanks-gbp\", currency = \"EUR\"",
    );
    assert_old_version_serves(&world);
}

#[test]
fn a_broken_mail_leaves_the_version_before_in_use() {
    let world = World::with_own_content();
    world.must("publish");
    world.edit("mails/topsellers/mail.mjml", "</mj-body>", "");
    assert_old_version_serves(&world);
}
