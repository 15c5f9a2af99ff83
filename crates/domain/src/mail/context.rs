//! Where in an HTML page a tag of the template stands, for a value is harmless or not by where it is written.
//!
//! The page is the output of the MJML compiler with a mark in place of each tag. Source of the states: WHATWG HTML,
//! section 13.2.5, reduced to what a mail may hold. Source of the idea: Go's `html/template`.

use super::findings::Fault;
use super::layout::MARK;

/// Where a tag stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    /// In a plain text: the subject or the text part.
    Plain,
    /// Between elements.
    Element,
    /// In a quoted attribute that holds no link.
    Attribute,
    /// At the beginning of an attribute that holds a link.
    LinkStart,
    /// Further on in a link.
    LinkRest,
    /// Where no value can be made harmless; why.
    Forbidden(&'static str),
}

/// A stretch of a compiled page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// Literal text.
    Text(String),
    /// The tag of that number.
    Mark {
        /// Which tag.
        number: usize,
        /// Where it stands.
        context: Context,
        /// The attribute value it stands in, counted; 0 outside of attributes.
        place: usize,
    },
}

/// Attributes whose value is fetched or followed.
const LINK_ATTRIBUTES: [&str; 9] = [
    "href",
    "src",
    "action",
    "formaction",
    "background",
    "poster",
    "cite",
    "data",
    "longdesc",
];
/// Attributes in which HTML escaping is not enough.
const FORBIDDEN_ATTRIBUTES: [&str; 4] = ["style", "srcdoc", "srcset", "content"];
/// Elements that run code, load from elsewhere or send data: none has a place in a mail.
const FORBIDDEN_ELEMENTS: [&str; 8] = [
    "script", "iframe", "object", "embed", "form", "base", "link", "svg",
];
/// What a link written in the layout may begin with.
const SCHEMES: [&str; 5] = ["https://", "http://", "mailto:", "tel:", "#"];

/// What an attribute's value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Attribute {
    Plain,
    Link,
    Forbidden(&'static str),
}

/// How far a link has been written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    Nothing,
    Marks,
    Text,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Text,
    Tag,
    Value(Attribute, char, Progress),
    Style,
}

struct Scanner<'a> {
    rest: &'a str,
    state: State,
    attribute: String,
    in_style: bool,
    text: String,
    parts: Vec<Part>,
    places: usize,
}

/// Cuts a compiled page into literal text and marks, each mark with its context.
pub(super) fn scan(page: &str) -> Result<Vec<Part>, Fault> {
    let mut scanner = Scanner {
        rest: page,
        state: State::Text,
        attribute: String::new(),
        in_style: false,
        text: String::new(),
        parts: Vec::new(),
        places: 0,
    };
    while let Some(c) = scanner.rest.chars().next() {
        scanner.step(c)?;
    }
    scanner.flush();
    Ok(scanner.parts)
}

impl Scanner<'_> {
    fn step(&mut self, c: char) -> Result<(), Fault> {
        if self.rest.starts_with(MARK) {
            return self.mark();
        }
        match self.state {
            State::Text => self.in_text(c)?,
            State::Tag => self.in_tag(c),
            State::Value(attribute, quote, progress) => self.in_value(c, attribute, quote, progress)?,
            State::Style if starts_with(self.rest, "</style") => self.state = State::Text,
            State::Style => self.take(c.len_utf8()),
        }
        Ok(())
    }

    fn in_text(&mut self, c: char) -> Result<(), Fault> {
        if let Some(length) = comment_length(self.rest) {
            self.take(length);
        } else if c == '<' {
            let name = element_name(self.rest);
            if FORBIDDEN_ELEMENTS.contains(&name.as_str()) {
                return Err(forbidden_element(&name));
            }
            self.open_tag(&name);
        } else {
            self.take(c.len_utf8());
        }
        Ok(())
    }

    fn open_tag(&mut self, name: &str) {
        if name.is_empty() {
            self.take(1);
            return;
        }
        self.take(1 + name.len());
        self.attribute.clear();
        self.in_style = name == "style";
        self.state = State::Tag;
    }

    /// Between `<name` and `>`. Attribute names are collected until a quote opens the value.
    fn in_tag(&mut self, c: char) {
        match c {
            '>' => self.state = if self.in_style { State::Style } else { State::Text },
            '"' | '\'' => {
                self.places += 1;
                let attribute = attribute(&self.attribute);
                self.state = State::Value(attribute, c, Progress::Nothing);
            }
            _ => self.attribute.push(c.to_ascii_lowercase()),
        }
        self.take(c.len_utf8());
    }

    fn in_value(
        &mut self,
        c: char,
        attribute: Attribute,
        quote: char,
        progress: Progress,
    ) -> Result<(), Fault> {
        if c == quote {
            self.attribute.clear();
            self.state = State::Tag;
        } else {
            let begins = attribute == Attribute::Link && progress != Progress::Text;
            if begins && !begins_link(self.rest, progress) {
                return Err(bad_scheme(&self.attribute));
            }
            self.state = State::Value(attribute, quote, Progress::Text);
        }
        self.take(c.len_utf8());
        Ok(())
    }

    fn mark(&mut self) -> Result<(), Fault> {
        let digits = self.rest.get(MARK.len()..).unwrap_or_default();
        let length = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        let number = digits
            .get(..length)
            .and_then(|number| number.parse().ok())
            .ok_or_else(|| {
                Fault::new(
                    0,
                    format!("the layout holds the reserved word {MARK}"),
                    "remove it",
                )
            })?;
        self.flush();
        let context = self.context();
        let place = self.enter_mark();
        self.parts.push(Part::Mark {
            number,
            context,
            place,
        });
        self.rest = digits.get(length + 1..).unwrap_or_default();
        Ok(())
    }

    /// Counts a mark as the beginning of a link; says which attribute value it stands in.
    fn enter_mark(&mut self) -> usize {
        match self.state {
            State::Value(attribute, quote, progress) => {
                let progress = if progress == Progress::Nothing {
                    Progress::Marks
                } else {
                    progress
                };
                self.state = State::Value(attribute, quote, progress);
                self.places
            }
            _ => 0,
        }
    }

    const fn context(&self) -> Context {
        match self.state {
            State::Text => Context::Element,
            State::Style => Context::Forbidden("a <style> element"),
            State::Tag => Context::Forbidden("a tag outside of a quoted attribute"),
            State::Value(Attribute::Link, _, Progress::Text) => Context::LinkRest,
            State::Value(Attribute::Link, ..) => Context::LinkStart,
            State::Value(Attribute::Plain, ..) => Context::Attribute,
            State::Value(Attribute::Forbidden(why), ..) => Context::Forbidden(why),
        }
    }

    fn take(&mut self, bytes: usize) {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.text.push_str(taken);
        self.rest = rest;
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.parts.push(Part::Text(std::mem::take(&mut self.text)));
        }
    }
}

/// The length of a comment's frame. What stands between Outlook's conditional frames is markup and is read as such.
fn comment_length(rest: &str) -> Option<usize> {
    if rest.starts_with("<!--[if") {
        let opened = rest.find("]>")? + 2;
        let hidden = rest.get(opened..).is_some_and(|rest| rest.starts_with("<!-->"));
        return Some(if hidden { opened + 5 } else { opened });
    }
    let frames = ["<!--<![endif]-->", "<![endif]-->"];
    frames
        .iter()
        .find(|frame| rest.starts_with(**frame))
        .map(|frame| frame.len())
        .or_else(|| {
            rest.starts_with("<!--")
                .then(|| rest.find("-->").map(|end| end + 3))?
        })
}

fn element_name(rest: &str) -> String {
    rest.chars()
        .skip(1)
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | ':' | '!' | '-'))
        .collect::<String>()
        .to_ascii_lowercase()
}

/// What the attribute whose name was collected up to its `=` holds; `xlink:href` is a link too.
fn attribute(collected: &str) -> Attribute {
    let name = attribute_name(collected);
    let name = name.rsplit(':').next().unwrap_or(name);
    match name {
        _ if LINK_ATTRIBUTES.contains(&name) => Attribute::Link,
        _ if FORBIDDEN_ATTRIBUTES.contains(&name) => {
            Attribute::Forbidden("a style, srcset, srcdoc or content attribute")
        }
        _ if name.starts_with("on") => Attribute::Forbidden("an attribute that runs code"),
        _ => Attribute::Plain,
    }
}

/// The last word before `=`.
fn attribute_name(collected: &str) -> &str {
    let name = collected.trim_end().trim_end_matches('=').trim_end();
    name.rsplit(|c: char| c.is_whitespace() || c == '/')
        .next()
        .unwrap_or_default()
}

/// Whether a literal may begin a link, or go on after a value that is one.
fn begins_link(rest: &str, progress: Progress) -> bool {
    let goes_on = progress == Progress::Marks && rest.starts_with(['?', '#', '&', '/']);
    goes_on || SCHEMES.iter().any(|scheme| starts_with(rest, scheme))
}

/// Whether a text of the language file may begin a link.
pub(super) fn is_link_text(text: &str) -> bool {
    begins_link(text, Progress::Nothing)
}

fn starts_with(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

fn forbidden_element(name: &str) -> Fault {
    Fault::new(
        0,
        format!("the layout holds a <{name}> element"),
        "remove it: mail programs drop it or report the mail; fonts come from the reader's machine (no mj-font)",
    )
}

fn bad_scheme(collected: &str) -> Fault {
    let name = attribute_name(collected);
    Fault::new(
        0,
        format!("a link in {name} does not begin with https://, http://, mailto:, tel: or #"),
        "write the whole link, or one of the data's links alone",
    )
}
