//! A page as a browser's tokenizer reads it (WHATWG HTML, section 13.2.5).

use html5gum::{Token, Tokenizer};

/// An element's beginning and end: its name, and its attributes with the values of those that lead somewhere.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Element {
    /// Its name; with a stroke in front where it ends.
    pub(crate) name: String,
    /// Attributes in the order of their names.
    pub(crate) attributes: Vec<String>,
    /// Values of `href` and `src`.
    pub(crate) links: Vec<String>,
}

/// The elements of a page.
pub(crate) fn elements(page: &str) -> Vec<Element> {
    Tokenizer::new(page).flatten().filter_map(|token| element(&token)).collect()
}

fn element(token: &Token) -> Option<Element> {
    match token {
        Token::StartTag(tag) => {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let attributes: Vec<_> =
                tag.attributes.iter().map(|(name, value)| (text(name), text(value))).collect();
            let links = attributes.iter().filter(|(name, _)| name == "href" || name == "src");
            Some(Element {
                name: text(&tag.name),
                links: links.map(|(_, value)| value.clone()).collect(),
                attributes: attributes.into_iter().map(|(name, _)| name).collect(),
            })
        }
        Token::EndTag(tag) => {
            let name = format!("/{}", String::from_utf8_lossy(&tag.name));
            Some(Element { name, attributes: Vec::new(), links: Vec::new() })
        }
        _ => None,
    }
}
