//! A body, read once: every value with the text that it has there.
//!
//! Values stay text until they are asked for, so amounts and ids keep every digit.

use std::borrow::Cow;

/// A whole body: its values in the order in which they stand, each followed by what it holds.
#[derive(Debug, Default)]
pub struct Document<'a>(Vec<Entry<'a>>);

/// A value of a body.
#[derive(Debug, Clone, Copy)]
pub struct Node<'a> {
    entry: &'a Entry<'a>,
    inside: &'a [Entry<'a>],
}

#[derive(Debug)]
struct Entry<'a> {
    /// Its name in the object around it, copied only if it holds an escape; empty elsewhere.
    key: Cow<'a, str>,
    text: &'a str,
    /// How many entries after it stand inside of it.
    inside: usize,
}

impl<'a> Document<'a> {
    /// Room for the values that a body of so many bytes usually has: one of Shopify has one in 20 to 25 bytes.
    pub(super) fn with_room_for(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes / 16))
    }

    /// Adds a value that begins here; tells its number, by which it is ended.
    pub(super) fn begin(&mut self, key: Cow<'a, str>) -> usize {
        self.0.push(Entry { key, text: "", inside: 0 });
        self.0.len() - 1
    }

    /// Ends a value; what was added since stands inside of it.
    pub(super) fn end(&mut self, number: usize, text: &'a str) {
        let inside = self.0.len().saturating_sub(number + 1);
        if let Some(entry) = self.0.get_mut(number) {
            (entry.text, entry.inside) = (text, inside);
        }
    }

    /// The number that the value added next has.
    pub(super) const fn next(&self) -> usize {
        self.0.len()
    }

    /// The key of a value.
    pub(super) fn key(&self, number: usize) -> &str {
        self.0.get(number).map_or("", |entry| entry.key.as_ref())
    }

    /// The value that is the whole body.
    #[must_use]
    pub fn body(&self) -> Option<Node<'_>> {
        Nodes(&self.0).next()
    }
}

impl<'a> Node<'a> {
    /// Its text, as it stands in the body.
    #[must_use]
    pub const fn text(&self) -> &'a str {
        self.entry.text
    }

    /// The values of a list or an object, in the order in which they stand.
    pub(super) const fn nodes(&self) -> Nodes<'a> {
        Nodes(self.inside)
    }

    /// The value under a name.
    pub(super) fn field(&self, name: &str) -> Option<Self> {
        self.nodes().find(|node| node.entry.key == name)
    }
}

/// Values that stand beside one another.
#[derive(Debug, Clone)]
pub(super) struct Nodes<'a>(&'a [Entry<'a>]);

impl<'a> Iterator for Nodes<'a> {
    type Item = Node<'a>;

    fn next(&mut self) -> Option<Node<'a>> {
        let (entry, after) = self.0.split_first()?;
        let (inside, rest) = after.split_at_checked(entry.inside)?;
        self.0 = rest;
        Some(Node { entry, inside })
    }
}
