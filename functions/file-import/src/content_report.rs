//! What is said about each file of shops, flows and mails.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nachklang_domain::draft::Draft;
use nachklang_domain::id::MailName;
use nachklang_domain::report::FileReport;
use nachklang_domain::use_case::publish::Edition;

use crate::report::{State, UploadReport};

/// A report about each file that lies there, and about each that is missing or wrong.
#[must_use]
pub fn about_all(keys: &[String], draft: &Draft, edition: &Edition, at: Timestamp) -> Vec<UploadReport> {
    let mut files: BTreeMap<&str, FileReport> = BTreeMap::new();
    for report in &draft.reports {
        let known = files.entry(&report.file).or_insert_with(|| FileReport::new(&report.file));
        known.findings.extend(report.findings.iter().cloned());
        known.not_listed += report.not_listed;
        known.rejected += report.rejected;
    }
    for key in keys {
        files.entry(key).or_insert_with(|| FileReport::new(key));
    }
    files.into_values().map(|file| about(file, edition, at)).collect()
}

fn about(file: FileReport, edition: &Edition, at: Timestamp) -> UploadReport {
    if file.has_errors() {
        return UploadReport::refused(file, "not published: what was in use stays in use", at);
    }
    let (version, waits) = match mail_of(&file.file) {
        Some(mail) => {
            let waits = if edition.held.contains(&mail) {
                "good; it is published as soon as shops and flows have no error"
            } else {
                "good, but another file of the mail, or a shop or flow, has an error: look at its report"
            };
            (edition.mails.get(&mail), waits)
        }
        None => (
            edition.catalog.as_ref(),
            "good, but another shop, flow or mail has an error: look at its report",
        ),
    };
    let (state, outcome) = match version {
        Some(version) => (State::Published, format!("good, published as version {version}")),
        None => (State::Waiting, format!("{waits}; what was in use stays in use")),
    };
    UploadReport { state, outcome, version: version.cloned(), at: Some(at), file }
}

fn mail_of(file: &str) -> Option<MailName> {
    let (mail, _) = file.strip_prefix("mails/")?.split_once('/')?;
    MailName::parse(mail).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at() -> Timestamp {
        "2026-11-22T10:00:00Z".parse().unwrap()
    }

    fn thanks() -> MailName {
        MailName::parse("thanks").unwrap()
    }

    fn state(file: &str, edition: &Edition) -> State {
        about(FileReport::new(file), edition, at()).state
    }

    #[test]
    fn a_good_file_is_in_use_once_what_belongs_to_it_is_good() {
        let nothing = Edition::default();
        for file in ["shops/de.toml", "flows/a.toml", "mails/thanks/de.toml"] {
            assert_eq!(state(file, &nothing), State::Waiting, "{file}");
        }
        let mail_only =
            Edition { mails: BTreeMap::from([(thanks(), "v1".to_owned())]), ..Edition::default() };
        assert_eq!(state("mails/thanks/de.toml", &mail_only), State::Published);
        assert_eq!(state("mails/again/de.toml", &mail_only), State::Waiting);
        assert_eq!(state("shops/de.toml", &mail_only), State::Waiting);
        let all = Edition { catalog: Some("v2".to_owned()), ..mail_only };
        let report = about(FileReport::new("shops/de.toml"), &all, at());
        assert_eq!((report.state, report.version.as_deref()), (State::Published, Some("v2")));
        assert!(report.outcome.contains("v2"));
    }

    #[test]
    fn a_file_with_an_error_is_refused_even_if_it_is_missing() {
        let draft = Draft::read(&BTreeMap::new());
        let reports = about_all(&[], &draft, &Edition::default(), at());
        let [brand] = reports.as_slice() else { panic!("{reports:?}") };
        assert_eq!((brand.file.file.as_str(), brand.state), ("shops/brand.toml", State::Refused));
    }
}
