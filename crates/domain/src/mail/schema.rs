//! What a template may name: the fields of the mail's data and nothing else (data minimisation, article 5 (1) (c) GDPR).

/// What stands behind a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Text that is written.
    Text,
    /// An absolute `http` or `https` link, checked before it reaches the template.
    Link,
    /// A whole number or a truth value.
    Number,
    /// A list of one shape.
    List(&'static Shape),
    /// Named fields.
    Record(&'static [(&'static str, Shape)]),
}

use Shape::{Link, List, Number, Record, Text};

const BOUGHT: Shape = Record(&[("title", Text), ("quantity", Number), ("image", Link), ("link", Link)]);

const PRODUCT: Shape = Record(&[
    ("title", Text),
    ("image", Link),
    ("link", Link),
    ("price", Text),
    ("old_price", Text),
    ("saving_percent", Number),
]);

const ROW: Shape = List(&PRODUCT);

const SHOP: Shape = Record(&[
    ("name", Text),
    ("website", Link),
    ("privacy_url", Link),
    ("imprint", List(&Text)),
    ("postal", Text),
    ("legal_notice", Text),
]);

const COUPON: Shape = Record(&[("code", Text), ("valid_until", Text), ("benefit", Text), ("link", Link)]);

/// All data of a mail.
pub(super) const DATA: Shape = Record(&[
    ("language", Text),
    ("dir", Text),
    ("segment", Text),
    ("shop", SHOP),
    ("contact", Record(&[("first_name", Text)])),
    ("order", Record(&[("number", Text), ("date", Text)])),
    ("bought", List(&BOUGHT)),
    ("products", List(&PRODUCT)),
    ("product_rows", List(&ROW)),
    ("coupon", COUPON),
    ("urls", Record(&[("unsubscribe", Link), ("view_shop", Link)])),
]);

/// What `loop` tells inside a loop.
pub(super) const LOOP: Shape = Record(&[
    ("index", Number),
    ("index0", Number),
    ("revindex", Number),
    ("revindex0", Number),
    ("first", Number),
    ("last", Number),
    ("length", Number),
]);

/// The filters a template may use.
pub(super) const FILTERS: [&str; 15] = [
    "upper",
    "lower",
    "title",
    "trim",
    "length",
    "join",
    "default",
    "first",
    "last",
    "batch",
    "escape",
    "e",
    "replace",
    "round",
    "urlencode",
];

/// The tests a template may use after `is`.
pub(super) const TESTS: [&str; 6] = ["defined", "undefined", "none", "odd", "even", "divisibleby"];

impl Shape {
    /// The shape of a field, if there is one of that name.
    pub(super) fn field(self, name: &str) -> Option<Self> {
        match self {
            Record(fields) => fields.iter().find(|(known, _)| *known == name).map(|(_, shape)| *shape),
            _ => None,
        }
    }

    /// The names of the fields, for a remedy.
    pub(super) fn field_names(self) -> String {
        match self {
            Record(fields) => fields.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", "),
            _ => String::new(),
        }
    }
}
