//! A template written piece by piece.

use super::bounds::{MAX_TEMPLATE_BYTES, MAX_TEMPLATE_TAGS};
use super::findings::breaks;

/// A template and where its tags come from.
#[derive(Debug, Default)]
pub(super) struct Assembled {
    /// The template.
    pub source: String,
    /// Per tag: the template's line, and the file and line it was written in.
    pub origins: Vec<(u64, String, u64)>,
}

impl Assembled {
    /// The file and line behind a line of the template, the first tag of it if there are several.
    pub(super) fn origin(&self, line: u64) -> Option<(&str, u64)> {
        self.origins.iter().find(|(at, ..)| *at == line).map(|(_, file, line)| (file.as_str(), *line))
    }
}

/// Writes a template so that the engine takes only tags for tags.
#[derive(Debug, Default)]
pub(super) struct TemplateWriter {
    out: Assembled,
    /// Literal text that is not written yet: two literals may make a tag's braces together.
    literal: String,
    /// Line breaks written so far.
    breaks: u64,
}

impl TemplateWriter {
    /// Adds literal text.
    pub(super) fn literal(&mut self, text: &str) {
        self.literal.push_str(text);
    }

    /// Adds a tag as it is.
    pub(super) fn tag(&mut self, source: &str) {
        self.flush();
        self.push(source);
    }

    /// Remembers where the tag that comes next was written.
    pub(super) fn origin_here(&mut self, file: &str, line: u64) {
        self.flush();
        self.out.origins.push((self.breaks + 1, file.to_owned(), line));
    }

    /// Whether it has become larger than a part of a mail may be.
    pub(super) fn is_too_large(&self) -> bool {
        self.out.source.len() + self.literal.len() > MAX_TEMPLATE_BYTES
            || self.out.origins.len() > MAX_TEMPLATE_TAGS
    }

    /// The template.
    pub(super) fn finish(mut self) -> Assembled {
        self.flush();
        self.out
    }

    /// Writes the collected literal so that the engine cannot take any of it for a tag.
    fn flush(&mut self) {
        let literal = std::mem::take(&mut self.literal);
        let mut rest = literal.as_str();
        while let Some(at) = rest.find('{') {
            let (before, after) = rest.split_at_checked(at + 1).unwrap_or((rest, ""));
            let tag_like = after.is_empty() || after.starts_with(['{', '%', '#']);
            if tag_like {
                self.push(before.strip_suffix('{').unwrap_or(before));
                self.push("{{ '{' }}");
            } else {
                self.push(before);
            }
            rest = after;
        }
        self.push(rest);
    }

    fn push(&mut self, source: &str) {
        self.breaks += breaks(source.as_bytes());
        self.out.source.push_str(source);
    }
}

#[cfg(test)]
mod tests {
    use super::super::engine::environment;
    use super::*;

    #[test]
    fn literal_text_is_never_taken_for_a_tag() {
        for literal in ["{{ x }}", "{% if %}", "{# a #}", "{{{{", "a{", "{", "}}", "@media{.a{b:c}}", "{-{"] {
            let mut writer = TemplateWriter::default();
            let (first, second) = literal.split_at(1);
            writer.literal(first);
            writer.literal(second);
            writer.tag("{{ 'tag' }}");
            writer.literal(literal);
            let source = writer.finish().source;
            let rendered = environment().render_named_str("a.html", &source, ()).unwrap();
            assert_eq!(rendered, format!("{literal}tag{literal}"));
        }
    }

    #[test]
    fn a_line_of_the_template_leads_back_to_its_file() {
        let mut writer = TemplateWriter::default();
        writer.literal("a\nb\n");
        writer.origin_here("de.toml", 42);
        writer.tag("{{ x }}");
        let assembled = writer.finish();
        assert_eq!(assembled.origin(3), Some(("de.toml", 42)));
        assert_eq!(assembled.origin(2), None);
    }
}
