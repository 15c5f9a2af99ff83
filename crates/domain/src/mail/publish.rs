//! From a mail's files to what may be sent: put in the texts, compile, check, render samples.

use std::collections::BTreeSet;
use std::fmt;

use super::assemble::assemble;
use super::bounds::MAX_VERSIONS_BYTES;
use super::findings::{Fault, Findings};
use super::layout::{self, Layout};
use super::published::{AddressForm, PublishedMail, VariantKey};
use super::source::{HTML_LAYOUT, MailSource, TEXT_LAYOUT};
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
        Self { reports: findings.into_reports() }
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
    let mut publisher = Publisher { source, demand, findings: Findings::default(), used: BTreeSet::new() };
    match publisher.run() {
        Some(mail) if !publisher.findings.has_errors() => {
            Ok(Publication { mail, warnings: publisher.findings.into_reports() })
        }
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

impl<'a> Publisher<'a> {
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
                let fault =
                    Fault::new(0, format!("a shop sends in {language}, but the mail lacks it"), remedy);
                self.findings.error(&file, &fault);
            }
        }
        if self.source.languages.is_empty() {
            let file = self.source.path("en.toml");
            self.findings.error(&file, &Fault::new(0, "the mail has no language", "upload a language file"));
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
            subject: layout::line("subject", &html_file),
            preheader: layout::line("preheader", &html_file),
            html: html.layout,
            text,
        })
    }

    /// Every version, in order; stops once they are too large together.
    fn drafts(&mut self, layouts: &Layouts) -> Vec<Draft> {
        let mut drafts: Vec<Draft> = Vec::new();
        let mut size = 0;
        for (texts, key) in self.versions() {
            let draft = self.draft(layouts, texts, key);
            size += draft.size();
            drafts.push(draft);
            if size > MAX_VERSIONS_BYTES {
                self.findings.error(&self.source.path(HTML_LAYOUT), &too_many_versions());
                break;
            }
        }
        drafts.sort_by(|a, b| a.key.cmp(&b.key));
        drafts
    }

    fn versions(&self) -> Vec<(&'a LanguageTexts, VariantKey)> {
        let mut versions = Vec::new();
        for (language, texts) in &self.source.languages {
            for segment in &self.demand.segments {
                for form in self.forms(texts) {
                    versions
                        .push((texts, VariantKey { language: *language, segment: segment.clone(), form }));
                }
            }
        }
        versions
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
        Draft { key, subject, preheader, html, text }
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

/// Each version is small enough, but languages, segments and address forms multiply.
fn too_many_versions() -> Fault {
    Fault::new(
        0,
        format!("the versions of the mail are larger than {} MB together", MAX_VERSIONS_BYTES / 1024 / 1024),
        "shorten the layout and the texts, or upload fewer languages",
    )
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{MJML, TEXT, data, files, files_with, key, problems, publish_files};
    use super::super::render::MailRenderer;
    use super::*;

    #[test]
    fn a_good_mail_is_published_in_every_version() {
        let publication = publish_files(&files()).unwrap_or_else(|errors| panic!("{errors}"));
        let variants = &publication.mail.variants;
        let keys: Vec<_> = variants.iter().map(|variant| variant.key.to_string()).collect();
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
    fn the_same_files_have_the_same_version_and_others_another() {
        let versions = [
            files(),
            files(),
            files_with("en.toml", "Redeem", "Use"),
            files_with("mail.txt", "* {{", "- {{"),
        ]
        .map(|files| publish_files(&files).unwrap().mail.version());
        let different: BTreeSet<_> = versions.iter().collect();
        assert_eq!(versions[0], versions[1]);
        assert_eq!(different.len(), 3);
    }

    #[test]
    fn a_published_mail_survives_its_storage() {
        let mail = publish_files(&files()).unwrap().mail;
        let stored = serde_json::to_string(&mail).unwrap();
        let read: PublishedMail = serde_json::from_str(&stored).unwrap();
        assert_eq!(read, mail);
        assert_eq!(read.version(), mail.version());
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
    fn a_text_is_no_html_and_stays_what_it_says() {
        let files = files_with("en.toml", "Silver & moon", "<b>Silver</b> & \\\"moon\\\" &nbsp;");
        let mail = publish_files(&files).unwrap().mail;
        let key = key("en", "collection", AddressForm::Informal);
        let rendered = MailRenderer::new(&mail).unwrap().render(&key, &data(&key)).unwrap();
        let escaped = "&lt;b&gt;Silver&lt;/b&gt; &amp; &quot;moon&quot; &amp;nbsp;";
        assert!(rendered.html().contains(escaped), "{}", rendered.html());
        assert!(rendered.text().starts_with("<b>Silver</b> & \"moon\" &nbsp;\n"));
    }

    #[test]
    fn a_mail_that_needs_a_second_bought_product_is_refused() {
        let files = files_with("de.toml", "bought[0]", "bought[1]");
        let told = problems(&files);
        assert!(told.contains("de.toml:2 ") && told.contains("1 bought"), "{told}");
    }

    #[test]
    fn a_mail_is_measured_with_as_many_products_as_a_flow_may_suggest() {
        let with_words = |bytes: usize| {
            let price = format!("{{{{ product.price }}}}<p>{}</p>", "o".repeat(bytes));
            problems(&files_with("mail.mjml", "{{ product.price }}", &price))
        };
        assert_eq!(with_words(5_000), "it was published");
        assert!(with_words(8_000).contains("KB large, more than 90 KB"), "{}", with_words(8_000));
    }

    #[test]
    fn no_font_server_learns_who_opens() {
        let files =
            files_with("mail.mjml", "<mj-text><h1>", "<mj-text font-family=\"Ubuntu, sans-serif\"><h1>");
        for variant in publish_files(&files).unwrap().mail.variants {
            assert!(!variant.html.contains("fonts.googleapis") && !variant.html.contains("<link"));
        }
        let font = "<mj-head><mj-font name=\"Raleway\" href=\"https://fonts.example/css?family=Raleway\"/>";
        let files = files_with("mail.mjml", "<mj-text><h1>", "<mj-text font-family=\"Raleway\"><h1>");
        let mut files = files;
        let layout = String::from_utf8(files["mail.mjml"].clone()).unwrap();
        files.insert("mail.mjml".to_owned(), layout.replace("<mj-head>", font).into_bytes());
        assert!(problems(&files).contains("<link> element"), "{}", problems(&files));
    }

    /// Each broken file with what the marketer is told; nothing is published.
    #[test]
    fn whatever_is_wrong_is_named_with_file_and_line() {
        for (file, from, to, told) in [
            (
                "de.toml",
                "{{ contact.first_name }}, magst",
                "{{ contact.email }}",
                "de.toml:5 contact has no field email",
            ),
            ("de.toml", "Guten Tag {{ contact", "{{ customer", "de.toml:12 customer is no data of a mail"),
            (
                "de.toml",
                "redeem = \"Einlösen\"\n",
                "",
                "de.toml:0 the text redeem is missing for the segment charm-club, needed by mails/topsellers/mail.mjml line 29",
            ),
            ("en.toml", "subject = ", "betreff = ", "en.toml:0 the text subject is missing"),
            (
                "en.toml",
                "preheader = \"Have you seen these?\"",
                "",
                "en.toml:0 the text preheader is missing",
            ),
            (
                "de.toml",
                "headline = \"Silber",
                "headline = \"{{ t.until }}",
                "de.toml:4 {{ t.until }} is not the key of a text alone",
            ),
            (
                "de.toml",
                "headline = \"Neues für Ihren Charm Club\"",
                "",
                "de.toml:16 the segment charm-club overrides headline for the informal address only",
            ),
            (
                "de.toml",
                "[segments.charm-club.formal]",
                "[segments.karma-beads.formal]",
                "de.toml:18 no flow sends this mail to a segment karma-beads",
            ),
            (
                "de.toml",
                "until = \"bis\"",
                "until = \"bis {% if coupon %}\"",
                "de.toml:7 the text until opens a block",
            ),
            (
                "de.toml",
                "until = \"bis\"",
                "until = \"bis {{ coupon.code\"",
                "de.toml:7 the tag that begins with {{ is never closed",
            ),
            ("mail.mjml", "{{ t.headline }}", "{{ t.haedline }}", "de.toml:0 the text haedline is missing"),
            (
                "mail.mjml",
                "{{ t.headline }}",
                "{{ t.headline|upper }}",
                "mail.mjml:10 {{ t.headline|upper }} is not the key of a text alone",
            ),
            (
                "mail.mjml",
                "{{ shop.legal_notice }}",
                "{{ shop.owner }}",
                "mail.mjml:35 shop has no field owner",
            ),
            (
                "mail.mjml",
                "{% if product.old_price %}",
                "",
                "mail.mjml:21 endif closes a block of another kind",
            ),
            (
                "mail.mjml",
                "<mj-raw>{% endif %}</mj-raw>",
                "",
                "mail.mjml:25 a block is opened here and never closed",
            ),
            (
                "mail.mjml",
                "</mj-column>",
                "",
                "mail.mjml:15 </mj-section> closes another element than the last one opened",
            ),
            ("mail.mjml", "</mjml>", "", "mail.mjml:1 <mjml> is never closed"),
            (
                "mail.mjml",
                "<mj-body>",
                "<mj-body><mj-include path=\"/etc/passwd\"/>",
                "mail.mjml:7 the layout cannot be read: mj-include is not available",
            ),
            ("mail.mjml", "<h1>", "<script>alert(1)</script><h1>", "the layout holds a <script> element"),
            (
                "mail.mjml",
                "{{ item.title }}\">",
                "x\" style=\"color:{{ item.title }}\">",
                "{{ item.title }} stands in a style, srcset, srcdoc or content attribute",
            ),
            (
                "mail.mjml",
                "href=\"{{ coupon.link }}\"",
                "href=\"{{ coupon.code }}\"",
                "mail.mjml:29 a link is made of something that is no link",
            ),
            (
                "mail.mjml",
                "href=\"{{ coupon.link }}\"",
                "href=\"https://x.example/?c={{ coupon.code }}\"",
                "mail.mjml:29 a value is written into a link as it is",
            ),
            (
                "mail.mjml",
                "href=\"{{ coupon.link }}\"",
                "href=\"javascript:alert(1)\"",
                "a link in href does not begin with https://",
            ),
            (
                "mail.mjml",
                "href=\"{{ coupon.link }}\"",
                "href=\"{{ t.redeem }}\"",
                "a link is made of something that is no link",
            ),
            (
                "mail.mjml",
                "<a href=\"{{ product.link }}\">",
                "<a href=\"{% if coupon %}{{ product.link }}\" title=\"{% endif %}{{ product.title }}\">",
                "ends in another attribute or element",
            ),
            ("mail.mjml", "{% if coupon %}</mj-raw>", "{% if products %}</mj-raw>", "cannot be filled"),
            (
                "mail.mjml",
                "<a href=\"{{ urls.unsubscribe }}\">{{ t.unsubscribe }}</a>",
                "{{ urls.unsubscribe }}",
                "mail.mjml:0 the unsubscribe link is missing",
            ),
            (
                "mail.mjml",
                "{% if item.image %}<img src=\"{{ item.image }}\" alt=\"{{ item.title }}\">{% endif %}",
                "<img src=\"{{ item.image }}\" alt=\"\">",
                "mail.mjml:0 a link or picture is written although it is empty",
            ),
            ("de.toml", "headline = \"Silber & Mond\"", "headline = \" \"", "de.toml:4 headline is empty"),
            (
                "mail.mjml",
                "{{ shop.legal_notice }}",
                "{% if coupon %}{{ shop.legal_notice }}{% endif %}",
                "mail.mjml:0 the notice that she may object is missing",
            ),
            (
                "mail.txt",
                "{{ shop.legal_notice }}\n",
                "",
                "mail.txt:0 the notice that she may object is missing",
            ),
            (
                "mail.mjml",
                "{% for line in shop.imprint %}{{ line }}<br/>{% endfor %}",
                "{{ shop.postal }}",
                "mail.mjml:0 the imprint is missing or incomplete",
            ),
            (
                "mail.txt",
                "{{ urls.unsubscribe }}",
                "{% if coupon %}{{ urls.unsubscribe }}{% endif %}",
                "mail.txt:0 the unsubscribe link is missing",
            ),
            (
                "mail.txt",
                "{% for line in shop.imprint %}{{ line }}\n{% endfor %}",
                "",
                "mail.txt:0 the imprint is missing or incomplete",
            ),
            (
                "mail.txt",
                "{%- if coupon %}",
                "{%- if products %}",
                "cannot be filled, line 8: undefined value",
            ),
            (
                "mail.txt",
                "{{ t.headline }}",
                "{% set x = 'a' %}{{ t.headline }}",
                "mail.txt:1 {% set %} is not available",
            ),
            (
                "mail.txt",
                "{{ t.headline }}",
                "{% raw %}{{ t.headline }}",
                "mail.txt:1 {% raw %} is not available",
            ),
            (
                "mail.txt",
                "{{ t.headline }}",
                "{{ 'x' * 1000000000000 }}",
                "mail.txt:1 an expression holds '*'",
            ),
        ] {
            let problems = problems(&files_with(file, from, to));
            assert!(problems.contains(told), "{file}: {from} -> {to}\nexpected {told}\nfound {problems}");
        }
    }

    #[test]
    fn a_subject_is_one_line_and_a_layout_is_bounded() {
        let two_lines = files_with("en.toml", "\"Goes with {{ bought[0].title }}\"", "\"\"\"a\nb\"\"\"");
        assert!(problems(&two_lines).contains("en.toml:0 the subject has more than one line"));
        let long = files_with("en.toml", "Goes with", &"long ".repeat(40));
        assert!(problems(&long).contains("en.toml:0 the subject is longer than 150 characters"));
        for (file, layout, told) in [
            ("mail.mjml", MJML.replace("<h1>", &"<div>".repeat(70)), "nested deeper than 60"),
            ("mail.mjml", MJML.replace("<h1>", &"<i></i>".repeat(900)), "more than 800"),
            ("mail.mjml", MJML.replace("<h1>", &format!("<i title=\"{}\"></i>", "x".repeat(3_000))), "longer than 2048 bytes"),
            ("mail.mjml", MJML.replace("<h1>", &"x".repeat(70_000)), "larger than 64 KB"),
            ("mail.txt", TEXT.to_owned() + &"{{ dir }} ".repeat(2_000), "more than 1000 tags"),
            ("mail.txt", TEXT.to_owned() + &"x".repeat(70_000), "larger than 64 KB"),
            ("mail.mjml", MJML.replace("{{ shop.legal_notice }}", &format!("{{{{ shop.legal_notice }}}}{{% for a in products %}}{{% for b in products %}}{}{{% endfor %}}{{% endfor %}}", "x".repeat(3_000))), "the HTML is"),
            ("mail.mjml", MJML.replace("{{ shop.legal_notice }}", &format!("{{{{ shop.legal_notice }}}}{{% for a in products %}}{{% for b in products %}}{{% for c in products %}}{}{{% endfor %}}{{% endfor %}}{{% endfor %}}", "{{ a.title }}".repeat(300))), "cannot be filled"),
        ] {
            let mut files = files();
            files.insert(file.to_owned(), layout.into_bytes());
            let problems = problems(&files);
            assert!(problems.contains(told), "expected {told}\nfound {problems}");
        }
    }

    /// Small files that the compiler, the texts or the versions would multiply.
    #[test]
    fn nothing_that_multiplies_is_published() {
        let defaults = format!(
            "<mj-attributes>{}</mj-attributes>",
            "<mj-all color=\"".to_owned() + &"x".repeat(2_000) + "\"/>"
        );
        let long = format!("headline = \"{}", "x".repeat(60_000));
        let mut versions =
            files_with("de.toml", "headline = \"", &format!("headline = \"{}", "x".repeat(60_000)));
        for letter in 'a'..='z' {
            versions.insert(format!("k{letter}.toml"), versions["de.toml"].clone());
        }
        versions.insert(
            "mail.mjml".to_owned(),
            MJML.replace("{{ t.headline }}", &"{{ t.headline }}".repeat(3)).into_bytes(),
        );
        for (files, told) in [
            (
                files_with(
                    "mail.mjml",
                    "<mj-head>",
                    &format!("<mj-head>{defaults}{}", "<mj-raw/>".repeat(300)),
                ),
                "mj-attributes repeated",
            ),
            (
                files_with(
                    "mail.mjml",
                    "<mj-text>",
                    &format!(
                        "<mj-carousel>{}</mj-carousel><mj-text>",
                        "<mj-carousel-image src=\"https://a.example/b.png\"/>".repeat(31)
                    ),
                ),
                "more than 30 carousel images",
            ),
            (
                files_with("mail.mjml", "<mj-text>", &("<mj-button>x</mj-button>".repeat(400) + "<mj-text>")),
                "the compiled layout is larger than 256 KB",
            ),
        ] {
            let problems = problems(&files);
            assert!(problems.contains(told), "expected {told}\nfound {problems}");
        }
        let mut repeated = files_with("de.toml", "headline = \"", &long);
        repeated
            .insert("mail.txt".to_owned(), format!("{}{TEXT}", "{{ t.headline }}".repeat(20)).into_bytes());
        assert!(problems(&repeated).contains("mail.txt:0 with its texts the layout is larger than 256 KB"));
        assert!(problems(&versions).contains("the versions of the mail are larger than 8 MB together"));
    }

    #[test]
    fn a_language_that_a_shop_needs_is_not_left_out() {
        let mut files = files();
        files.remove("en.toml");
        assert_eq!(problems(&files), "mails/topsellers/en.toml:0 a shop sends in en, but the mail lacks it");
    }

    #[test]
    fn a_text_that_nothing_uses_is_pointed_out() {
        let files = files_with("en.toml", "until =", "untill = \"x\"\nuntil =");
        let warnings = publish_files(&files).unwrap().warnings;
        assert_eq!(warnings.len(), 1);
        assert_eq!(warnings[0].findings[0].problem, "no layout uses the text untill");
    }
}
