//! A published mail filled with one contact's data.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::{Environment, ErrorKind, Value};

use super::data::MailData;
use super::engine;
use super::header::without_encoded_words;
use super::published::{PublishedMail, PublishedVariant, VariantKey};
use super::shop_values::ShopValues;
use crate::language::Language;
use crate::text::clean_line;

/// Longest subject in characters; what comes after is cut off.
pub const MAX_SUBJECT: usize = 150;
/// Longest preheader in characters: mail programs show about 100.
const MAX_PREHEADER: usize = 250;

/// Why a mail cannot be rendered. Names templates and lines, never data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// The mail was published without this version.
    #[error("the mail has no version {0}; publish it for this language, segment and address form")]
    UnknownVariant(String),
    /// A template does not fit the engine: it was not made by `publish`, or by another version of it.
    #[error("the template {template} cannot be read: {kind}; publish the mail again")]
    Unreadable {
        /// Which template.
        template: String,
        /// What the engine says.
        kind: ErrorKind,
    },
    /// The data lacks something, or the render took too much work.
    #[error("the template {template} cannot be filled, line {line}: {kind}")]
    Unfilled {
        /// Which template.
        template: String,
        /// The line of the published template.
        line: usize,
        /// What the engine says.
        kind: ErrorKind,
    },
    /// Nothing is left of the subject.
    #[error("the subject of {0} is empty; give the mail a subject that needs no data")]
    EmptySubject(String),
}

/// A mail ready to become a message.
#[derive(Clone, PartialEq, Eq)]
pub struct RenderedMail {
    pub(super) subject: String,
    pub(super) preheader: String,
    pub(super) html: String,
    pub(super) text: String,
    /// Whether the subject was longer than it may be.
    pub(super) cut: bool,
}

impl RenderedMail {
    /// The subject: one line without control characters, not empty.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// What mail programs show after the subject.
    #[must_use]
    pub fn preheader(&self) -> &str {
        &self.preheader
    }

    /// The HTML part.
    #[must_use]
    pub fn html(&self) -> &str {
        &self.html
    }

    /// The text part.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// A mail's content is personal: only its size is shown.
impl std::fmt::Debug for RenderedMail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RenderedMail")
            .field("html_bytes", &self.html.len())
            .field("text_bytes", &self.text.len())
            .finish_non_exhaustive()
    }
}

/// A version's templates.
#[derive(Debug)]
struct Templates {
    subject: Line,
    preheader: Line,
    html: String,
    text: String,
}

/// A subject or preheader: many name no data and need no engine.
#[derive(Debug)]
enum Line {
    /// The text itself, cleaned.
    Fixed(String),
    /// The name of a template.
    Template(String),
}

/// The parsed templates of one published mail. Build it once, render many mails.
#[derive(Debug)]
pub struct MailRenderer {
    engine: Environment<'static>,
    variants: BTreeMap<VariantKey, Templates>,
    shops: ShopValues,
}

impl MailRenderer {
    /// Parses all templates of a published mail.
    ///
    /// # Errors
    /// [`RenderError::Unreadable`] if a template was not made by [`super::publish::publish`].
    pub fn new(mail: &PublishedMail) -> Result<Self, RenderError> {
        let mut engine = engine::environment();
        let mut variants = BTreeMap::new();
        for variant in &mail.variants {
            variants.insert(variant.key.clone(), add(&mut engine, variant)?);
        }
        Ok(Self { engine, variants, shops: ShopValues::default() })
    }

    /// The languages it can be sent in; which of them a contact gets is the caller's decision.
    #[must_use]
    pub fn languages(&self) -> BTreeSet<Language> {
        self.variants.keys().map(|key| key.language).collect()
    }

    /// Whether a version exists, or the informal one of a language that has only one address form.
    #[must_use]
    pub fn has(&self, key: &VariantKey) -> bool {
        self.templates(key).is_some()
    }

    /// Fills the templates of a version. The formal version of a language with one address form is its only one.
    ///
    /// # Errors
    /// [`RenderError`] names the version, the template and the line, never the data.
    pub fn render(&self, key: &VariantKey, data: &MailData) -> Result<RenderedMail, RenderError> {
        let templates = self.templates(key).ok_or_else(|| RenderError::UnknownVariant(key.to_string()))?;
        let context = data.to_context(self.shops.of(&data.shop));
        let whole = without_encoded_words(&self.line(&templates.subject, &context, MAX_SUBJECT + 1)?);
        let cut = whole.chars().count() > MAX_SUBJECT;
        let subject = if cut { clean_line(&whole, MAX_SUBJECT) } else { whole };
        if subject.is_empty() {
            return Err(RenderError::EmptySubject(key.to_string()));
        }
        Ok(RenderedMail {
            cut,
            subject,
            preheader: self.line(&templates.preheader, &context, MAX_PREHEADER)?,
            html: self.fill(&templates.html, &context)?,
            text: self.fill(&templates.text, &context)?,
        })
    }

    fn templates(&self, key: &VariantKey) -> Option<&Templates> {
        self.variants.get(key).or_else(|| self.variants.get(&key.informal()))
    }

    fn line(&self, line: &Line, context: &Value, most: usize) -> Result<String, RenderError> {
        match line {
            Line::Fixed(text) => Ok(text.clone()),
            Line::Template(name) => Ok(clean_line(&self.fill(name, context)?, most)),
        }
    }

    fn fill(&self, name: &str, context: &Value) -> Result<String, RenderError> {
        self.engine.get_template(name).and_then(|template| template.render(context.clone())).map_err(
            |error| RenderError::Unfilled {
                template: name.to_owned(),
                line: error.line().unwrap_or(0),
                kind: error.kind(),
            },
        )
    }
}

fn add(engine: &mut Environment<'static>, variant: &PublishedVariant) -> Result<Templates, RenderError> {
    let key = &variant.key;
    Ok(Templates {
        subject: add_line(engine, format!("{key}/subject.txt"), &variant.subject, MAX_SUBJECT + 1)?,
        preheader: add_line(engine, format!("{key}/preheader.txt"), &variant.preheader, MAX_PREHEADER)?,
        html: add_template(engine, format!("{key}/mail.html"), &variant.html)?,
        text: add_template(engine, format!("{key}/mail.txt"), &variant.text)?,
    })
}

fn add_line(
    engine: &mut Environment<'static>,
    name: String,
    source: &str,
    most: usize,
) -> Result<Line, RenderError> {
    if source.contains('{') {
        add_template(engine, name, source).map(Line::Template)
    } else {
        Ok(Line::Fixed(clean_line(source, most)))
    }
}

fn add_template(
    engine: &mut Environment<'static>,
    name: String,
    source: &str,
) -> Result<String, RenderError> {
    let added = engine.add_template_owned(name.clone(), source.to_owned());
    match added {
        Ok(()) => Ok(name),
        Err(error) => Err(RenderError::Unreadable { template: name, kind: error.kind() }),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::super::fixture::{data, files, files_with, key, publish_files};
    use super::super::published::AddressForm::{Formal, Informal};
    use super::*;

    fn renderer(files: &BTreeMap<String, Vec<u8>>) -> MailRenderer {
        MailRenderer::new(&publish_files(files).unwrap().mail).unwrap()
    }

    #[test]
    fn a_language_with_one_form_serves_formal_shops_too() {
        let renderer = renderer(&files());
        let formal = key("en", "collection", Formal);
        assert!(renderer.has(&formal));
        assert_eq!(
            renderer.render(&formal, &data(&formal)).unwrap(),
            renderer.render(&formal.informal(), &data(&formal)).unwrap()
        );
    }

    #[test]
    fn a_version_that_was_not_published_is_named() {
        let renderer = renderer(&files());
        let french = key("fr", "collection", Informal);
        assert!(!renderer.has(&french));
        assert_eq!(
            renderer.render(&french, &data(&french)),
            Err(RenderError::UnknownVariant("fr/collection/informal".to_owned()))
        );
        let languages: Vec<_> =
            renderer.languages().into_iter().map(|language| language.to_string()).collect();
        assert_eq!(languages, ["de", "en"]);
    }

    #[test]
    fn the_subject_is_one_short_line_whatever_was_bought() {
        let renderer = renderer(&files());
        let key = key("de", "collection", Informal);
        let mut data = data(&key);
        data.bought[0].title = format!("Mond\r\nBcc: x@example.com\u{0}\u{202e}{}", "ü".repeat(300));
        let mail = renderer.render(&key, &data).unwrap();
        assert!(mail.subject().starts_with("Passt zu Mond Bcc: x@example.comüü"), "{}", mail.subject());
        assert_eq!(mail.subject().chars().count(), MAX_SUBJECT);
    }

    #[test]
    fn no_title_smuggles_an_encoded_word_into_the_subject() {
        let renderer = renderer(&files());
        let key = key("de", "collection", Informal);
        let mut data = data(&key);
        data.bought[0].title = "=?utf-8?q?=0d=0aBcc?= =\u{200b}?==??".repeat(9);
        let mail = renderer.render(&key, &data).unwrap();
        assert!(mail.subject().starts_with("Passt zu = ?utf-8?q?=0d=0aBcc?= = ?== ??"), "{}", mail.subject());
        assert!(!mail.subject().contains("=?") && mail.subject().chars().count() == MAX_SUBJECT);
    }

    #[test]
    fn a_mail_without_a_subject_is_not_sent() {
        let files = files_with("de.toml", "Passt zu ", "");
        let key = key("de", "collection", Informal);
        let mut data = data(&key);
        data.bought[0].title = " ".to_owned();
        let renderer = renderer(&files);
        assert_eq!(
            renderer.render(&key, &data),
            Err(RenderError::EmptySubject("de/collection/informal".to_owned()))
        );
    }

    #[test]
    fn debug_shows_no_content() {
        let key = key("de", "collection", Informal);
        let data = data(&key);
        let mail = renderer(&files()).render(&key, &data).unwrap();
        let shown = format!("{mail:?} {data:?}");
        assert!(!shown.contains("Maximiliane") && !shown.contains("SAMPLE-CODE"), "{shown}");
    }

    fn signs(html: &str) -> [usize; 4] {
        ["<", ">", "\"", "'"].map(|sign| html.matches(sign).count())
    }

    proptest! {
        #[test]
        fn no_name_or_title_adds_an_element_or_an_attribute(
            text in "(\\PC|[\"'<>&/=\r\n\t{}%#]|<script>|\\{\\{ shop|onerror=|-->|</title>|\\{% if){1,40}",
        ) {
            static RENDERER: LazyLock<MailRenderer> = LazyLock::new(|| renderer(&files()));
            let renderer = &RENDERER;
            let key = key("de", "charm-club", Formal);
            let mut data = data(&key);
            let plain = renderer.render(&key, &data).unwrap();
            data.contact.first_name = text.clone();
            data.order.number = text.clone();
            data.bought.iter_mut().for_each(|item| item.title = text.clone());
            data.products.iter_mut().for_each(|item| item.title = text.clone());
            data.bought[0].title = format!("x{text}");
            let hostile = renderer.render(&key, &data).unwrap();
            prop_assert_eq!(signs(hostile.html()), signs(plain.html()));
            prop_assert!(!hostile.subject().contains(crate::text::is_unsafe));
            prop_assert!(hostile.text().contains(&text));
        }
    }
}
