//! How large a layout may be, checked before anything is compiled: a hostile one must cost neither time nor memory.

use super::findings::{Fault, line_at};
use super::syntax::{Piece, split};
use crate::text::clean_line;

/// Largest layout: a mail of the largest size that is sent needs far less.
const MAX_LAYOUT_BYTES: usize = 64 * 1024;
/// Most tags of a layout.
const MAX_TAGS: usize = 1_000;
/// Deepest nesting of elements; the MJML compiler recurses over it.
const MAX_DEPTH: usize = 60;
/// Most elements, and the longest tag in bytes: `mj-all` copies its attributes into every element, so their product
/// bounds the compiler's memory.
const MAX_ELEMENTS: usize = 800;
const MAX_TAG_BYTES: usize = 2_048;

/// Cuts a layout into pieces if it is small enough.
pub(super) fn bounded(source: &str) -> Result<Vec<Piece>, Fault> {
    if source.len() > MAX_LAYOUT_BYTES {
        return Err(Fault::new(
            0,
            format!("the layout is larger than {} KB", MAX_LAYOUT_BYTES / 1024),
            "shorten it: mail programs cut off long mails",
        ));
    }
    let pieces = split(source)?;
    if pieces.len() > 2 * MAX_TAGS {
        return Err(Fault::new(
            0,
            format!("the layout has more than {MAX_TAGS} tags"),
            "use loops, or fewer blocks",
        ));
    }
    Ok(pieces)
}

/// The elements that MJML has (<https://documentation.mjml.io/#components>); the compiler itself refuses includes.
const KNOWN: [&str; 34] = [
    "mjml",
    "mj-accordion",
    "mj-accordion-element",
    "mj-accordion-text",
    "mj-accordion-title",
    "mj-all",
    "mj-attributes",
    "mj-body",
    "mj-breakpoint",
    "mj-button",
    "mj-carousel",
    "mj-carousel-image",
    "mj-class",
    "mj-column",
    "mj-divider",
    "mj-font",
    "mj-group",
    "mj-head",
    "mj-hero",
    "mj-image",
    "mj-include",
    "mj-navbar",
    "mj-navbar-link",
    "mj-preview",
    "mj-raw",
    "mj-section",
    "mj-social",
    "mj-social-element",
    "mj-spacer",
    "mj-style",
    "mj-table",
    "mj-text",
    "mj-title",
    "mj-wrapper",
];

/// Refuses elements that MJML does not have: the compiler would leave them out without a word, with all they hold.
pub(super) fn check_names(marked: &str) -> Result<(), Fault> {
    for (at, _) in marked.match_indices('<') {
        let tag = marked.get(at + 1..).unwrap_or_default().trim_start_matches('/');
        let name =
            tag.split(|c: char| c.is_whitespace() || matches!(c, '/' | '>')).next().unwrap_or_default();
        if name.starts_with("mj") && !KNOWN.contains(&name) {
            let problem = format!("{:?} is no element of MJML", clean_line(name, 40));
            return Err(Fault::new(
                line_at(marked, at),
                problem,
                "correct its name; all it holds would be left out",
            ));
        }
    }
    Ok(())
}

/// Bounds what the MJML compiler is given, without parsing it.
pub(super) fn check_elements(marked: &str) -> Result<(), Fault> {
    let mut open: Vec<&str> = Vec::new();
    for (count, (at, _)) in marked.match_indices('<').enumerate() {
        let tag = marked.get(at + 1..).unwrap_or_default();
        let tag = tag.split('>').next().unwrap_or_default();
        follow(&mut open, tag);
        if open.len() > MAX_DEPTH || count > 2 * MAX_ELEMENTS || tag.len() > MAX_TAG_BYTES {
            return Err(Fault::new(
                line_at(marked, at),
                format!(
                    "elements are nested deeper than {MAX_DEPTH}, are more than {MAX_ELEMENTS}, are longer than {MAX_TAG_BYTES} bytes, or are never closed"
                ),
                "write the layout flatter and shorter, and close every element",
            ));
        }
    }
    Ok(())
}

/// Keeps the list of open elements; one that is never closed stays, so the depth is an upper bound.
fn follow<'a>(open: &mut Vec<&'a str>, tag: &'a str) {
    let name = tag.split(|c: char| c.is_whitespace() || c == '/').next().unwrap_or_default();
    if let Some(closed) = tag.strip_prefix('/') {
        if let Some(depth) = open.iter().rposition(|known| *known == closed.trim()) {
            open.truncate(depth);
        }
    } else if !name.is_empty() && !name.starts_with('!') && !tag.ends_with('/') && !is_void(name) {
        open.push(name);
    }
}

/// Source: WHATWG HTML, section 13.1.2, void elements.
fn is_void(name: &str) -> bool {
    const VOID: [&str; 8] = ["br", "hr", "img", "input", "meta", "link", "col", "wbr"];
    VOID.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_element_is_refused_with_its_line_and_not_left_out() {
        let good = "<mjml>\n<mj-body>\n<mj-section><mj-column/></mj-section>\n</mj-body>\n</mjml>";
        assert!(check_names(good).is_ok());
        let fault = check_names(&good.replace("mj-section", "mj-sektion")).unwrap_err();
        assert_eq!(fault.line, 3);
    }
}
