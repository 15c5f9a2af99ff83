//! Which text of an XML feed belongs to which attribute of which item.

use std::borrow::Cow;

use super::attribute::{Attribute, Rank, RawRow, Schema};
use super::config::FeedLimits;
use super::error::{FeedError, Limit};

/// An opening tag, its namespace already judged.
pub(super) struct Element<'a> {
    /// The name without its prefix.
    pub(super) name: &'a str,
    /// How much it says; `None` for a namespace that is not ours.
    pub(super) rank: Rank,
    /// The address of an Atom link to the product's page.
    pub(super) href: Option<Cow<'a, str>>,
}

/// What a tag or the end of the file meant.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    More,
    ItemComplete,
    FeedComplete,
}

/// Follows the nesting. Only children of an item are attributes: the `g:price` within `g:shipping` is none.
pub(super) struct Items {
    depth: usize,
    root_seen: bool,
    item_depth: Option<usize>,
    attribute: Option<(Attribute, Rank)>,
    text: String,
    limits: FeedLimits,
}

impl Items {
    pub(super) const fn new(limits: FeedLimits) -> Self {
        Self { depth: 0, root_seen: false, item_depth: None, attribute: None, text: String::new(), limits }
    }

    /// Takes an opening tag; an item's begins `row` anew.
    pub(super) fn open(
        &mut self,
        element: &Element<'_>,
        line: u64,
        schema: &Schema,
        row: &mut RawRow,
    ) -> Result<(), FeedError> {
        self.depth += 1;
        if self.depth > self.limits.nesting {
            let limit = Limit::Nesting(self.limits.nesting);
            return Err(FeedError::Limit { line, limit });
        }
        match self.item_depth {
            _ if self.depth == 1 => return self.open_root(element, line),
            None if matches!(element.name, "item" | "entry") && element.rank != Rank::None => {
                self.item_depth = Some(self.depth);
                row.begin(line);
            }
            Some(item) if self.depth == item + 1 => self.open_attribute(element, schema, row),
            _ => {}
        }
        Ok(())
    }

    /// Takes a closing tag.
    pub(super) fn close(&mut self, row: &mut RawRow) -> Step {
        let depth = self.depth;
        self.depth = depth.saturating_sub(1);
        let Some(item) = self.item_depth else {
            return Step::More;
        };
        if depth == item + 1
            && let Some((attribute, rank)) = self.attribute.take()
        {
            row.set(attribute, rank, &self.text);
        }
        if depth > item {
            return Step::More;
        }
        self.item_depth = None;
        Step::ItemComplete
    }

    /// Takes text, of which no more is kept than shows that it is too long.
    pub(super) fn text(&mut self, text: &str) {
        if self.attribute.is_some() && self.text.len() <= self.limits.field {
            self.text.push_str(text);
        }
    }

    /// Takes one character that a reference spelt.
    pub(super) fn character(&mut self, character: char) {
        self.text(character.encode_utf8(&mut [0; 4]));
    }

    /// Takes the end of the file.
    pub(super) const fn end(&self, line: u64) -> Result<Step, FeedError> {
        match (self.root_seen, self.depth) {
            (false, _) => Err(FeedError::Empty),
            (true, 0) => Ok(Step::FeedComplete),
            (true, _) => Err(FeedError::Truncated { line }),
        }
    }

    fn open_root(&mut self, element: &Element<'_>, line: u64) -> Result<(), FeedError> {
        if self.root_seen {
            return Err(FeedError::Malformed { line, what: "a second outermost element".to_owned() });
        }
        self.root_seen = true;
        if matches!(element.name, "rss" | "feed") {
            return Ok(());
        }
        Err(FeedError::NoFeed { line, root: crate::text::clean_line(element.name, 40) })
    }

    fn open_attribute(&mut self, element: &Element<'_>, schema: &Schema, row: &mut RawRow) {
        self.text.clear();
        let known = schema.attribute(element.name);
        self.attribute = known.map(|attribute| (attribute, element.rank));
        if let (Some(address), Some(attribute)) = (&element.href, known) {
            row.set(attribute, element.rank, address);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::config::FeedConfig;
    use super::*;

    #[test]
    fn of_an_endless_field_no_more_is_kept_than_shows_that_it_is_too_long() {
        let limits = FeedLimits::default();
        let (schema, mut row) = (Schema::new(&FeedConfig::default()), RawRow::new(limits));
        let mut items = Items::new(limits);
        for name in ["rss", "item", "title"] {
            let element = Element { name, rank: Rank::Plain, href: None };
            items.open(&element, 1, &schema, &mut row).unwrap();
        }
        for _ in 0..10_000 {
            items.text("a piece of a title");
            items.character('x');
        }
        assert!(items.text.len() <= limits.field + 20);
        items.close(&mut row);
        assert_eq!(row.overlong, Some(Attribute::Title));
    }
}
