//! Where in an HTML page a tag of the template stands, for a value is harmless or not by where it is written.
//!
//! The page is the output of the MJML compiler with a mark in place of each tag. Source of the states: WHATWG HTML,
//! section 13.2.5, reduced to what a mail may hold. Source of the idea: Go's `html/template`.

use super::findings::Fault;
use super::layout::MARK;
use super::markup::{
    Attribute, Progress, attribute, bad_scheme, begins_link, check_attribute, check_element, comment_length,
    element_name, starts_with,
};

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
            State::Tag => self.in_tag(c)?,
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
            check_element(&name)?;
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
    fn in_tag(&mut self, c: char) -> Result<(), Fault> {
        match c {
            '>' => self.state = if self.in_style { State::Style } else { State::Text },
            '"' | '\'' => {
                check_attribute(&self.attribute, self.rest.get(1..).unwrap_or_default(), c)?;
                self.places += 1;
                let attribute = attribute(&self.attribute);
                self.state = State::Value(attribute, c, Progress::Nothing);
            }
            _ => self.attribute.push(c.to_ascii_lowercase()),
        }
        self.take(c.len_utf8());
        Ok(())
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
        let number = digits.get(..length).and_then(|number| number.parse().ok()).ok_or_else(|| {
            Fault::new(0, format!("the layout holds the reserved word {MARK}"), "remove it")
        })?;
        self.flush();
        let context = self.context();
        let place = self.enter_mark();
        self.parts.push(Part::Mark { number, context, place });
        self.rest = digits.get(length + 1..).unwrap_or_default();
        Ok(())
    }

    /// Counts a mark as the beginning of a link; says which attribute value it stands in.
    fn enter_mark(&mut self) -> usize {
        match self.state {
            State::Value(attribute, quote, progress) => {
                let progress = if progress == Progress::Nothing { Progress::Marks } else { progress };
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The contexts of the marks, written `@` in the page.
    fn contexts(page: &str) -> Vec<Context> {
        marks(page).into_iter().map(|(context, _)| context).collect()
    }

    fn marks(page: &str) -> Vec<(Context, usize)> {
        let page = page.replace('@', &format!("{MARK}0x"));
        let parts = scan(&page).unwrap();
        let marks = parts.into_iter().filter_map(|part| match part {
            Part::Mark { context, place, .. } => Some((context, place)),
            Part::Text(_) => None,
        });
        marks.collect()
    }

    #[test]
    fn a_mark_is_seen_where_a_browser_would_see_it() {
        use Context::{Attribute, Element, LinkRest, LinkStart};
        for (page, context) in [
            ("<p>@</p>", Element),
            ("<title>@</title>", Element),
            ("a < b @", Element),
            ("<p title='a > b'>@", Element),
            ("<!-- <style> -->@", Element),
            ("<style>a{}</style>@", Element),
            ("<!--[if mso]><td align=\"left\"><![endif]-->@", Element),
            ("<!--[if !mso]><!-->@<!--<![endif]-->", Element),
            ("<img alt=\"@\">", Attribute),
            ("<img src='https://a/' alt = '@'>", Attribute),
            ("<!--[if mso]><td title=\"@\"><![endif]-->", Attribute),
            ("<a href=\"@\">", LinkStart),
            ("<A HREF='@'>", LinkStart),
            ("<v:fill src=\"@\"/>", LinkStart),
            ("<use xlink:href=\"@\"/>", LinkStart),
            ("<a href=\"https://a.example/?x=@\">", LinkRest),
        ] {
            assert_eq!(contexts(page), [context], "{page}");
        }
    }

    #[test]
    fn no_value_is_written_where_escaping_does_not_help() {
        for page in [
            "<style>@</style>",
            "<p style=\"color:@\">",
            "<img srcset=\"@\">",
            "<meta content=\"@\">",
            "<p class=@>",
            "<p @>",
            "<p @=\"x\">",
        ] {
            assert!(matches!(contexts(page)[..], [Context::Forbidden(_)]), "{page}");
        }
    }

    #[test]
    fn each_attribute_value_is_a_place_of_its_own() {
        let places: Vec<_> =
            marks("@<a href=\"@@\" title=\"@\">@").into_iter().map(|(_, place)| place).collect();
        assert_eq!(places, [0, 1, 1, 2, 0]);
    }

    #[test]
    fn a_link_of_the_layout_has_a_safe_scheme() {
        for good in ["https://a", "HTTP://a", "mailto:a@b", "tel:+49", "#top", "@", "@?x=1", "@#a", ""] {
            let page = format!("<a href=\"{}\">", good.replace('@', &format!("{MARK}0x")));
            assert!(scan(&page).is_ok(), "{good}");
        }
        for wrong in
            ["javascript:x", " javascript:x", "data:x", "/a", "a.html", "@javascript:x", "&#106;avascript:"]
        {
            let page = format!("<a href=\"{}\">", wrong.replace('@', &format!("{MARK}0x")));
            assert!(scan(&page).is_err(), "{wrong}");
        }
    }

    #[test]
    fn elements_that_run_or_load_something_are_refused() {
        for name in ["script", "SCRIPT", "iframe", "object", "embed", "form", "base", "link", "svg"] {
            assert!(scan(&format!("<p><{name} x>")).is_err(), "{name}");
        }
        for name in ["script/", "template", "textarea", "plaintext", "math"] {
            assert!(scan(&format!("<{name}>")).is_err(), "{name}");
        }
        assert!(scan("<p>a <scripture>").is_ok());
    }

    #[test]
    fn attributes_that_act_by_themselves_are_refused() {
        for wrong in [
            "<p onclick=\"alert(1)\">",
            "<p onclick=\"@\">",
            "<img alt='' ONERROR = 'alert(1)'>",
            "<meta http-equiv=\"refresh\" content=\"0;url=https://a.example/\">",
            "<meta http-equiv=\" refresh\">",
            "<meta http-equiv=\"&#114;efresh\">",
        ] {
            assert!(scan(wrong).is_err(), "{wrong}");
        }
        assert!(scan("<meta http-equiv=\"Content-Type\" content=\"text/html\"><p data-on=\"1\">").is_ok());
    }

    #[test]
    fn the_page_comes_out_as_it_went_in() {
        let page = "<!doctype html><p a='1' b=2>x < y <!-- c --> <!--[if mso]>z<![endif]--></p>";
        assert_eq!(scan(page).unwrap(), [Part::Text(page.to_owned())]);
    }
}
