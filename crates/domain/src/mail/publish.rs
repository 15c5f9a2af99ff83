//! From a mail's files to what may be sent: put in the texts, compile, check, render samples.

use std::collections::BTreeSet;
use std::fmt;

use super::assemble::assemble;
use super::context::Context;
use super::findings::{Fault, Findings};
use super::layout::{self, Layout, LayoutPart};
use super::published::{AddressForm, PublishedMail, VariantKey};
use super::source::{HTML_LAYOUT, MailSource, TEXT_LAYOUT};
use super::syntax::{Tag, TagKind};
use super::texts::LanguageTexts;
use super::trial::{Draft, try_out};
use crate::id::SegmentId;
use crate::language::Language;
use crate::report::FileReport;

/// What the flows and shops need of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    /// The segments that get it.
    pub segments: Vec<SegmentId>,
    /// The languages of the shops; a mail that lacks one is not published. Further languages are published too.
    pub languages: BTreeSet<Language>,
    /// The address forms of the shops.
    pub forms: BTreeSet<AddressForm>,
}

/// Why a mail was not published; the last good version stays in use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct PublishErrors {
    /// Per file: line, problem, remedy.
    pub reports: Vec<FileReport>,
}

impl PublishErrors {
    pub(super) fn new(findings: Findings) -> Self {
        Self {
            reports: findings.into_reports(),
        }
    }
}

impl fmt::Display for PublishErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the mail was not published")?;
        self.reports.iter().try_for_each(|report| write!(f, "{report}"))
    }
}

/// A published mail and what to look at nevertheless.
#[derive(Debug)]
pub struct Publication {
    /// The mail.
    pub mail: PublishedMail,
    /// Warnings by file.
    pub warnings: Vec<FileReport>,
}

/// Compiles a mail for every language, segment and address form, and renders each with samples of all shapes.
///
/// # Errors
/// [`PublishErrors`] lists per file and line what must be mended. Nothing is published unless all versions are good.
pub fn publish(source: &MailSource, demand: &Demand) -> Result<Publication, PublishErrors> {
    let mut publisher = Publisher {
        source,
        demand,
        findings: Findings::default(),
        used: BTreeSet::new(),
    };
    match publisher.run() {
        Some(mail) if !publisher.findings.has_errors() => Ok(Publication {
            mail,
            warnings: publisher.findings.into_reports(),
        }),
        _ => Err(PublishErrors::new(publisher.findings)),
    }
}

/// The layouts of a mail.
struct Layouts {
    subject: Layout,
    preheader: Layout,
    html: Layout,
    text: Layout,
}

struct Publisher<'a> {
    source: &'a MailSource,
    demand: &'a Demand,
    findings: Findings,
    used: BTreeSet<String>,
}

impl Publisher<'_> {
    fn run(&mut self) -> Option<PublishedMail> {
        self.check_demand();
        let layouts = self.layouts()?;
        let drafts = self.drafts(&layouts);
        if self.findings.has_errors() {
            return None;
        }
        self.warn_unused();
        let mail = PublishedMail {
            name: self.source.name().clone(),
            variants: drafts.iter().map(Draft::variant).collect(),
        };
        try_out(self.source, &mail, &drafts, &mut self.findings);
        Some(mail)
    }

    fn check_demand(&mut self) {
        for language in &self.demand.languages {
            if !self.source.languages.contains_key(language) {
                let file = self.source.path(&format!("{language}.toml"));
                let remedy = format!("upload {file}, or take the language out of the shops");
                let fault = Fault::new(
                    0,
                    format!("a shop sends in {language}, but the mail lacks it"),
                    remedy,
                );
                self.findings.error(&file, &fault);
            }
        }
        if self.source.languages.is_empty() {
            let file = self.source.path("en.toml");
            self.findings.error(
                &file,
                &Fault::new(0, "the mail has no language", "upload a language file"),
            );
        }
        for texts in self.source.languages.values() {
            for (segment, section) in &texts.segments {
                if !self.demand.segments.contains(segment) {
                    let fault = Fault::new(
                        section.line,
                        format!("no flow sends this mail to a segment {segment}"),
                        "correct the segment's name, or remove the section",
                    );
                    self.findings.error(&texts.file, &fault);
                }
            }
        }
    }

    fn layouts(&mut self) -> Option<Layouts> {
        let html_file = self.source.path(HTML_LAYOUT);
        let text_file = self.source.path(TEXT_LAYOUT);
        let html = layout::html(&html_file, &self.source.html);
        let text = layout::plain(&text_file, &self.source.text);
        if let Err(fault) = &html {
            self.findings.error(&html_file, fault);
        }
        if let Err(fault) = &text {
            self.findings.error(&text_file, fault);
        }
        let (html, text) = (html.ok()?, text.ok()?);
        for warning in &html.warnings {
            self.findings.warning(&html_file, warning);
        }
        Some(Layouts {
            subject: line_layout("subject", &html_file),
            preheader: line_layout("preheader", &html_file),
            html: html.layout,
            text,
        })
    }

    fn drafts(&mut self, layouts: &Layouts) -> Vec<Draft> {
        let mut drafts = Vec::new();
        let source = self.source;
        for (language, texts) in &source.languages {
            for segment in &self.demand.segments {
                for form in self.forms(texts) {
                    let key = VariantKey {
                        language: *language,
                        segment: segment.clone(),
                        form,
                    };
                    drafts.push(self.draft(layouts, texts, key));
                }
            }
        }
        drafts.sort_by(|a, b| a.key.cmp(&b.key));
        drafts
    }

    /// A language with one address form is published once, as informal.
    fn forms(&self, texts: &LanguageTexts) -> Vec<AddressForm> {
        if texts.has_formal() {
            self.demand.forms.iter().copied().collect()
        } else {
            vec![AddressForm::Informal]
        }
    }

    fn draft(&mut self, layouts: &Layouts, texts: &LanguageTexts, key: VariantKey) -> Draft {
        let mut assemble = |layout| assemble(layout, texts, &key, &mut self.used, &mut self.findings);
        let subject = assemble(&layouts.subject);
        let preheader = assemble(&layouts.preheader);
        let html = assemble(&layouts.html);
        let text = assemble(&layouts.text);
        if subject.source.contains(['\n', '\r']) {
            let fault = Fault::new(0, "the subject has more than one line", "write it in one line");
            self.findings.error(&texts.file, &fault);
        }
        Draft {
            key,
            subject,
            preheader,
            html,
            text,
        }
    }

    fn warn_unused(&mut self) {
        for texts in self.source.languages.values() {
            for (key, text) in &texts.text {
                if !self.used.contains(key) {
                    let fault = Fault::new(
                        text.line,
                        format!("no layout uses the text {key}"),
                        "remove it, or write {{ t.key }} into a layout",
                    );
                    self.findings.warning(&texts.file, &fault);
                }
            }
        }
    }
}

/// A layout that consists of one text.
fn line_layout(key: &str, file: &str) -> Layout {
    let tag = Tag {
        kind: TagKind::Expression,
        source: format!("{{{{ t.{key} }}}}"),
        body: format!("t.{key}"),
        line: 0,
    };
    Layout {
        file: file.to_owned(),
        parts: vec![LayoutPart::Tag {
            tag,
            context: Context::Plain,
            place: 0,
        }],
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{data, files, files_with, key, problems, publish_files};
    use super::super::render::MailRenderer;
    use super::*;

    #[test]
    fn a_good_mail_is_published_in_every_version() {
        let publication = publish_files(&files()).unwrap_or_else(|errors| panic!("{errors}"));
        let keys: Vec<_> = publication
            .mail
            .variants
            .iter()
            .map(|v| v.key.to_string())
            .collect();
        assert_eq!(
            keys,
            [
                "de/charm-club/informal",
                "de/charm-club/formal",
                "de/collection/informal",
                "de/collection/formal",
                "en/charm-club/informal",
                "en/collection/informal",
            ]
        );
        assert_eq!(publication.warnings, []);
    }

    #[test]
    fn texts_follow_segment_and_address_form() {
        let mail = publish_files(&files()).unwrap().mail;
        let renderer = MailRenderer::new(&mail).unwrap();
        let text = |segment, form| {
            let key = key("de", segment, form);
            renderer.render(&key, &data(&key)).unwrap().text().to_owned()
        };
        use AddressForm::{Formal, Informal};
        assert!(text("charm-club", Informal).starts_with("Neues für deinen Charm Club\n"));
        assert!(text("charm-club", Formal).starts_with("Neues für Ihren Charm Club\n"));
        assert!(
            text("collection", Formal).starts_with("Silber & Mond\n\nGuten Tag Maximiliane, gefällt Ihnen")
        );
    }

    #[test]
    fn a_personal_field_that_is_not_allowed_stops_the_publication() {
        let files = files_with(
            "de.toml",
            "Hallo {{ contact.first_name }}, magst",
            "{{ contact.email }}",
        );
        let problems = problems(&files);
        assert!(
            problems.contains("mails/topsellers/de.toml:5 contact has no field email"),
            "{problems}"
        );
    }
}
