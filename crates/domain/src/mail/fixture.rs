//! A small mail for tests.

use std::collections::{BTreeMap, BTreeSet};

use super::data::MailData;
use super::publish::{Demand, Publication, PublishErrors, publish};
use super::published::{AddressForm, VariantKey};
use super::sample;
use super::source::MailSource;
use crate::id::{MailName, SegmentId};
use crate::language::Language;

pub(super) const MJML: &str = r#"<mjml lang="{{ language }}" dir="{{ dir }}">
  <mj-head>
    <mj-title>{{ t.subject }}</mj-title>
    <mj-preview>{{ t.preheader }}</mj-preview>
    <mj-style>@media (prefers-color-scheme: dark) { .page { background: #111; } }</mj-style>
  </mj-head>
  <mj-body>
    <mj-section>
      <mj-column>
        <mj-text><h1>{{ t.headline }}</h1>
          {% if contact.first_name %}{{ t.greeting }}{% else %}{{ t.greeting_without_name }}{% endif %}
          {% for item in bought %}{% if item.image %}<img src="{{ item.image }}" alt="{{ item.title }}">{% endif %}{{ item.title }}{% endfor %}
        </mj-text>
      </mj-column>
    </mj-section>
    <mj-raw>{% for row in product_rows %}</mj-raw>
    <mj-section>
      <mj-column>
        <mj-text>{% for product in row %}<a href="{{ product.link }}"><img src="{{ product.image }}" alt="{{ product.title }}"></a>
          {{ product.title }} {{ product.price }}
          {% if product.old_price %}<s>{{ product.old_price }}</s> -{{ product.saving_percent }} %{% endif %}{% endfor %}</mj-text>
      </mj-column>
    </mj-section>
    <mj-raw>{% endfor %}</mj-raw>
    <mj-raw>{% if coupon %}</mj-raw>
    <mj-section>
      <mj-column>
        <mj-text>{{ coupon.benefit }}: {{ coupon.code }}, {{ t.until }} {{ coupon.valid_until }}</mj-text>
        <mj-button href="{{ coupon.link }}">{{ t.redeem }}</mj-button>
      </mj-column>
    </mj-section>
    <mj-raw>{% endif %}</mj-raw>
    <mj-section>
      <mj-column>
        <mj-text>{{ shop.legal_notice }} <a href="{{ urls.unsubscribe }}">{{ t.unsubscribe }}</a>
          {% for line in shop.imprint %}{{ line }}<br/>{% endfor %}</mj-text>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
"#;

pub(super) const TEXT: &str = "{{ t.headline }}

{% if contact.first_name %}{{ t.greeting }}{% else %}{{ t.greeting_without_name }}{% endif %}
{% for product in products -%}
* {{ product.title }}: {{ product.price }} {{ product.link }}
{% endfor -%}
{%- if coupon %}
{{ coupon.benefit }}: {{ coupon.code }} ({{ t.until }} {{ coupon.valid_until }})
{% endif %}
{{ shop.legal_notice }}
{{ t.unsubscribe }}: {{ urls.unsubscribe }}
{% for line in shop.imprint %}{{ line }}
{% endfor %}";

pub(super) const GERMAN: &str = r#"[text]
subject = "Passt zu {{ bought[0].title }}"
preheader = "Schon gesehen?"
headline = "Silber & Mond"
greeting = "Hallo {{ contact.first_name }}, magst du das?"
greeting_without_name = "Hallo, magst du das?"
until = "bis"
redeem = "Einlösen"
unsubscribe = "Abmelden"

[formal]
greeting = "Guten Tag {{ contact.first_name }}, gefällt Ihnen das?"
greeting_without_name = "Guten Tag, gefällt Ihnen das?"

[segments.charm-club.text]
headline = "Neues für deinen Charm Club"

[segments.charm-club.formal]
headline = "Neues für Ihren Charm Club"
"#;

pub(super) const ENGLISH: &str = r#"[text]
subject = "Goes with {{ bought[0].title }}"
preheader = "Have you seen these?"
headline = "Silver & moon"
greeting = "Hello {{ contact.first_name }},"
greeting_without_name = "Hello,"
until = "until"
redeem = "Redeem"
unsubscribe = "Unsubscribe"
"#;

pub(super) fn files() -> BTreeMap<String, Vec<u8>> {
    [("mail.mjml", MJML), ("mail.txt", TEXT), ("de.toml", GERMAN), ("en.toml", ENGLISH)]
        .map(|(name, content)| (name.to_owned(), content.as_bytes().to_vec()))
        .into()
}

/// The files with one piece of one of them replaced.
pub(super) fn files_with(file: &str, from: &str, to: &str) -> BTreeMap<String, Vec<u8>> {
    let mut files = files();
    let content = String::from_utf8(files[file].clone()).unwrap();
    assert!(content.contains(from), "{file} has no {from}");
    files.insert(file.to_owned(), content.replacen(from, to, 1).into_bytes());
    files
}

pub(super) fn demand() -> Demand {
    Demand {
        segments: ["charm-club", "collection"].map(|name| SegmentId::parse(name).unwrap()).to_vec(),
        languages: [language("de"), language("en")].into(),
        forms: BTreeSet::from([AddressForm::Informal, AddressForm::Formal]),
    }
}

pub(super) fn language(tag: &str) -> Language {
    Language::parse(tag).unwrap()
}

pub(super) fn publish_files(files: &BTreeMap<String, Vec<u8>>) -> Result<Publication, PublishErrors> {
    let source = MailSource::parse(&MailName::parse("topsellers").unwrap(), files)?;
    publish(&source, &demand())
}

/// The findings as `file:line problem`, one a line.
pub(super) fn problems(files: &BTreeMap<String, Vec<u8>>) -> String {
    let errors = match publish_files(files) {
        Ok(_) => return "it was published".to_owned(),
        Err(errors) => errors,
    };
    let mut lines = Vec::new();
    for report in errors.reports {
        for finding in report.findings {
            lines.push(format!("{}:{} {}", report.file, finding.line, finding.problem));
        }
    }
    lines.join("\n")
}

pub(super) fn key(tag: &str, segment: &str, form: AddressForm) -> VariantKey {
    VariantKey { language: language(tag), segment: SegmentId::parse(segment).unwrap(), form }
}

/// The data of a full mail.
pub(super) fn data(key: &VariantKey) -> MailData {
    sample::samples(key).remove(0).data
}
