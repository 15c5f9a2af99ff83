//! The files of the brand, its shops and flows.

use std::collections::BTreeMap;

use nachklang_domain::catalog::{BRAND_FILE, Catalog, Files};
use nachklang_domain::draft::Demands;
use nachklang_domain::money::Currency;
use nachklang_domain::order::OrderEvent;
use nachklang_domain::report::FileReport;
use nachklang_domain::secret::SecretBytes;
use nachklang_domain::simulation::Simulation;
use nachklang_domain::webhook::doors::{Doors, secret_names};
use nachklang_domain::webhook::{Endpoint, Wire, order_api, read_verified};

use crate::Outcome;
use crate::fixed::{catalog_files, contact_key, mails, shop_id, sure};
use crate::{input, report};

/// An order that a flow may answer.
const ORDER: &str = r#"{"order": {"number": "LU-1", "revision": "2026-11-02T09:12:00Z",
  "placed_at": "2026-11-02T09:10:00Z", "payment": "paid", "customer": {"email": "anna@example.com", "language": "de"},
  "lines": [{"id": "1", "sku": "CC-001", "title": "Charm", "quantity": 1, "unit_price": "39.00"}]}}"#;

/// The bytes are files by path; a file that they lack is one in which nothing is wrong. What is taken can be worked with
/// to the last day; what is not taken is told with its place.
pub fn check(data: &[u8]) -> Outcome {
    let files = with_missing(input::files(data));
    match Catalog::load(&files, &mails()) {
        Ok((catalog, warnings)) => {
            check_reports(&warnings, &files);
            assert!(warnings.iter().all(|report| !report.has_errors()));
            assert!(Demands::of(&files).is_some_and(|_| Catalog::readable(&files).is_some()));
            work_with(&catalog);
            Outcome::Taken
        }
        Err(reports) => {
            check_reports(&reports, &files);
            assert!(reports.iter().any(FileReport::has_errors), "refused without a word");
            Outcome::Refused
        }
    }
}

fn with_missing(given: BTreeMap<String, Vec<u8>>) -> Files {
    let mut files = catalog_files();
    let is_config = |path: &str| matches!(path.split_once('/'), Some(("shops" | "flows", _)));
    let given = given.into_iter().filter(|(path, _)| is_config(path) && path.ends_with(".toml"));
    files.extend(given.map(|(path, bytes)| (path, String::from_utf8_lossy(&bytes).into_owned())));
    files
}

fn check_reports(reports: &[FileReport], files: &Files) {
    for told in reports {
        let text = files.get(&told.file).map_or("", String::as_str);
        assert!(
            files.contains_key(&told.file) || told.file == "shops/" || told.file == BRAND_FILE,
            "{}",
            told.file
        );
        report::check_findings(told, report::lines(text.as_bytes()));
    }
}

/// Opens its doors and lets a small history run to its end.
fn work_with(catalog: &Catalog) {
    let secret =
        |_: &str| Some(SecretBytes::new(b"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".to_vec()));
    let doors = Doors::make(catalog, secret);
    assert!(!secret_names(catalog).is_empty() || doors.flaws().len() <= 2 * catalog.shops.len());
    let key = contact_key();
    for shop in catalog.shops.values() {
        let told = Simulation::new(catalog, shop, &key).run(history(shop.currency));
        assert!(told.mails.len() <= catalog.flows.values().map(|flow| flow.steps.len()).sum());
    }
}

fn history(currency: Currency) -> Vec<OrderEvent> {
    let secrets = [SecretBytes::new(b"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".to_vec())];
    let endpoint = sure(Endpoint::new(shop_id(), Wire::OrderApi, &secrets, currency));
    let received = read_verified(order_api::TOPIC, ORDER.as_bytes(), &endpoint);
    received.map(|received| received.events).unwrap_or_default()
}
