//! The page behind the unsubscribe link of a mail. It stands alone: no file beside it, no script, nothing of a third
//! party, so it is the same on one machine and behind an API gateway.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::HtmlEscape;
use sha2::{Digest as _, Sha256};

use crate::language::Language;

mod words;

use words::Words;

const STYLE: &str = include_str!("style.css");
/// The button posts what a mail program posts (RFC 8058, section 3.1).
const FIELD: &str = r#"<input type="hidden" name="List-Unsubscribe" value="One-Click">"#;

/// The page may use its own style and post to where it came from; nothing else.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let style = STANDARD.encode(Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
});

/// A page for a recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The HTTP status.
    pub status: u16,
    /// The language of its words.
    pub language: &'static str,
    /// The HTML.
    pub html: String,
}

impl Page {
    /// Asks whether the mails of a shop shall end.
    #[must_use]
    pub fn ask(language: Option<Language>, shop: &str) -> Self {
        let words = Words::of(language);
        let title = words.ask_title.replace("{shop}", shop);
        Self::new(200, words, &title, words.ask_text, Some(words.button))
    }

    /// Says that they have ended.
    #[must_use]
    pub fn ended(language: Option<Language>) -> Self {
        let words = Words::of(language);
        Self::new(200, words, words.done_title, words.done_text, None)
    }

    /// The same for every link that opens nothing, whatever is wrong with it.
    #[must_use]
    pub fn no_such_link(language: Option<Language>) -> Self {
        let words = Words::of(language);
        Self::new(404, words, words.bad_title, words.bad_text, None)
    }

    /// Something failed that may work in a moment.
    #[must_use]
    pub fn later(language: Option<Language>) -> Self {
        let words = Words::of(language);
        Self::new(503, words, words.later_title, words.later_text, None)
    }

    fn new(status: u16, words: &Words, title: &str, text: &str, button: Option<&str>) -> Self {
        let form = button.map(|button| {
            format!(
                "<form method=\"post\">{FIELD}<button type=\"submit\">{}</button></form>\n",
                HtmlEscape(button)
            )
        });
        let html = format!(
            include_str!("page.html"),
            lang = words.lang,
            title = HtmlEscape(title),
            style = STYLE,
            text = HtmlEscape(text),
            form = form.unwrap_or_default(),
        );
        Self { status, language: words.lang, html }
    }

    /// The headers that go with it: what it may load, that nobody keeps it, that its address (a token) stays here.
    #[must_use]
    pub fn headers(&self) -> [(&'static str, &str); 6] {
        [
            ("content-type", "text/html; charset=utf-8"),
            ("content-language", self.language),
            ("content-security-policy", POLICY.as_str()),
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
        ]
    }
}

/// The language that a browser asks for first among those that there are words in (RFC 9110, section 12.5.4; the order
/// of the header, as browsers send it, not the weights).
#[must_use]
pub fn preferred(accept_language: &str) -> Option<Language> {
    let tags = accept_language.split(',').filter_map(|range| range.split(';').next());
    tags.filter_map(|tag| Language::parse(tag).ok()).find(|language| Words::has(*language))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn german() -> Option<Language> {
        preferred("de-CH,de;q=0.9,en;q=0.5")
    }

    #[test]
    fn a_page_asks_in_the_readers_language_and_has_one_button_that_posts() {
        let page = Page::ask(german(), "Lunaria");
        assert_eq!((page.status, page.language), (200, "de"));
        assert!(
            page.html.contains("<html lang=\"de\">") && page.html.contains("Keine Mails mehr von Lunaria?")
        );
        assert!(page.html.contains("<form method=\"post\">") && page.html.contains(">Abmelden</button>"));
        for other in [Page::ended(german()), Page::no_such_link(german()), Page::later(german())] {
            assert!(!other.html.contains("<form"), "{}", other.html);
        }
    }

    #[test]
    fn the_name_of_a_shop_cannot_become_markup() {
        let page = Page::ask(None, "<script>alert('{shop}')</script>&");
        assert!(!page.html.contains("<script") && page.html.contains("&lt;script&gt;"), "{}", page.html);
    }

    #[test]
    fn a_page_needs_no_file_no_script_and_no_third_party() {
        let page = Page::ask(german(), "Lunaria");
        for foreign in ["<link", "<script", "<img", "url(", "@import", "http:", "https:", "//"] {
            assert!(!page.html.contains(foreign), "{foreign}");
        }
    }

    #[test]
    fn the_policy_allows_exactly_the_style_that_the_page_has() {
        let page = Page::ended(None);
        let (_, rest) = page.html.split_once("<style>").unwrap();
        let (style, _) = rest.split_once("</style>").unwrap();
        let hash = STANDARD.encode(Sha256::digest(style));
        let headers = page.headers();
        let (_, policy) = headers.iter().find(|(name, _)| *name == "content-security-policy").unwrap();
        assert!(policy.contains(&format!("style-src 'sha256-{hash}'")), "{policy}");
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    }

    #[test]
    fn every_language_has_all_its_words() {
        for language in ["de", "fr", "it", "es", "en"] {
            let language = Some(Language::parse(language).unwrap());
            let pages = [
                Page::ask(language, "L"),
                Page::ended(language),
                Page::no_such_link(language),
                Page::later(language),
            ];
            for page in pages {
                assert_eq!(Some(page.language), language.as_ref().map(Language::as_str));
                assert!(!page.html.contains("<h1></h1>") && !page.html.contains("<p></p>"), "{}", page.html);
            }
        }
    }

    #[test]
    fn the_first_language_with_words_is_taken_and_english_where_there_is_none() {
        let tag = |header| preferred(header).map(|language| language.as_str().to_owned());
        assert_eq!(tag("pl,cs;q=0.9,fr;q=0.8,en;q=0.7"), Some("fr".to_owned()));
        assert_eq!(tag(" IT-it ;q=1"), Some("it".to_owned()));
        for none in ["", "*", "pl", ";;,,--"] {
            assert_eq!(tag(none), None, "{none}");
        }
        assert_eq!(Page::ended(None).language, "en");
    }
}
