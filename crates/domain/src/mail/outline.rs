//! The tags of a layout, read so strictly that the MJML compiler cannot read them otherwise.
//!
//! The compiler recurses over nested elements and takes any closing tag for that of the innermost one. Its tokenizer
//! (htmlparser 0.2.1) panics on a conditional comment that ends early and on a `>` right after a character of several
//! bytes. What the two could understand differently is refused here, before the compiler sees it.

use super::findings::{Fault, line_at};
use crate::text::clean_line;

/// Elements that have no end. The compiler's own list; its nesting is counted by it.
const VOID: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track",
    "wbr",
];

/// What a tag does to the nesting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nesting {
    /// An element begins.
    Open,
    /// One begins and ends at once.
    Empty,
    /// One ends.
    Close,
}

/// A tag of a layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Markup<'a> {
    /// Where it begins.
    pub at: usize,
    /// The element's name.
    pub name: &'a str,
    /// What stands between its angle brackets.
    pub tag: &'a str,
    /// What it does to the nesting.
    pub nesting: Nesting,
}

/// Reads the tags of a layout one by one; comments are passed over.
pub(super) struct Outline<'a> {
    layout: &'a str,
    at: usize,
}

impl<'a> Outline<'a> {
    pub(super) const fn of(layout: &'a str) -> Self {
        Self { layout, at: 0 }
    }

    fn rest(&self) -> &'a str {
        self.layout.get(self.at..).unwrap_or_default()
    }

    fn step(&mut self) -> Result<Option<Markup<'a>>, Fault> {
        loop {
            let rest = self.rest();
            let (text, markup) =
                rest.split_at_checked(rest.find('<').unwrap_or(rest.len())).unwrap_or((rest, ""));
            self.check_text(text)?;
            self.at += text.len();
            if markup.is_empty() {
                return Ok(None);
            }
            match frame_length(markup) {
                Some(length) => self.at += length,
                None => return self.tag(markup).map(Some),
            }
        }
    }

    fn tag(&mut self, markup: &'a str) -> Result<Markup<'a>, Fault> {
        let at = self.at;
        let tag = whole_tag(markup).ok_or_else(|| self.fault(at))?;
        self.at += tag.len() + 2;
        let (closes, bare) = tag.strip_prefix('/').map_or((false, tag), |bare| (true, bare));
        let name = bare.split(|c: char| c.is_whitespace() || c == '/').next().unwrap_or_default();
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Err(self.fault(at));
        }
        let nesting = match (closes, bare.ends_with('/') || VOID.contains(&name)) {
            (true, _) => Nesting::Close,
            (false, true) => Nesting::Empty,
            (false, false) => Nesting::Open,
        };
        Ok(Markup { at, name, tag, nesting })
    }

    /// The tokenizer looks two bytes back from the first `>` of a text.
    fn check_text(&self, text: &str) -> Result<(), Fault> {
        match text.find('>') {
            Some(at) if !text.is_char_boundary(at.saturating_sub(2)) => Err(Fault::new(
                line_at(self.layout, self.at + at),
                "a > stands behind a letter or sign that is none of ASCII",
                "write &gt;",
            )),
            _ => Ok(()),
        }
    }

    fn fault(&self, at: usize) -> Fault {
        let from = self.layout.get(at..).unwrap_or_default();
        let shown = clean_line(from.split([' ', '>']).next().unwrap_or_default(), 30);
        Fault::new(
            line_at(self.layout, at),
            format!("{shown:?} begins no element or comment that a layout may hold"),
            "close every tag, quote and comment; write &lt; and &gt; in texts and attributes",
        )
    }
}

impl<'a> Iterator for Outline<'a> {
    type Item = Result<Markup<'a>, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        self.step().transpose()
    }
}

/// The length of a whole comment, or of the frame of a conditional one: what stands between such frames is read.
fn frame_length(markup: &str) -> Option<usize> {
    const ENDS: [&str; 3] = ["<!--<![endif]-->", "<![endif]-->", "<![endif]>"];
    if let Some(end) = ENDS.iter().find(|end| markup.starts_with(**end)) {
        return Some(end.len());
    }
    if markup.starts_with("<!--[if") || markup.starts_with("<![if") {
        return condition_length(markup);
    }
    let comment = markup.strip_prefix("<!--").filter(|rest| !rest.starts_with("<!["))?;
    comment.find("-->").map(|end| "<!--".len() + end + "-->".len())
}

/// `<!--[if mso]>`, `<!--[if !mso]><!-->`, `<!--[if !mso]>-->`, `<![if !mso]>`.
fn condition_length(markup: &str) -> Option<usize> {
    let end = markup.find(']')?;
    let after = markup.get(end + 1..)?;
    let tail = ["><!-->", ">-->", ">"].into_iter().find(|tail| after.starts_with(tail))?;
    Some(end + 1 + tail.len())
}

/// What stands between the angle brackets; none of them may stand in it, quoted or not.
fn whole_tag(markup: &str) -> Option<&str> {
    let inner = markup.strip_prefix('<')?;
    let tag = inner.get(..inner.find('>')?)?;
    let mut quote = None;
    for c in tag.chars() {
        match (quote, c) {
            (_, '<') => return None,
            (Some(open), _) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            _ => {}
        }
    }
    quote.is_none().then_some(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(layout: &str) -> Vec<(&str, Nesting)> {
        Outline::of(layout)
            .map(|markup| markup.unwrap())
            .map(|markup| (markup.name, markup.nesting))
            .collect()
    }

    #[test]
    fn tags_are_told_apart_and_comments_are_none() {
        use Nesting::{Close, Empty, Open};
        let layout = "<p a='1'>x > y<br><!-- <b> --><!--[if mso]><i/><![endif]--><!--[if !mso]><!--></p\n>";
        assert_eq!(names(layout), [("p", Open), ("br", Empty), ("i", Empty), ("p", Close)]);
    }

    #[test]
    fn what_the_compiler_could_read_otherwise_is_refused() {
        for wrong in [
            "<p title=\"/>\">",
            "<p title=\"</p>\">",
            "<p title='x>",
            "<p",
            "< p>",
            "<>",
            "</>",
            "a < b",
            "<!-- x",
            "<!--[if mso",
            "<!--[if mso]x",
            "<![CDATA[x]]>",
            "<!DOCTYPE mjml>",
            "<!--<![endif",
            "<?xml version='1.0'?>",
            "5 \u{20ac}> 4",
            "5 \u{20ac} > 4",
        ] {
            assert!(Outline::of(&format!("ab\n{wrong}")).any(|markup| markup.is_err()), "{wrong}");
        }
        assert_eq!(Outline::of("\n\n<!-- x").next().unwrap().unwrap_err().line, 3);
    }
}
