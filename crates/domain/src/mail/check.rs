//! What must hold for every rendered sample of a mail.

use super::bytes::count;
use super::engine::escaped;
use super::findings::Fault;
use super::render::{MAX_SUBJECT, RenderedMail};
use super::sample::Sample;

/// Largest HTML part: Gmail cuts a mail off at about 102 KB, and links grow when they are rewritten.
pub const MAX_HTML_BYTES: usize = 90 * 1024;

/// Which file a finding belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The MJML layout.
    Html,
    /// The text layout.
    Text,
    /// The language file.
    Language,
}

/// What is wrong with a rendered sample.
pub(super) fn check(sample: &Sample, mail: &RenderedMail) -> Vec<(Part, Fault)> {
    let mut faults = Vec::new();
    check_subject(sample, mail, &mut faults);
    check_duties(sample, mail, &mut faults);
    check_html(mail, &mut faults);
    faults
}

/// What gives a page its structure, counted. Data can change it only by escaping from where it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Structure([usize; 3]);

impl Structure {
    /// Counts the signs of a page that begin and end elements and attributes.
    pub(super) fn of(mail: &RenderedMail) -> Self {
        Self([b'<', b'>', b'"'].map(|sign| count(mail.html.as_bytes(), sign)))
    }
}

/// The finding for a page whose structure hostile data changes.
pub(super) fn structure_changed() -> (Part, Fault) {
    let fault = Fault::new(
        0,
        "hostile data in a name or title changes the page's structure",
        "write data between elements or into quoted attributes only, and do not compare it in {% if %}",
    );
    (Part::Html, fault)
}

fn check_subject(sample: &Sample, mail: &RenderedMail, faults: &mut Vec<(Part, Fault)>) {
    if mail.cut && !sample.hostile {
        let problem = format!("the subject is longer than {MAX_SUBJECT} characters");
        faults.push((Part::Language, Fault::new(0, problem, "shorten it: phones show about 40")));
    }
}

/// Unsubscribe link (RFC 8058), that she may object (§ 7 (3) no. 4 UWG) and provider identification (§ 5 DDG) in both parts.
fn check_duties(sample: &Sample, mail: &RenderedMail, faults: &mut Vec<(Part, Fault)>) {
    let data = &sample.data;
    let link = format!("href=\"{}\"", escaped(&data.urls.unsubscribe));
    if !holds_late(&mail.html, &link) {
        faults.push((Part::Html, no_unsubscribe()));
    }
    if !holds_late(&mail.text, &data.urls.unsubscribe) {
        faults.push((Part::Text, no_unsubscribe()));
    }
    let notice = &data.shop.legal_notice;
    if !holds_late(&mail.html, &escaped(notice)) {
        faults.push((Part::Html, no_notice()));
    }
    if !holds_late(&mail.text, notice) {
        faults.push((Part::Text, no_notice()));
    }
    let imprint = &data.shop.imprint;
    if imprint.iter().any(|line| !holds_late(&mail.html, &escaped(line))) {
        faults.push((Part::Html, no_imprint()));
    }
    if imprint.iter().any(|line| !holds_late(&mail.text, line)) {
        faults.push((Part::Text, no_imprint()));
    }
}

/// Whether a part holds a text, looked for from the end: duties stand in the footer of a page of some 50 KB.
fn holds_late(part: &str, text: &str) -> bool {
    part.rfind(text).is_some()
}

fn check_html(mail: &RenderedMail, faults: &mut Vec<(Part, Fault)>) {
    if mail.html.len() > MAX_HTML_BYTES {
        let problem = format!(
            "the HTML is {} KB large, more than {} KB: mail programs would cut it off",
            mail.html.len() / 1024,
            MAX_HTML_BYTES / 1024
        );
        faults.push((Part::Html, Fault::new(0, problem, "show fewer products, or shorten the layout")));
    }
    if mail.html.contains("href=\"\"") || mail.html.contains("src=\"\"") {
        faults.push((
            Part::Html,
            Fault::new(
                0,
                "a link or picture is written although it is empty",
                "put it into {% if item.link %} or {% if item.image %}",
            ),
        ));
    }
}

fn no_unsubscribe() -> Fault {
    Fault::new(
        0,
        "the unsubscribe link is missing",
        "write {{ urls.unsubscribe }} outside of any condition, in HTML as href of a link",
    )
}

fn no_notice() -> Fault {
    Fault::new(
        0,
        "the notice that she may object is missing",
        "write {{ shop.legal_notice }} outside of any condition",
    )
}

fn no_imprint() -> Fault {
    Fault::new(
        0,
        "the imprint is missing or incomplete",
        "write all lines: {% for line in shop.imprint %}{{ line }}{% endfor %}, outside of any condition",
    )
}
