//! A layout with the texts of one version put in: what remains is a template of data alone.

use std::collections::BTreeSet;

use super::bounds::{MAX_TEMPLATE_BYTES, MAX_TEMPLATE_TAGS};
use super::context::Context;
use super::engine::escaped;
use super::findings::{Fault, Findings};
use super::layout::{Layout, LayoutPart};
use super::markup::is_link_text;
use super::published::VariantKey;
use super::scope::Scope;
use super::syntax::{Piece, Tag, TagKind, split};
use super::texts::{LanguageTexts, Text};
use super::writer::{Assembled, TemplateWriter};

/// Puts the texts of a version into a layout and checks every tag where it ends up.
pub(super) fn assemble(
    layout: &Layout,
    texts: &LanguageTexts,
    key: &VariantKey,
    used: &mut BTreeSet<String>,
    findings: &mut Findings,
) -> Assembled {
    let mut assembler =
        Assembler { texts, key, used, findings, scope: Scope::default(), out: TemplateWriter::default() };
    for part in &layout.parts {
        if assembler.out.is_too_large() {
            assembler.findings.error(&layout.file, &too_large());
            return Assembled::default();
        }
        assembler.part(layout, part);
    }
    if let Err(fault) = assembler.scope.finish() {
        assembler.findings.error(&layout.file, &fault);
    }
    assembler.out.finish()
}

/// Where a tag or text is put.
#[derive(Clone, Copy)]
struct Spot<'a> {
    file: &'a str,
    context: Context,
    place: usize,
}

struct Assembler<'a> {
    texts: &'a LanguageTexts,
    key: &'a VariantKey,
    used: &'a mut BTreeSet<String>,
    findings: &'a mut Findings,
    scope: Scope,
    out: TemplateWriter,
}

impl Assembler<'_> {
    fn part(&mut self, layout: &Layout, part: &LayoutPart) {
        match part {
            LayoutPart::Text(text) => self.out.literal(text),
            LayoutPart::Tag { tag, context, place } => {
                let spot = Spot { file: &layout.file, context: *context, place: *place };
                self.tag(tag, spot);
            }
        }
    }

    fn tag(&mut self, tag: &Tag, spot: Spot<'_>) {
        let put = match text_key(tag) {
            Some(key) => self.text(key, tag, spot),
            None => self.data(tag, spot),
        };
        if let Err(fault) = put {
            self.findings.error(spot.file, &fault);
        }
    }

    /// Puts in the text of a key; its own tags are checked as if they stood in the layout.
    fn text(&mut self, key: &str, tag: &Tag, spot: Spot<'_>) -> Result<(), Fault> {
        if let Context::Forbidden(why) = spot.context {
            return Err(forbidden(tag, why));
        }
        if !self.used.contains(key) {
            self.used.insert(key.to_owned());
        }
        let text = match self.texts.find(key, &self.key.segment, self.key.form) {
            Ok(text) => text,
            Err(mut fault) => {
                if fault.line == 0 && tag.line > 0 {
                    fault.problem = format!("{}, needed by {} line {}", fault.problem, spot.file, tag.line);
                }
                self.findings.error(&self.texts.file, &fault);
                return Ok(());
            }
        };
        self.trim(tag, "{{-", "{{- '' }}");
        let depth = self.scope.depth();
        let put = self.pieces(text, spot);
        let balanced = self.scope.depth() == depth;
        self.trim(tag, "-}}", "{{ '' -}}");
        let checked = put.and_then(|()| if balanced { Ok(()) } else { Err(unbalanced(key, text.line)) });
        if let Err(fault) = checked {
            self.findings.error(&self.texts.file, &fault);
        }
        Ok(())
    }

    fn pieces(&mut self, text: &Text, spot: Spot<'_>) -> Result<(), Fault> {
        let offset = text.line.saturating_sub(1);
        let mut spot = Spot { file: &self.texts.file, ..spot };
        let pieces = split(&text.value).map_err(|fault| moved(fault, offset))?;
        for piece in pieces {
            match piece {
                Piece::Text(literal) => {
                    if spot.context == Context::LinkStart && !is_link_text(&literal) {
                        return Err(no_link(text.line));
                    }
                    if spot.context == Context::LinkStart {
                        spot.context = Context::LinkRest;
                    }
                    self.put_literal(&literal, spot.context);
                }
                Piece::Tag(mut tag) => {
                    tag.line += offset;
                    self.data(&tag, spot)?;
                }
            }
        }
        Ok(())
    }

    fn put_literal(&mut self, literal: &str, context: Context) {
        if context == Context::Plain {
            self.out.literal(literal);
        } else {
            self.out.literal(&escaped(literal));
        }
    }

    /// Whitespace control of a tag that disappears is kept by an empty one.
    fn trim(&mut self, tag: &Tag, sign: &str, instead: &str) {
        if tag.source.starts_with(sign) || tag.source.ends_with(sign) {
            self.out.tag(instead);
        }
    }

    fn data(&mut self, tag: &Tag, spot: Spot<'_>) -> Result<(), Fault> {
        if let Context::Forbidden(why) = spot.context {
            return Err(forbidden(tag, why));
        }
        match tag.kind {
            TagKind::Statement => self.scope.statement(&tag.body, tag.line, spot.place)?,
            TagKind::Expression => self.expression(tag, spot.context)?,
        }
        self.out.origin_here(spot.file, tag.line);
        self.out.tag(&tag.source);
        Ok(())
    }

    fn expression(&self, tag: &Tag, context: Context) -> Result<(), Fault> {
        if tag.body.starts_with("t.") {
            return Err(Fault::new(
                tag.line,
                format!("{{{{ {} }}}} is not the key of a text alone", tag.body),
                "write {{ t.key }} in a layout only, without filters",
            ));
        }
        let checked = self.scope.expression(&tag.body, tag.line)?;
        match context {
            Context::LinkStart if !checked.link => Err(no_link(tag.line)),
            Context::LinkRest if !checked.url_encoded => Err(Fault::new(
                tag.line,
                "a value is written into a link as it is",
                "add the filter urlencode",
            )),
            _ => Ok(()),
        }
    }
}

/// The key of `{{ t.key }}`.
fn text_key(tag: &Tag) -> Option<&str> {
    let key = tag.body.strip_prefix("t.")?;
    let plain = key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    (tag.kind == TagKind::Expression && plain && !key.is_empty()).then_some(key)
}

/// A layout that writes a long text often would multiply both.
fn too_large() -> Fault {
    Fault::new(
        0,
        format!(
            "with its texts the layout is larger than {} KB or has more than {MAX_TEMPLATE_TAGS} tags",
            MAX_TEMPLATE_BYTES / 1024
        ),
        "write long texts once, and shorten them: mail programs cut off long mails",
    )
}

fn moved(fault: Fault, offset: u64) -> Fault {
    Fault { line: fault.line + offset, ..fault }
}

fn forbidden(tag: &Tag, why: &str) -> Fault {
    Fault::new(
        tag.line,
        format!("{} stands in {why}, where no value can be made harmless", tag.source),
        "write the value between elements or into a quoted attribute such as alt or href",
    )
}

fn unbalanced(key: &str, line: u64) -> Fault {
    Fault::new(
        line,
        format!("the text {key} opens a block that it does not close, or closes one that it did not open"),
        "balance {% if %} and {% endif %} within the text",
    )
}

fn no_link(line: u64) -> Fault {
    Fault::new(
        line,
        "a link is made of something that is no link",
        "use one of the data's links: link, image, shop.website, shop.privacy_url, urls.unsubscribe, urls.view_shop, coupon.link; or write a link that begins with https://",
    )
}
