//! What must hold between the files, beyond what each one's form demands.

use std::collections::BTreeMap;

use super::{BRAND_FILE, Catalog, Files, MailFacts, Reports};
use crate::id::MailName;
use crate::language::Language;

mod coupon;
mod flow;
mod shop;

/// Longest delay that still makes sense; also keeps every date inside the calendar.
const MAX_DAYS: u16 = 400;

/// Checks the catalog as a whole and notes what is wrong.
pub fn check(catalog: &Catalog, files: &Files, mails: &BTreeMap<MailName, MailFacts>, reports: &mut Reports) {
    let mut desk = Desk { catalog, files, mails, reports };
    desk.check_brand();
    desk.check_pools();
    for shop in catalog.shops.values() {
        desk.check_shop(shop);
    }
    for flow in catalog.flows.values() {
        desk.check_flow(flow);
    }
    let is_shop = |path: &String| path.starts_with("shops/") && path != BRAND_FILE;
    if !files.keys().any(is_shop) {
        desk.reports.error(
            "shops/",
            0,
            "there is no shop",
            "upload one file per shop, such as shops/de.toml",
        );
    }
}

/// Whether a text is there in a language; a blank one would leave its place in the mail empty.
fn has_text(texts: &BTreeMap<Language, String>, language: Language) -> bool {
    texts.get(&language).is_some_and(|text| !text.trim().is_empty())
}

struct Desk<'a> {
    catalog: &'a Catalog,
    files: &'a Files,
    mails: &'a BTreeMap<MailName, MailFacts>,
    reports: &'a mut Reports,
}

impl Desk<'_> {
    /// Notes an error at the first line of the file that holds `near`.
    fn error(&mut self, path: &str, near: &str, problem: String, remedy: &str) {
        let text = self.files.get(path).map_or("", String::as_str);
        let found = (1..).zip(text.lines()).find(|(_, line)| !near.is_empty() && line.contains(near));
        self.reports.error(path, found.map_or(0, |(number, _)| number), problem, remedy);
    }

    fn check_brand(&mut self) {
        if self.catalog.brand.staff.is_empty() {
            let problem = "nobody is named who gets alerts".to_owned();
            self.error(BRAND_FILE, "staff", problem, "list at least one address under staff");
        }
        let portal = &self.catalog.brand.portal;
        if portal.scheme() != "https" || !portal.path().ends_with('/') {
            let problem = "portal must be https and end with a slash".to_owned();
            self.error(BRAND_FILE, "portal", problem, "write it like https://mail.shop.example/ (RFC 8058)");
        }
    }
}
