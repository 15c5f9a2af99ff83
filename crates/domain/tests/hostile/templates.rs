//! Hostile mails and templates: refused within bounds, or harmless.

use nachklang_domain::mail::published::PublishedMail;
use nachklang_domain::mail::render::MailRenderer;

use crate::content::{data, key};
use crate::layouts::hostile_mails;
use crate::mails::{Planted, payloads, planted, published, with_markup, with_tag};
use crate::measured::measured;
use crate::page::elements;

/// What refusing a mail may hold at once.
const BOUND: usize = 32 << 20;
/// Of the tags that may stand in a mail, so many are published. Of those that are refused nothing is said here.
const PUBLISHED: usize = 22;

/// Names that must not be of this process: a template reads nothing but its data.
const FOREIGN: [&str; 3] = ["PATH", "CARGO_MANIFEST_DIR", "HOME"];

#[test]
fn every_hostile_mail_is_refused_and_told_within_32_mb() {
    for mail in hostile_mails() {
        let (outcome, peak) = measured(|| published(&mail.files));
        let told = outcome.err().unwrap_or_else(|| panic!("{} was published", mail.name));
        assert!(told.contains(mail.told), "{}: expected {:?}, told {told:.400}", mail.name, mail.told);
        assert!(peak < BOUND, "{} took {peak} bytes", mail.name);
        assert!(told.len() < 100_000, "{}: the report has {} bytes", mail.name, told.len());
    }
}

/// What surrounds the payloads is published, so that a refusal is the payload's.
#[test]
fn the_mail_without_anything_hostile_is_published() {
    let raw = "<mj-raw><p>x</p></mj-raw>";
    let plain = Planted { head: "", body: raw, text: "<b>x</b>", plain: "x", texts: "" };
    for what in [Planted::default(), plain] {
        assert_eq!(published(&planted(&what)).err(), None);
    }
}

#[test]
fn no_tag_assigns_calls_includes_or_reads_what_it_may_not() {
    for tag in payloads(include_str!("payloads/tags-refused.jsonl")) {
        for files in with_tag(&tag) {
            let (outcome, peak) = measured(|| published(&files));
            assert!(outcome.is_err(), "{tag} was published");
            assert!(peak < BOUND, "{tag} took {peak} bytes");
        }
    }
}

#[test]
fn a_tag_that_is_allowed_is_published_or_refused_within_bounds_and_says_nothing_foreign() {
    let secrets: Vec<String> =
        FOREIGN.iter().filter_map(|name| std::env::var(name).ok()).filter(|value| value.len() > 4).collect();
    let mut published_tags = 0;
    for tag in payloads(include_str!("payloads/tags-harmless.jsonl")) {
        let files = planted(&Planted { plain: &tag, text: &tag, ..Planted::default() });
        let (outcome, peak) = measured(|| {
            let mail = published(&files)?;
            let rendered = MailRenderer::new(&mail).unwrap().render(&key(), &data("Mira"));
            rendered.map_err(|error| error.to_string())
        });
        assert!(peak < BOUND, "{tag} took {peak} bytes");
        if let Ok(mail) = outcome {
            let all = format!("{}{}{}", mail.subject(), mail.html(), mail.text());
            assert!(all.len() < 256 << 10, "{tag} made {} bytes", all.len());
            assert!(!secrets.iter().any(|secret| all.contains(secret)), "{tag}");
            published_tags += 1;
        }
    }
    assert_eq!(published_tags, PUBLISHED);
}

#[test]
fn markup_that_acts_loads_or_leads_elsewhere_is_refused() {
    for markup in payloads(include_str!("payloads/markup-refused.jsonl")) {
        for files in with_markup(&markup) {
            let (outcome, peak) = measured(|| published(&files));
            assert!(outcome.is_err(), "{markup} was published");
            assert!(peak < BOUND, "{markup} took {peak} bytes");
        }
    }
}

/// The same markup in a language file is text, whatever it is.
#[test]
fn markup_in_a_text_stays_text() {
    let plain = published(&planted(&Planted { text: "{{ t.a }}", texts: "a = 'x'\n", ..Planted::default() }))
        .unwrap();
    let shape = |mail: &PublishedMail| {
        let rendered = MailRenderer::new(mail).unwrap().render(&key(), &data("Mira")).unwrap();
        elements(rendered.html())
    };
    let expected = shape(&plain);
    for markup in payloads(include_str!("payloads/markup-refused.jsonl")) {
        if markup.contains("{{") {
            continue;
        }
        let texts = format!("a = {}\n", serde_json::Value::String(markup.clone()));
        let mail = published(&planted(&Planted { text: "{{ t.a }}", texts: &texts, ..Planted::default() }));
        let mail = mail.unwrap_or_else(|told| panic!("{markup}: {told}"));
        assert_eq!(shape(&mail), expected, "{markup}");
    }
}
