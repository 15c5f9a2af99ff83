//! Google Merchant feeds in XML: RSS 2.0 and Atom 1.0, one item at a time.

use std::borrow::Cow;
use std::io::Read;

use quick_xml::errors::SyntaxError;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::{Namespace, NamespaceResolver, Prefix, QName, ResolveResult};
use quick_xml::{NsReader, XmlVersion};

use super::attribute::{Rank, RawRow, Schema};
use super::budget::Budget;
use super::config::FeedLimits;
use super::error::FeedError;
use super::input::Text;
use super::item::{Element, Items, Step};

/// Prefixes in scope at once; resolving one looks through all of them.
const MAX_NAMESPACES: usize = 64;

/// Source: Google Merchant Center, "RSS 2.0 specification".
const GOOGLE: &str = "http://base.google.com/ns/1.0";
/// The namespace of attributes that a shop defines itself.
const GOOGLE_CUSTOM: &str = "http://base.google.com/cns/1.0";
/// Source: RFC 4287, section 1.2.
const ATOM: &str = "http://www.w3.org/2005/Atom";

/// An XML feed that is read item by item.
pub(super) struct XmlFeed<R: Read> {
    events: NsReader<Budget<Text<R>>>,
    buffer: Vec<u8>,
    items: Items,
    rows: u64,
    limits: FeedLimits,
}

impl<R: Read> XmlFeed<R> {
    pub(super) fn new(text: Text<R>, limits: FeedLimits) -> Self {
        let mut events = NsReader::from_reader(Budget::new(text, limits.piece()));
        events.config_mut().expand_empty_elements = true;
        events.resolver_mut().set_max_namespace_bindings(MAX_NAMESPACES);
        Self { events, buffer: Vec::new(), items: Items::new(limits), rows: 0, limits }
    }

    /// Reads the next item into `row`; false at the end of the feed.
    pub(super) fn next_row(&mut self, schema: &Schema, row: &mut RawRow) -> Result<bool, FeedError> {
        loop {
            match self.step(schema, row)? {
                Step::More => {}
                Step::ItemComplete => {
                    self.rows += 1;
                    return self.limits.check_rows(self.rows, self.line()).map(|()| true);
                }
                Step::FeedComplete => return Ok(false),
            }
        }
    }

    /// The line that the reader has come to.
    pub(super) fn line(&self) -> u64 {
        self.events.get_ref().line()
    }

    fn step(&mut self, schema: &Schema, row: &mut RawRow) -> Result<Step, FeedError> {
        self.buffer.clear();
        self.events.get_mut().next_piece();
        let event = self.events.read_event_into(&mut self.buffer);
        let line = self.events.get_ref().line();
        match event.map_err(|error| refused(line, error))? {
            Event::Start(tag) => {
                let element = element(&tag, self.events.resolver(), line)?;
                return self.items.open(&element, line, schema, row).map(|()| Step::More);
            }
            Event::End(_) => return Ok(self.items.close(row)),
            Event::Text(text) => self.items.text(&text.xml10_content()),
            Event::CData(data) => self.items.text(&data.xml10_content()),
            Event::GeneralRef(reference) => self.items.character(character(&reference, line)?),
            Event::DocType(_) => return Err(FeedError::Doctype { line }),
            Event::Eof => return self.items.end(line),
            Event::Empty(_) | Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
        }
        Ok(Step::More)
    }
}

/// The character of `&amp;` or `&#228;`; entities that a document could define itself are refused.
fn character(reference: &BytesRef<'_>, line: u64) -> Result<char, FeedError> {
    let name: &str = reference;
    match name {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        _ => reference
            .resolve_char_ref()
            .ok()
            .flatten()
            .ok_or_else(|| FeedError::Entity { line, name: crate::text::clean_line(name, 40) }),
    }
}

fn element<'a>(
    tag: &'a BytesStart<'_>,
    names: &NamespaceResolver,
    line: u64,
) -> Result<Element<'a>, FeedError> {
    let name = tag.name();
    let rank = rank(name, names);
    let name = name.local_name().into_inner();
    let href = if name == "link" { page_address(tag, line)? } else { None };
    Ok(Element { name, rank, href })
}

/// How much a name says, by its namespace or, where a feed forgets to declare it, by its usual prefix.
fn rank(name: QName<'_>, names: &NamespaceResolver) -> Rank {
    let prefix = name.prefix().map(Prefix::into_inner);
    match (names.resolve_element(name).0, prefix) {
        (ResolveResult::Bound(Namespace(GOOGLE)), _) | (_, Some("g")) => Rank::Google,
        (ResolveResult::Bound(Namespace(GOOGLE_CUSTOM | ATOM)), _) | (_, None | Some("c")) => Rank::Plain,
        _ => Rank::None,
    }
}

/// The address in an Atom link; `None` for links to other things than the product's page.
///
/// Source: RFC 4287, section 4.2.7.2: a link without `rel` is an `alternate` one.
fn page_address<'a>(tag: &'a BytesStart<'_>, line: u64) -> Result<Option<Cow<'a, str>>, FeedError> {
    let value = |name| match tag.try_get_attribute(name) {
        Ok(Some(attribute)) => attribute.normalized_value(XmlVersion::Implicit1_0).map(Some),
        Ok(None) => Ok(None),
        Err(error) => Err(error.into()),
    };
    let value = |name| value(name).map_err(|error| refused(line, error));
    let is_page = value("rel")?.is_none_or(|rel| rel == "alternate");
    Ok(value("href")?.filter(|_| is_page))
}

fn refused(line: u64, error: quick_xml::Error) -> FeedError {
    match error {
        quick_xml::Error::Io(source) => FeedError::from_shared_io(line, source),
        // Every other syntax error is something that the end of the file cuts off.
        quick_xml::Error::Syntax(error) if error != SyntaxError::InvalidBangMarkup => {
            FeedError::Truncated { line }
        }
        other => FeedError::Malformed { line, what: crate::text::clean_line(&other.to_string(), 200) },
    }
}
