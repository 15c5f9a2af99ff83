//! The files of a mail, as marketers upload them: read, compiled, checked, published, rendered.

use std::collections::{BTreeMap, BTreeSet};

use nachklang_domain::id::MailName;
use nachklang_domain::mail::MAX_HTML_BYTES;
use nachklang_domain::mail::data::MailData;
use nachklang_domain::mail::publish::{Demand, Publication, publish};
use nachklang_domain::mail::published::{AddressForm, PublishedMail};
use nachklang_domain::mail::render::{MAX_SUBJECT, MailRenderer, RenderError, RenderedMail};
use nachklang_domain::mail::source::MailSource;
use nachklang_domain::report::FileReport;
use nachklang_domain::text::is_unsafe;

use crate::Outcome;
use crate::fixed::{language, segment, sure, variant};
use crate::mail_render::full_data;
use crate::{input, report};

type Files = BTreeMap<String, Vec<u8>>;

/// The bytes are files by name; a file that they lack is one in which nothing is wrong. What is published can be
/// rendered within its bounds and survives its storage; what is not is told with its place.
pub fn check(data: &[u8]) -> Outcome {
    let files = with_missing(input::files(data));
    match published(&files) {
        Ok(publication) => {
            check_reports(&publication.warnings, &files);
            check_mail(&publication.mail);
            Outcome::Taken
        }
        Err(reports) => {
            check_reports(&reports, &files);
            assert!(reports.iter().any(FileReport::has_errors), "refused without a word");
            Outcome::Refused
        }
    }
}

/// A mail with every kind of expression, in German.
pub(crate) fn good_files() -> Files {
    [
        ("mail.mjml", include_str!("fixed/mail.mjml")),
        ("mail.txt", include_str!("fixed/mail.txt")),
        ("de.toml", include_str!("fixed/de.toml")),
    ]
    .map(|(name, content)| (name.to_owned(), content.as_bytes().to_vec()))
    .into()
}

pub(crate) fn published(files: &Files) -> Result<Publication, Vec<FileReport>> {
    let name = sure(MailName::parse("topsellers"));
    let source = MailSource::parse(&name, files).map_err(|errors| errors.reports)?;
    publish(&source, &demand()).map_err(|errors| errors.reports)
}

fn demand() -> Demand {
    Demand {
        segments: vec![segment()],
        languages: BTreeSet::from([language()]),
        forms: BTreeSet::from([AddressForm::Informal]),
    }
}

/// At most one language beside German: each is compiled and tried with all samples.
fn with_missing(given: Files) -> Files {
    let mut files = good_files();
    files.extend(given.into_iter().take(4));
    files
}

fn check_reports(reports: &[FileReport], files: &Files) {
    for told in reports {
        let name = told.file.strip_prefix("mails/topsellers/").unwrap_or(&told.file);
        let bytes = files.get(name).map_or(&[][..], Vec::as_slice);
        report::check_findings(told, report::lines(bytes));
    }
}

fn check_mail(mail: &PublishedMail) {
    let stored = sure(serde_json::to_vec(mail));
    let read: PublishedMail = sure(serde_json::from_slice(&stored));
    assert_eq!(read, *mail);
    assert_eq!(read.version(), mail.version());
    let renderer = sure(MailRenderer::new(&read));
    let data = full_data();
    match renderer.render(&variant(), &data) {
        Ok(rendered) => check_rendered(&rendered, &data),
        // Samples have every shape, not every value: what is shown to one name or number only may fail with it.
        Err(RenderError::Unfilled { line, .. }) if decides_by_value(mail) => assert!(line > 0),
        Err(error) => unreachable!("published, but not for this data: {error}"),
    }
}

/// Whether a tag compares, tests or calculates.
fn decides_by_value(mail: &PublishedMail) -> bool {
    let parts = mail
        .variants
        .iter()
        .flat_map(|version| [&version.subject, &version.preheader, &version.text, &version.html]);
    parts.flat_map(|part| tags(part)).any(|tag| {
        let member = tag.contains(" in ") && !tag.contains("for ");
        member || tag.contains(" is ") || tag.contains(['=', '<', '>', '+', '/', '~'])
    })
}

/// What stands within `{{ }}` and `{% %}`; style sheets have braces too.
fn tags(template: &str) -> impl Iterator<Item = &str> {
    let within = |open: &'static str, close: &'static str| {
        template.split(open).skip(1).map(move |rest| rest.split(close).next().unwrap_or(rest))
    };
    within("{{", "}}").chain(within("{%", "%}"))
}

fn check_rendered(rendered: &RenderedMail, data: &MailData) {
    let subject = rendered.subject();
    assert!(subject.chars().count() <= MAX_SUBJECT && !subject.contains(is_unsafe));
    assert!(rendered.html().len() <= MAX_HTML_BYTES);
    assert!(
        rendered.html().contains(&data.urls.unsubscribe) && rendered.text().contains(&data.urls.unsubscribe)
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decides(subject: &str) -> bool {
        let mut files = good_files();
        let texts = String::from_utf8(files["de.toml"].clone()).unwrap();
        files.insert("de.toml".to_owned(), texts.replace("{{ bought[0].title }}", subject).into_bytes());
        decides_by_value(&published(&files).unwrap().mail)
    }

    /// Else a mail that fails would never be found.
    #[test]
    fn only_a_tag_with_an_operator_decides_by_value() {
        assert!(!decides("{{ bought[0].title }}"));
        assert!(!decides("Ein Gruß {% if contact.first_name %}{{ bought[0].title }}{% endif %}"));
        assert!(decides("Ein Gruß {% if order.number == 'LU-1' %}{{ bought[0].title }}{% endif %}"));
    }
}
