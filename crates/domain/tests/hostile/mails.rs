//! A small mail with room for something hostile.

use std::collections::{BTreeMap, BTreeSet};

use nachklang_domain::id::{MailName, SegmentId};
use nachklang_domain::language::Language;
use nachklang_domain::mail::publish::{Demand, publish};
use nachklang_domain::mail::published::{AddressForm, PublishedMail};
use nachklang_domain::mail::source::MailSource;

/// The files of a mail by name.
pub type Files = BTreeMap<String, Vec<u8>>;

const LAYOUT: &str = r#"<mjml lang="{{ language }}" dir="{{ dir }}">
<mj-head><mj-title>{{ t.subject }}</mj-title><mj-preview>{{ t.preheader }}</mj-preview>@HEAD@</mj-head>
<mj-body>@BODY@<mj-section><mj-column><mj-text>@TEXT@
<p>{{ contact.first_name }}, {{ order.number }}</p>
{% for item in bought %}<p title="{{ item.title }}">{{ item.title }}</p>{% endfor %}
{% for product in products %}<a href="{{ product.link }}"><img src="{{ product.image }}" alt="{{ product.title }}"></a>{{ product.title }}{% endfor %}
{{ shop.legal_notice }} <a href="{{ urls.unsubscribe }}">{{ t.unsubscribe }}</a>
{% for line in shop.imprint %}{{ line }}<br/>{% endfor %}</mj-text></mj-column></mj-section></mj-body></mjml>"#;

const TEXT: &str = "@PLAIN@{% for item in bought %}{{ item.title }}
{% endfor %}{{ shop.legal_notice }}
{{ t.unsubscribe }}: {{ urls.unsubscribe }}
{% for line in shop.imprint %}{{ line }}
{% endfor %}";

const ENGLISH: &str = "[text]\nsubject = \"For you: {{ bought[0].title }}\"\npreheader = \"For you\"\nunsubscribe = \"Unsubscribe\"\n";

/// What is put into the mail, and where.
#[derive(Default)]
pub struct Planted<'a> {
    /// Into the head of the layout.
    pub head: &'a str,
    /// Into its body.
    pub body: &'a str,
    /// Into a text of its body.
    pub text: &'a str,
    /// Into the text part.
    pub plain: &'a str,
    /// Below the texts of the language file.
    pub texts: &'a str,
}

/// The mail with something planted.
pub fn planted(what: &Planted<'_>) -> Files {
    let html = LAYOUT.replace("@HEAD@", what.head).replace("@BODY@", what.body).replace("@TEXT@", what.text);
    let files = [
        ("mail.mjml", html),
        ("mail.txt", TEXT.replace("@PLAIN@", what.plain)),
        ("en.toml", ENGLISH.to_owned() + what.texts),
    ];
    files.map(|(name, content)| (name.to_owned(), content.into_bytes())).into()
}

/// The lines of a payload file, each a JSON text.
pub fn payloads(lines: &str) -> Vec<String> {
    lines.lines().map(|line| serde_json::from_str(line).expect("each line is a JSON text")).collect()
}

/// A mail with a tag in its text part, and one with it in its layout.
pub fn with_tag(tag: &str) -> [Files; 2] {
    [
        planted(&Planted { plain: tag, ..Planted::default() }),
        planted(&Planted { text: tag, ..Planted::default() }),
    ]
}

/// A mail with markup in a text of its layout, and one with it in a part that is not compiled.
pub fn with_markup(markup: &str) -> [Files; 2] {
    let raw = format!("<mj-raw>{markup}</mj-raw>");
    [
        planted(&Planted { text: markup, ..Planted::default() }),
        planted(&Planted { body: &raw, ..Planted::default() }),
    ]
}

/// Publishes for three segments in both address forms; the findings, one a line, when it is refused.
pub fn published(files: &Files) -> Result<PublishedMail, String> {
    let demand = Demand {
        segments: ["charm-club", "karma-beads", "collection"].map(segment).to_vec(),
        languages: BTreeSet::from([english()]),
        forms: BTreeSet::from([AddressForm::Informal, AddressForm::Formal]),
    };
    let name = MailName::parse("topsellers").expect("a name");
    let source = MailSource::parse(&name, files);
    let publication = source.and_then(|source| publish(&source, &demand));
    publication.map(|publication| publication.mail).map_err(|errors| {
        let findings = errors.reports.iter().flat_map(|report| {
            report.findings.iter().map(|found| format!("{}:{} {}", report.file, found.line, found.problem))
        });
        findings.collect::<Vec<_>>().join("\n")
    })
}

fn english() -> Language {
    Language::parse("en").expect("a language")
}

fn segment(name: &str) -> SegmentId {
    SegmentId::parse(name).expect("a segment")
}
