//! The two layouts of a mail, compiled once for all languages.

use mrml::prelude::parser::{Error as MjmlError, ParserOptions};
use mrml::prelude::render::RenderOptions;

use super::bounds::{bounded, check_elements, check_names, check_page};
use super::context::{Context, Part, scan};
use super::findings::{Fault, line_at};
use super::syntax::{Piece, Tag, TagKind};

/// What stands in a tag's place while MJML is compiled, followed by the tag's number and `x`.
pub(super) const MARK: &str = "nachklangtag";

/// A layout ready to take the texts of a language.
#[derive(Debug)]
pub(super) struct Layout {
    /// Its file, below the bucket's root.
    pub file: String,
    /// Its stretches in order.
    pub parts: Vec<LayoutPart>,
}

/// A stretch of a layout.
#[derive(Debug)]
pub(super) enum LayoutPart {
    /// Literal text.
    Text(String),
    /// A tag and where it stands.
    Tag {
        /// The tag as written.
        tag: Tag,
        /// Where it stands.
        context: Context,
        /// The attribute value it stands in; 0 outside of attributes.
        place: usize,
    },
}

/// A compiled layout and what to look at.
pub(super) struct Compiled {
    pub layout: Layout,
    pub warnings: Vec<Fault>,
}

/// Reads a plain text layout.
pub(super) fn plain(file: &str, source: &str) -> Result<Layout, Fault> {
    let pieces = bounded(source)?;
    let parts = pieces.into_iter().map(plain_part).collect();
    Ok(Layout { file: file.to_owned(), parts })
}

/// Compiles an MJML layout to HTML and finds where its tags ended up.
pub(super) fn html(file: &str, source: &str) -> Result<Compiled, Fault> {
    let pieces = bounded(source)?;
    if source.contains(MARK) {
        return Err(Fault::new(0, format!("the layout holds the reserved word {MARK}"), "remove it"));
    }
    let (marked, tags) = mark(pieces);
    check_elements(&marked)?;
    check_names(&marked)?;
    let (page, warnings) = unbroken(|| compile(&marked))?;
    check_page(&page)?;
    let parts = scan(&page)?.into_iter().map(|part| html_part(part, &tags)).collect::<Result<_, _>>()?;
    let file = file.to_owned();
    Ok(Compiled { layout: Layout { file, parts }, warnings })
}

/// A layout that consists of one text.
pub(super) fn line(key: &str, file: &str) -> Layout {
    let tag = Tag {
        kind: TagKind::Expression,
        source: format!("{{{{ t.{key} }}}}"),
        body: format!("t.{key}"),
        line: 0,
    };
    Layout { file: file.to_owned(), parts: vec![LayoutPart::Tag { tag, context: Context::Plain, place: 0 }] }
}

fn plain_part(piece: Piece) -> LayoutPart {
    match piece {
        Piece::Text(text) => LayoutPart::Text(text),
        Piece::Tag(tag) => LayoutPart::Tag { tag, context: Context::Plain, place: 0 },
    }
}

fn mark(pieces: Vec<Piece>) -> (String, Vec<Tag>) {
    let (mut marked, mut tags) = (String::new(), Vec::new());
    for piece in pieces {
        match piece {
            Piece::Text(text) => marked.push_str(&text),
            Piece::Tag(tag) => {
                marked.push_str(&format!("{MARK}{}x", tags.len()));
                tags.push(tag);
            }
        }
    }
    (marked, tags)
}

fn html_part(part: Part, tags: &[Tag]) -> Result<LayoutPart, Fault> {
    match part {
        Part::Text(text) if !text.contains(MARK) => Ok(LayoutPart::Text(text)),
        Part::Text(_) => Err(Fault::new(
            0,
            "a tag stands in an HTML comment, where it would do nothing",
            "move the tag out of the comment",
        )),
        Part::Mark { number, context, place } => {
            tags.get(number).cloned().map(|tag| LayoutPart::Tag { tag, context, place }).ok_or_else(|| {
                Fault::new(
                    0,
                    "the MJML compiler changed a tag",
                    "move the tag into a text or a quoted attribute",
                )
            })
        }
    }
}

/// The compiler and its tokenizer panic on some input that nobody has met yet. Then the layout is at fault, not the
/// program: its author gets a report like for any other.
fn unbroken<T>(compile: impl FnOnce() -> Result<T, Fault> + std::panic::UnwindSafe) -> Result<T, Fault> {
    std::panic::catch_unwind(compile).unwrap_or_else(|_| {
        Err(Fault::new(
            0,
            "the MJML compiler cannot cope with the layout",
            "take out what was changed last; check tags, comments and sizes such as width",
        ))
    })
}

/// Compiles MJML without fonts: the compiler's default list asks a font server, which then knows who opens.
fn compile(marked: &str) -> Result<(String, Vec<Fault>), Fault> {
    let parsed = mrml::parse_with_options(marked, &ParserOptions::default())
        .map_err(|error| parse_fault(&error, marked))?;
    let options = RenderOptions {
        disable_comments: true,
        social_icon_origin: None,
        fonts: std::collections::HashMap::new(),
    };
    let page = parsed.element.render(&options).map_err(|error| {
        Fault::new(0, format!("the MJML cannot be compiled: {error}"), "correct the layout")
    })?;
    let warnings = parsed
        .warnings
        .iter()
        .map(|warning| {
            let line = line_at(marked, warning.span.start);
            Fault::new(line, format!("MJML: {}", warning.kind), "remove the attribute or correct its name")
        })
        .collect();
    Ok((page, warnings))
}

fn parse_fault(error: &MjmlError, marked: &str) -> Fault {
    let position = match error {
        MjmlError::UnexpectedElement { position, .. }
        | MjmlError::UnexpectedToken { position, .. }
        | MjmlError::MissingAttribute { position, .. }
        | MjmlError::InvalidAttribute { position, .. }
        | MjmlError::InvalidFormat { position, .. }
        | MjmlError::IncludeLoaderError { position, .. } => Some(position.start),
        _ => None,
    };
    let line = position.map_or(0, |start| line_at(marked, start));
    let what = match error {
        MjmlError::UnexpectedElement { .. } => "an element stands where MJML does not allow it",
        MjmlError::UnexpectedToken { .. } => "something stands where MJML does not allow it",
        MjmlError::MissingAttribute { .. } => "an element lacks an attribute",
        MjmlError::InvalidAttribute { .. } => "an attribute is not valid",
        MjmlError::InvalidFormat { .. } => "a value is not valid",
        MjmlError::IncludeLoaderError { .. } => "mj-include is not available",
        MjmlError::EndOfStream { .. } => "an element is never closed",
        _ => "this is no MJML",
    };
    Fault::new(
        line,
        format!("the layout cannot be read: {what}"),
        "check that every element is closed and every attribute is quoted (https://documentation.mjml.io)",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(inner: &str) -> String {
        format!("<mjml><mj-body><mj-raw>{inner}</mj-raw></mj-body></mjml>")
    }

    #[test]
    fn tags_survive_the_compiler_whatever_they_hold() {
        let source = body("{{ a < b }}<p title=\"{{ c|default(\"x\") }}\">{% if d > 1 && '<' %}</p>");
        let compiled = html("mail.mjml", &source).unwrap();
        let bodies: Vec<_> = compiled
            .layout
            .parts
            .iter()
            .filter_map(|part| match part {
                LayoutPart::Tag { tag, .. } => Some(tag.body.as_str()),
                LayoutPart::Text(_) => None,
            })
            .collect();
        assert_eq!(bodies, ["a < b", "c|default(\"x\")", "if d > 1 && '<'"]);
    }

    #[test]
    fn no_mark_is_left_in_the_page() {
        for inner in ["<!-- {{ a }} -->", "<!--[if {{ a }}]>x<![endif]-->", MARK, "nachklangtag0x"] {
            if let Ok(compiled) = html("mail.mjml", &body(inner)) {
                for part in compiled.layout.parts {
                    assert!(!matches!(part, LayoutPart::Text(text) if text.contains(MARK)), "{inner}");
                }
            }
        }
    }

    #[test]
    fn a_compiler_that_breaks_is_a_finding() {
        let fault = unbroken::<()>(|| std::panic::resume_unwind(Box::new("broken"))).unwrap_err();
        assert!(fault.problem.contains("cannot cope"), "{}", fault.problem);
        assert_eq!(unbroken(|| Ok(1)), Ok(1));
    }

    #[test]
    fn a_misspelt_attribute_is_pointed_out_with_its_line() {
        let source =
            "<mjml>\n<mj-head><mj-preview colour=\"red\">x</mj-preview></mj-head><mj-body></mj-body></mjml>";
        let compiled = html("mail.mjml", source).unwrap();
        assert_eq!(compiled.warnings.iter().map(|fault| fault.line).collect::<Vec<_>>(), [2]);
    }
}
