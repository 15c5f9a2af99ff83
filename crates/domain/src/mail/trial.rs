//! Every version of a mail, rendered with samples of every shape before it is published.

use super::check::{self, Part, Structure};
use super::findings::{Fault, Findings};
use super::published::{PublishedMail, PublishedVariant, VariantKey};
use super::render::{MailRenderer, RenderError, RenderedMail};
use super::sample::{Sample, samples};
use super::source::{HTML_LAYOUT, MailSource, TEXT_LAYOUT};
use super::writer::Assembled;

/// A version before its templates are tried.
pub(super) struct Draft {
    pub key: VariantKey,
    pub subject: Assembled,
    pub preheader: Assembled,
    pub html: Assembled,
    pub text: Assembled,
}

impl Draft {
    /// Bytes of its templates.
    pub(super) fn size(&self) -> usize {
        [&self.subject, &self.preheader, &self.html, &self.text].map(|part| part.source.len()).iter().sum()
    }

    /// The version as it is stored.
    pub(super) fn variant(&self) -> PublishedVariant {
        PublishedVariant {
            key: self.key.clone(),
            subject: self.subject.source.clone(),
            preheader: self.preheader.source.clone(),
            html: self.html.source.clone(),
            text: self.text.source.clone(),
        }
    }
}

/// Renders every version with every sample; stops at the first version that fails.
pub(super) fn try_out(source: &MailSource, mail: &PublishedMail, drafts: &[Draft], findings: &mut Findings) {
    let renderer = match MailRenderer::new(mail) {
        Ok(renderer) => renderer,
        Err(error) => {
            let remedy = "check the blocks and expressions of the layouts";
            let fault = Fault::new(0, error.to_string(), remedy);
            return findings.error(&source.path(HTML_LAYOUT), &fault);
        }
    };
    let mut trial = Trial { source, renderer: &renderer, findings };
    for draft in drafts {
        trial.draft(draft);
        if trial.findings.has_errors() {
            return;
        }
    }
}

struct Trial<'a> {
    source: &'a MailSource,
    renderer: &'a MailRenderer,
    findings: &'a mut Findings,
}

impl Trial<'_> {
    /// Stops at the first sample that fails: the others mostly fail for the same reason.
    fn draft(&mut self, draft: &Draft) {
        let mut plain = None;
        for sample in samples(&draft.key) {
            let Some(mail) = self.sample(draft, &sample) else {
                return;
            };
            if sample.hostile && plain != Some(Structure::of(&mail)) {
                self.note(draft, &sample, vec![check::structure_changed()]);
            }
            plain = plain.or_else(|| Some(Structure::of(&mail)));
        }
    }

    /// The rendered sample, if nothing is wrong with it.
    fn sample(&mut self, draft: &Draft, sample: &Sample) -> Option<RenderedMail> {
        match self.renderer.render(&draft.key, &sample.data) {
            Ok(mail) => {
                let faults = check::check(sample, &mail);
                let good = faults.is_empty();
                self.note(draft, sample, faults);
                good.then_some(mail)
            }
            Err(error) => {
                self.unrendered(draft, &error, &sample.name);
                None
            }
        }
    }

    fn note(&mut self, draft: &Draft, sample: &Sample, faults: Vec<(Part, Fault)>) {
        for (part, fault) in faults {
            let problem = format!("{} ({}, sample {})", fault.problem, draft.key, sample.name);
            let file = self.file_of(part, &draft.key);
            self.findings.error(&file, &Fault { problem, ..fault });
        }
    }

    fn file_of(&self, part: Part, key: &VariantKey) -> String {
        match part {
            Part::Html => self.source.path(HTML_LAYOUT),
            Part::Text => self.source.path(TEXT_LAYOUT),
            Part::Language => self.source.path(&format!("{}.toml", key.language)),
        }
    }

    fn unrendered(&mut self, draft: &Draft, error: &RenderError, sample: &str) {
        let (template, line) = match error {
            RenderError::Unfilled { template, line, .. } => {
                (template.as_str(), u64::try_from(*line).unwrap_or(0))
            }
            _ => ("", 0),
        };
        let (assembled, part) = match template.rsplit('/').next() {
            Some("mail.html") => (&draft.html, Part::Html),
            Some("mail.txt") => (&draft.text, Part::Text),
            Some("preheader.txt") => (&draft.preheader, Part::Language),
            _ => (&draft.subject, Part::Language),
        };
        let fallback = self.file_of(part, &draft.key);
        let (file, line) = assembled.origin(line).unwrap_or((&fallback, 0));
        let fault = Fault::new(
            line,
            format!("{error} (sample {sample})"),
            "put what may be missing into {% if %}, such as {% if coupon %}, and keep loops small",
        );
        self.findings.error(file, &fault);
    }
}
