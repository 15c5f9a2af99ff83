//! A template cut into literal text and tags, before the template engine sees it.
//!
//! The engine's own parser gives no access to what it read. Cutting first lets a mail be checked tag by tag, with
//! the line of the file it stands in, and lets dangerous input be refused before anything evaluates it. Wherever this
//! reader and the engine could disagree (braces inside an expression, raw blocks), the tag is refused.

use super::findings::{Fault, breaks};

/// Whether a tag writes a value or steers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TagKind {
    /// `{{ … }}`
    Expression,
    /// `{% … %}`
    Statement,
}

/// One tag of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tag {
    /// Value or statement.
    pub kind: TagKind,
    /// The tag as written, with its braces.
    pub source: String,
    /// What stands between the braces, without whitespace control.
    pub body: String,
    /// The line it begins on.
    pub line: u64,
}

/// A stretch of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Literal text.
    Text(String),
    /// A tag.
    Tag(Tag),
}

/// Cuts a template into pieces; comments disappear.
pub(super) fn split(source: &str) -> Result<Vec<Piece>, Fault> {
    let mut pieces = Vec::new();
    let mut rest = source;
    let mut line = 1;
    while let Some((text, opening, after)) = next_opening(rest) {
        push_text(&mut pieces, text);
        line += breaks(text.as_bytes());
        let closing = match opening {
            "{{" => "}}",
            "{%" => "%}",
            _ => "#}",
        };
        let length = closing_at(after, closing).ok_or_else(|| unclosed(line, opening, closing))?;
        let (inner, tail) = split_at(after, length);
        let tail = tail.get(closing.len()..).unwrap_or_default();
        if opening != "{#" {
            pieces.push(Piece::Tag(tag(opening, inner, closing, line)));
        }
        line += breaks(inner.as_bytes());
        rest = tail;
    }
    push_text(&mut pieces, rest);
    Ok(pieces)
}

fn push_text(pieces: &mut Vec<Piece>, text: &str) {
    if !text.is_empty() {
        pieces.push(Piece::Text(text.to_owned()));
    }
}

fn tag(opening: &str, inner: &str, closing: &str, line: u64) -> Tag {
    let kind = if opening == "{{" { TagKind::Expression } else { TagKind::Statement };
    let body = inner.strip_prefix(['-', '+']).unwrap_or(inner);
    let body = body.strip_suffix(['-', '+']).unwrap_or(body);
    Tag { kind, source: format!("{opening}{inner}{closing}"), body: body.trim().to_owned(), line }
}

fn next_opening(text: &str) -> Option<(&str, &str, &str)> {
    let mut braces = text.match_indices('{').map(|(at, _)| at);
    let at = braces.find(|at| {
        let next = text.as_bytes().get(at + 1);
        matches!(next, Some(b'{' | b'%' | b'#'))
    })?;
    let (before, from) = split_at(text, at);
    let (opening, after) = split_at(from, 2);
    Some((before, opening, after))
}

/// Where the closing braces stand, outside of quotes; a comment has no quotes.
fn closing_at(text: &str, closing: &str) -> Option<usize> {
    if closing == "#}" {
        return text.find(closing);
    }
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), _) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, _) if text.get(at..).is_some_and(|rest| rest.starts_with(closing)) => return Some(at),
            _ => {}
        }
    }
    None
}

fn split_at(text: &str, at: usize) -> (&str, &str) {
    text.split_at_checked(at).unwrap_or((text, ""))
}

fn unclosed(line: u64, opening: &str, closing: &str) -> Fault {
    Fault::new(
        line,
        format!("the tag that begins with {opening} is never closed"),
        format!("close it with {closing}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_tags_are_told_apart_with_their_lines() {
        let pieces = split("a\n{{- b -}}{# c }} #}\n{% if d %}").unwrap();
        let tags: Vec<_> = pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Tag(tag) => Some((tag.body.as_str(), tag.line)),
                Piece::Text(_) => None,
            })
            .collect();
        assert_eq!(tags, [("b", 2), ("if d", 3)]);
    }

    #[test]
    fn braces_within_quotes_close_nothing() {
        let pieces = split(r#"{{ "a\" }}" }}!"#).unwrap();
        assert_eq!(pieces.len(), 2);
        assert_eq!(pieces[1], Piece::Text("!".to_owned()));
    }

    #[test]
    fn an_open_tag_names_its_line() {
        for wrong in ["\n{{ a", "\n{% a }}", "\n{# a", "\n{{ 'a }}"] {
            assert_eq!(split(wrong).unwrap_err().line, 2, "{wrong}");
        }
    }
}
