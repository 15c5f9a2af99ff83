//! The starter mails, as a recipient reads them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop")]

use std::path::Path;

use nachklang_domain::draft::Draft;
use nachklang_domain::mail::published::PublishedVariant;
use nachklang_domain::mail::render::{MailRenderer, RenderedMail};
use nachklang_local::bucket;
use nachklang_local::sample_data::sample_data;

fn starter() -> Draft {
    let draft = bucket::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../templates")).unwrap();
    assert!(!draft.has_errors(), "{:?}", draft.reports);
    draft
}

/// Renders every version of every starter mail with the data of a preview.
fn each_version(mut look: impl FnMut(&str, &PublishedVariant, &RenderedMail)) {
    let draft = starter();
    let catalog = draft.catalog.as_ref().unwrap();
    for mail in &draft.mails {
        let renderer = MailRenderer::new(mail).unwrap();
        for variant in &mail.variants {
            let rendered =
                renderer.render(&variant.key, &sample_data(catalog, &variant.key).unwrap()).unwrap();
            look(mail.name.as_str(), variant, &rendered);
        }
    }
}

#[test]
fn every_version_reads_as_it_was_written() {
    each_version(|mail, variant, rendered| {
        let name = format!("{mail}-{}", variant.key.to_string().replace('/', "-"));
        let whole = format!("{}\n{}\n\n{}", rendered.subject(), rendered.preheader(), rendered.text());
        insta::assert_snapshot!(name, whole);
    });
}

#[test]
fn html_and_text_both_carry_the_code_its_end_the_way_out_and_the_impressum() {
    each_version(|mail, variant, rendered| {
        let key = &variant.key;
        for part in [rendered.html(), rendered.text()] {
            for needed in ["PREVIEW-0000", "2026", "https://mail.lunaria.example/u/preview", "HRB 000000"] {
                assert!(part.contains(needed), "{mail} {key} lacks {needed}");
            }
        }
        assert!(rendered.html().len() <= 90 * 1024, "{mail} {key} is clipped by mailboxes");
    });
}

#[test]
fn every_picture_has_a_text_and_the_page_names_its_language() {
    each_version(|mail, variant, rendered| {
        let html = rendered.html();
        for picture in html.split("<img").skip(1) {
            let tag = picture.split('>').next().unwrap();
            assert!(tag.contains("alt="), "{mail} {}: a picture without a text: {tag}", variant.key);
        }
        assert!(html.contains(&format!("lang=\"{}\"", variant.key.language)), "{mail} {}", variant.key);
        for foreign in ["fonts.googleapis", "<script", "<link "] {
            assert!(!html.contains(foreign), "{mail} {} loads {foreign}", variant.key);
        }
    });
}

#[test]
fn subject_and_headline_tell_the_three_segments_apart() {
    let mut subjects = std::collections::BTreeMap::new();
    each_version(|_, variant, rendered| {
        let version = (variant.key.language.to_string(), format!("{:?}", variant.key.form));
        let known = subjects.insert((version, rendered.subject().to_owned()), variant.key.segment.clone());
        assert!(known.is_none(), "{} has the subject of {known:?}", variant.key);
    });
    assert_eq!(subjects.len(), 18, "five languages and Sie, three segments each");
}
