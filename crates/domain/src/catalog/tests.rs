use super::*;
use crate::fixtures::{BRAND, FLOW, SHOP};
use crate::id::MailName;
use crate::language::Language;
use crate::report::{Finding, Severity};

const SHOP_FILE: &str = "shops/de.toml";
const FLOW_FILE: &str = "flows/after-sales.toml";
const COUPON: &str = "pools = [{ pool = \"thanks-eur\", currency = \"EUR\" }]";

fn good() -> Files {
    let files = [(BRAND_FILE, BRAND), (SHOP_FILE, SHOP), (FLOW_FILE, FLOW)];
    files.map(|(path, text)| (path.to_owned(), text.to_owned())).into()
}

fn mails(languages: &[&str]) -> BTreeMap<MailName, MailFacts> {
    let languages: Vec<Language> = languages.iter().map(|tag| Language::parse(tag).unwrap()).collect();
    let facts = MailFacts { languages };
    ["charms", "rest"].map(|name| (MailName::parse(name).unwrap(), facts.clone())).into()
}

/// The good files with one part of one of them replaced.
fn planted(path: &str, from: &str, to: &str) -> Files {
    let mut files = good();
    let text = files.get_mut(path).unwrap();
    assert!(text.contains(from), "{from:?} is not in {path}");
    *text = text.replacen(from, to, 1);
    files
}

/// The findings about the files, each with its file.
fn findings(files: &Files) -> Vec<(String, Finding)> {
    let Err(reports) = Catalog::load(files, &mails(&["de", "en"])) else {
        return Vec::new();
    };
    let of =
        |report: FileReport| report.findings.into_iter().map(move |finding| (report.file.clone(), finding));
    reports.into_iter().flat_map(of).collect()
}

/// Plants a fault in a good set of files and expects one finding: at the line that holds `near` (0 for none), with
/// these words, and with a remedy.
fn expect(path: &str, (from, to): (&str, &str), near: &str, words: &str) {
    let files = planted(path, from, to);
    expect_in(&files, path, near, words);
}

fn expect_in(files: &Files, path: &str, near: &str, words: &str) {
    let found = findings(files);
    let [(file, finding)] = &found[..] else {
        panic!("one finding with {words:?}, not {found:#?}");
    };
    let text = files.get(path).map_or("", String::as_str);
    let line = text.lines().position(|line| !near.is_empty() && line.contains(near)).map_or(0, |at| at + 1);
    assert_eq!((file.as_str(), finding.line), (path, line as u64), "{finding:?}");
    assert!(finding.problem.contains(words), "{finding:?}");
    assert!(!finding.remedy.is_empty());
    assert_eq!(finding.severity, Severity::Error);
}

#[test]
fn good_files_have_no_finding() {
    let (catalog, reports) = Catalog::load(&good(), &mails(&["de", "en"])).unwrap();
    assert_eq!(reports, []);
    assert_eq!((catalog.shops.len(), catalog.flows.len()), (1, 1));
    assert_eq!(catalog.shops.keys().next().unwrap().as_str(), "de", "the file's name is the id");
    assert_eq!(catalog.flows.keys().next().unwrap().as_str(), "after-sales");
}

#[test]
fn an_unknown_key_is_refused_at_its_line() {
    expect(SHOP_FILE, ("postal =", "colour = \"red\"\npostal ="), "colour", "colour");
    expect(FLOW_FILE, ("useful_days", "usefull_days = 3\nuseful_days"), "usefull_days", "usefull_days");
    expect(BRAND_FILE, ("portal =", "colour = 1\nportal ="), "colour", "colour");
}

#[test]
fn what_is_no_toml_is_refused_at_its_line() {
    expect(SHOP_FILE, ("[\"de\", \"en\"]", "[de, en]"), "languages", "");
}

#[test]
fn a_long_value_of_no_meaning_is_not_quoted_whole() {
    let long = format!("http:{}", "é".repeat(5_000));
    let files = planted(BRAND_FILE, "https://mail.lunaria.example/", &long);
    let reports = Catalog::load(&files, &mails(&["de", "en"])).unwrap_err();
    let problems = reports.iter().flat_map(|report| &report.findings).map(|finding| finding.problem.len());
    assert!(problems.clone().all(|bytes| bytes < 2_000), "{:?}", problems.collect::<Vec<_>>());
}

#[test]
fn a_missing_key_is_named() {
    expect(SHOP_FILE, ("currency = \"EUR\"\n", ""), "name = \"Lunaria\"", "currency");
}

#[test]
fn a_value_of_no_meaning_is_refused_at_its_line() {
    expect(SHOP_FILE, ("\"EUR\"", "\"Euro\""), "Euro", "three letters");
    expect(SHOP_FILE, ("Europe/Berlin", "Europe/Atlantis"), "Atlantis", "Europe/Berlin");
    expect(SHOP_FILE, ("country = \"DE\"", "country = \"Germany\""), "Germany", "two letters");
    expect(FLOW_FILE, ("\"merge\"", "\"twice\""), "twice", "separate");
    expect(FLOW_FILE, ("days = 12", "days = -1"), "days = -1", "");
}

#[test]
fn a_missing_brand_file_or_shop_is_told() {
    let mut files = good();
    files.remove(BRAND_FILE);
    expect_in(&files, BRAND_FILE, "", "missing");
    let mut files = good();
    files.remove(SHOP_FILE);
    expect_in(&files, "shops/", "", "no shop");
}

#[test]
fn a_file_whose_name_is_no_id_is_refused() {
    let mut files = good();
    files.insert("shops/Deutschland.toml".to_owned(), SHOP.to_owned());
    expect_in(&files, "shops/Deutschland.toml", "", "Deutschland");
}

#[test]
fn a_portal_must_be_https_and_a_folder() {
    expect(BRAND_FILE, ("https://mail", "http://mail"), "portal", "https");
    expect(BRAND_FILE, ("example/", "example/app"), "portal", "slash");
}

#[test]
fn somebody_must_be_warned() {
    expect(BRAND_FILE, ("[\"marketing@lunaria.example\"]", "[]"), "staff", "alerts");
}

#[test]
fn a_shop_needs_a_language_and_a_notice_in_each() {
    let mut files = planted(SHOP_FILE, "languages = [\"de\", \"en\"]", "languages = []");
    let text = files.get_mut(SHOP_FILE).unwrap();
    *text = text.replace("GB = \"en\"\n", "");
    expect_in(&files, SHOP_FILE, "languages", "no language");
    expect(SHOP_FILE, ("en = \"You may object at any time.\"\n", ""), "legal_notice", "language en");
    expect(SHOP_FILE, ("You may object at any time.", " "), "legal_notice", "language en");
}

#[test]
fn a_country_must_lead_to_a_language_that_the_shop_writes() {
    expect(SHOP_FILE, ("GB = \"en\"", "FR = \"fr\""), "country_languages", "fr");
}

#[test]
fn a_shop_needs_its_impressum() {
    let imprint = "[\"Lunaria Schmuck GmbH, Silberweg 12, 80331 München\"]";
    expect(SHOP_FILE, (imprint, "[\" \"]"), "imprint", "Impressum");
}

#[test]
fn no_mail_goes_out_in_the_hour_that_some_days_skip_or_repeat() {
    for wrong in ["02:00:00", "02:30:00", "03:00:00"] {
        expect(SHOP_FILE, ("07:30:00", wrong), "send_at", "skip or repeat");
    }
    for right in ["01:59:59", "03:01:00"] {
        assert_eq!(findings(&planted(SHOP_FILE, "07:30:00", right)), []);
    }
}

#[test]
fn the_shops_pages_must_be_https() {
    expect(SHOP_FILE, ("privacy_url = \"https:", "privacy_url = \"http:"), "privacy_url", "https");
    expect(SHOP_FILE, ("website = \"https:", "website = \"http:"), "website", "https");
}

#[test]
fn the_webhooks_of_shopify_are_bound_to_domains() {
    let unbound = "[webhooks.shopify]\ndomains = []\nsecrets = [\"shopify-de\"]\n";
    let files = planted(SHOP_FILE, "[sender]", &format!("{unbound}\n[sender]"));
    expect_in(&files, SHOP_FILE, "domains", "told apart");
}

#[test]
fn link_hosts_are_names_of_hosts() {
    expect(SHOP_FILE, ("media.lunaria", "https://media.lunaria"), "link_hosts", "host");
}

#[test]
fn a_senders_name_must_fit_a_header() {
    expect(SHOP_FILE, ("[sender]\nname = \"Lunaria\"", "[sender]\nname = \" \""), "[sender]", "name");
}

#[test]
fn a_flow_names_shops_that_are_there() {
    expect(
        FLOW_FILE,
        ("edition = \"2026\"", "edition = \"2026\"\nshops = [\"de\", \"mars\"]"),
        "mars",
        "mars",
    );
}

#[test]
fn an_edition_must_fit_a_link() {
    expect(FLOW_FILE, ("edition = \"2026\"", "edition = \"Spring 2026!\""), "edition", "links");
}

#[test]
fn an_impossible_date_is_refused() {
    expect(FLOW_FILE, ("days = 12", "days = 401"), "401", "possible date");
    expect(FLOW_FILE, ("useful_days = 21", "useful_days = 401"), "useful_days", "possible date");
    expect(FLOW_FILE, ("valid_days = 14", "valid_days = 0"), "valid_days", "possible date");
    let useful = planted(FLOW_FILE, "useful_days = 21", "useful_days = 0");
    assert!(findings(&useful).iter().any(|(_, finding)| finding.problem.contains("useful_days = 0")));
}

#[test]
fn a_flow_needs_a_step_and_a_segment() {
    expect(FLOW_FILE, ("[[steps]]\ndays = 12\n", ""), "edition =", "missing field");
    let mut files = planted(FLOW_FILE, "[[steps]]\ndays = 12\n", "");
    let text = files.get_mut(FLOW_FILE).unwrap();
    *text = format!("steps = []\n{text}");
    expect_in(&files, FLOW_FILE, "steps", "no step");
    let flow = &FLOW[..FLOW.find("[[segments]]").unwrap()];
    let mut files = good();
    files.insert(FLOW_FILE.to_owned(), format!("segments = []\n{flow}"));
    expect_in(&files, FLOW_FILE, "segments", "no segment");
}

fn experiment(shares: (u32, u32)) -> String {
    let variant = |id, days, share| {
        format!("[[steps.experiment.variants]]\nid = \"{id}\"\ndays = {days}\nshare = {share}\n")
    };
    format!("days = 12\n{}{}", variant("early", 2, shares.0), variant("late", 12, shares.1))
}

#[test]
fn the_shares_of_an_experiment_are_a_hundred() {
    for shares in [(50, 49), (50, 51), (u32::MAX, u32::MAX)] {
        expect(FLOW_FILE, ("days = 12\n", &experiment(shares)), "share", "add up");
    }
    assert_eq!(findings(&planted(FLOW_FILE, "days = 12\n", &experiment((20, 80)))), []);
}

#[test]
fn only_the_first_step_has_an_experiment() {
    let later = format!("days = 1\n\n[[steps]]\n{}", experiment((50, 50)));
    expect(FLOW_FILE, ("days = 12\n", &later), "experiment", "first step");
}

#[test]
fn the_last_segment_takes_the_rest_and_no_other_does() {
    let last = ("mail = \"rest\"", "mail = \"rest\"\nwhen = { series = [\"charm-club\"] }");
    expect(FLOW_FILE, last, "\"collection\"", "must not have conditions");
    expect(
        FLOW_FILE,
        ("when = { series = [\"charm-club\"] }\n", ""),
        "\"charm-club\"",
        "must have conditions",
    );
}

#[test]
fn a_segment_stands_once() {
    let mut files = planted(FLOW_FILE, "id = \"collection\"", "id = \"charm-club\"");
    files.get_mut(FLOW_FILE).unwrap().push('\n');
    expect_in(&files, FLOW_FILE, "\"charm-club\"", "twice");
}

#[test]
fn a_step_names_segments_that_are_there() {
    let step = ("days = 12\n", "days = 12\nmails = { nobody = \"rest\" }\n");
    expect(FLOW_FILE, step, "nobody", "nobody");
}

#[test]
fn a_mail_shows_a_few_products_and_never_fewer_than_it_must() {
    for (count, at_least) in [(0, 0), (13, 2), (2, 3)] {
        let to = format!("source = \"recommendations\", count = {count}, at_least = {at_least}");
        let from = "source = \"recommendations\", count = 6, at_least = 2";
        expect(FLOW_FILE, (from, &to), "\"collection\"", "products");
    }
}

#[test]
fn a_segment_names_series_that_are_there() {
    expect(
        FLOW_FILE,
        ("when = { series = [\"charm-club\"] }", "when = { series = [\"moon\"] }"),
        "moon",
        "moon",
    );
    let products = ("\"topsellers\", series = \"charm-club\"", "\"topsellers\", series = \"moon\"");
    expect(FLOW_FILE, products, "moon", "moon");
}

#[test]
fn a_flow_names_mails_that_are_there_in_every_language_of_its_shops() {
    expect(FLOW_FILE, ("mail = \"rest\"", "mail = \"nowhere\""), "nowhere", "nowhere");
    let Err(reports) = Catalog::load(&good(), &mails(&["de"])) else {
        panic!("the shop writes English too");
    };
    let [report] = &reports[..] else { panic!("one file: {reports:?}") };
    let told: Vec<&str> = report.findings.iter().map(|finding| finding.problem.as_str()).collect();
    assert_eq!(told.len(), 2);
    assert!(told.iter().all(|problem| problem.contains("no text in en")), "{told:?}");
    assert!(report.findings[0].remedy.contains("mails/charms/en.toml"));
}

#[test]
fn a_mail_waits_for_codes_no_longer_than_it_is_useful() {
    expect(FLOW_FILE, ("days = 7", "days = 22"), "days", "useful for 21");
}

#[test]
fn every_shop_has_a_pool_of_its_currency() {
    expect(
        FLOW_FILE,
        ("currency = \"EUR\"", "currency = \"CHF\""),
        "pools",
        "no coupon pool serves the shop de in EUR",
    );
    let reserved = ("currency = \"EUR\" }", "currency = \"EUR\", shops = [\"at\"] }");
    expect(FLOW_FILE, reserved, "pools", "no coupon pool serves the shop de");
}

#[test]
fn a_pool_holds_codes_of_one_currency() {
    let twice =
        "pools = [{ pool = \"thanks\", currency = \"EUR\" }, { pool = \"thanks\", currency = \"CHF\" }]";
    expect(FLOW_FILE, (COUPON, twice), "pools", "EUR and CHF");
}

#[test]
fn a_pool_is_of_one_currency_over_all_flows() {
    let mut files = good();
    let francs = FLOW.replace(COUPON, "pools = [{ pool = \"thanks-eur\", currency = \"CHF\" }]");
    files.insert("flows/second.toml".to_owned(), format!("shops = [\"ch\"]\n{francs}"));
    files.insert("shops/ch.toml".to_owned(), SHOP.replace("currency = \"EUR\"", "currency = \"CHF\""));
    let first = files.get_mut(FLOW_FILE).unwrap();
    *first = format!("shops = [\"de\"]\n{first}");
    expect_in(&files, "flows/second.toml", "thanks-eur", "EUR and CHF");
}

#[test]
fn a_code_for_everybody_must_be_a_code() {
    let long = "X".repeat(65);
    let generic = format!("currency = \"EUR\", generic = \"{long}\" }}");
    expect(FLOW_FILE, ("currency = \"EUR\" }", &generic), &long, "code for everybody");
    let fallback = "{ then = \"fallback\", code = \" \" }";
    expect(FLOW_FILE, ("{ then = \"hold\", days = 7 }", fallback), "", "code for everybody");
}

#[test]
fn the_benefit_is_told_in_every_language() {
    expect(FLOW_FILE, ("en = \"Free delivery\"\n", ""), "benefit", "language en");
    expect(FLOW_FILE, ("Free delivery", ""), "benefit", "language en");
}

#[test]
fn one_faulty_file_leaves_the_others_readable() {
    let files = planted(FLOW_FILE, "useful_days = 21", "useful_days = \"many\"");
    let catalog = Catalog::readable(&files).unwrap();
    assert_eq!((catalog.shops.len(), catalog.flows.len()), (1, 0));
}
