//! How large a layout may be, checked before anything is compiled: a hostile one must cost neither time nor memory.

use super::findings::{Fault, line_at};
use super::outline::{Markup, Nesting, Outline};
use super::syntax::{Piece, split};
use crate::text::clean_line;

/// Largest layout: a mail of the largest size that is sent needs far less.
const MAX_LAYOUT_BYTES: usize = 64 * 1024;
/// Most tags of a layout.
const MAX_TAGS: usize = 1_000;
/// Deepest nesting of elements; the MJML compiler recurses over it.
const MAX_DEPTH: usize = 60;
/// Most elements.
const MAX_ELEMENTS: usize = 800;
/// Longest tag: some elements hand their attributes on to all they hold.
const MAX_TAG_BYTES: usize = 2_048;
/// The compiler writes the defaults of `mj-attributes` into every element: most bytes of both together.
const MAX_REPEATED: usize = 512 * 1024;
/// The styles of a carousel grow with the square of its images; thirty make the largest mail that is sent.
const MAX_CAROUSEL_IMAGES: usize = 30;
/// Largest part of a version before data is filled in. Blocks under conditions may make it larger than the mail.
pub(super) const MAX_TEMPLATE_BYTES: usize = 256 * 1024;
/// Most tags of one part.
pub(super) const MAX_TEMPLATE_TAGS: usize = 4_000;
/// Largest sum of all versions of a mail: languages, segments, address forms.
pub(super) const MAX_VERSIONS_BYTES: usize = 8 * 1024 * 1024;

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
    for markup in Outline::of(marked) {
        let Markup { at, name, .. } = markup?;
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
    let mut shape = Shape::default();
    for markup in Outline::of(marked) {
        let markup = markup?;
        shape
            .take(markup)
            .map_err(|(problem, remedy)| Fault::new(line_at(marked, markup.at), problem, remedy))?;
    }
    match shape.open.last() {
        Some(open) => Err(Fault::new(
            line_at(marked, open.at),
            format!("<{}> is never closed", clean_line(open.name, 40)),
            "close every element",
        )),
        None => Ok(()),
    }
}

/// What is wrong with a layout, and what to do.
type Excess = (String, &'static str);

/// What a layout amounts to so far.
#[derive(Default)]
struct Shape<'a> {
    open: Vec<Markup<'a>>,
    elements: usize,
    /// Elements that take their defaults from `mj-attributes`.
    components: usize,
    /// Bytes of these defaults.
    defaults: usize,
    carousel_images: usize,
}

impl<'a> Shape<'a> {
    fn take(&mut self, markup: Markup<'a>) -> Result<(), Excess> {
        if markup.nesting == Nesting::Close {
            return self.close(markup);
        }
        self.count(markup);
        if markup.nesting == Nesting::Open {
            self.open.push(markup);
        }
        self.check(markup)
    }

    /// The compiler lets any closing tag close the innermost element.
    fn close(&mut self, markup: Markup<'a>) -> Result<(), Excess> {
        match self.open.pop() {
            Some(open) if open.name.eq_ignore_ascii_case(markup.name) => Ok(()),
            _ => Err((
                format!("</{}> closes another element than the last one opened", clean_line(markup.name, 40)),
                "close the inner element first",
            )),
        }
    }

    fn count(&mut self, markup: Markup<'a>) {
        self.elements += 1;
        self.components += usize::from(markup.name.starts_with("mj-"));
        self.carousel_images += usize::from(markup.name == "mj-carousel-image");
        if self.open.iter().any(|open| open.name == "mj-attributes") {
            self.defaults += markup.tag.len();
        }
    }

    fn check(&self, markup: Markup<'a>) -> Result<(), Excess> {
        let (problem, remedy) = if markup.tag.len() > MAX_TAG_BYTES {
            (format!("a tag is longer than {MAX_TAG_BYTES} bytes"), "shorten its attributes")
        } else if self.open.len() > MAX_DEPTH {
            (format!("elements are nested deeper than {MAX_DEPTH}"), "write the layout flatter")
        } else if self.elements > MAX_ELEMENTS {
            (format!("the layout has more than {MAX_ELEMENTS} elements"), "use loops, or fewer blocks")
        } else if self.carousel_images > MAX_CAROUSEL_IMAGES {
            (format!("the layout has more than {MAX_CAROUSEL_IMAGES} carousel images"), "show fewer")
        } else if self.defaults.saturating_mul(self.components) > MAX_REPEATED {
            let problem =
                format!("mj-attributes repeated in all elements make more than {} KB", MAX_REPEATED / 1024);
            (problem, "shorten mj-attributes, or use fewer elements")
        } else {
            return Ok(());
        };
        Err((problem, remedy))
    }
}

/// Bounds what the compiler made of a layout: every version of the mail is a copy of it.
pub(super) fn check_page(page: &str) -> Result<(), Fault> {
    if page.len() <= MAX_TEMPLATE_BYTES {
        return Ok(());
    }
    Err(Fault::new(
        0,
        format!("the compiled layout is larger than {} KB", MAX_TEMPLATE_BYTES / 1024),
        "use loops, fewer elements or fewer attributes: mail programs cut off long mails",
    ))
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
