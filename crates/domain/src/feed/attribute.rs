//! The attributes of a product that are read, and one row of them as it stands in the file.

use super::config::{FeedConfig, FeedLimits};

/// An attribute of the Google Merchant format that is read.
///
/// Source: Google Merchant Center, "Product data specification".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attribute {
    Id,
    Title,
    Link,
    ImageLink,
    Price,
    SalePrice,
    SaleWindow,
    Availability,
    ItemGroupId,
    ProductType,
    Category,
    Brand,
    Mpn,
    Gtin,
    Label0,
    Label1,
    Label2,
    Label3,
    Label4,
    /// The configured SKU attribute, when it is none of the above.
    OwnSku,
    /// The configured lowest price, when it is none of the above.
    OwnLowest,
}

impl Attribute {
    /// The name for a message.
    pub(super) fn name(self) -> &'static str {
        let own = if self == Self::OwnSku { "the SKU's column" } else { "the lowest price's column" };
        NAMES.iter().find(|(_, known)| *known == self).map_or(own, |(name, _)| name)
    }
}

const COUNT: usize = Attribute::OwnLowest as usize + 1;

/// The labels in their order.
pub(super) const LABELS: [Attribute; 5] =
    [Attribute::Label0, Attribute::Label1, Attribute::Label2, Attribute::Label3, Attribute::Label4];

/// Which names mean which attribute in the feeds of a shop.
#[derive(Debug, Clone)]
pub(super) struct Schema {
    own_sku: Option<String>,
    own_lowest: Option<String>,
    /// Where the SKU stands.
    pub(super) sku: Attribute,
    /// Where the lowest price of the last 30 days stands, if the shop says so.
    pub(super) lowest: Option<Attribute>,
}

impl Schema {
    pub(super) fn new(config: &FeedConfig) -> Self {
        let sku = column_name(&config.sku);
        let lowest = config.lowest_price.as_deref().map(column_name);
        let own_lowest = |name: &str| known(name).unwrap_or(Attribute::OwnLowest);
        Self {
            sku: known(&sku).unwrap_or(Attribute::OwnSku),
            lowest: lowest.as_deref().map(own_lowest),
            own_sku: Some(sku).filter(|name| !name.is_empty() && known(name).is_none()),
            own_lowest: lowest.filter(|name| known(name).is_none()),
        }
    }

    /// The attribute of a name in snake case.
    pub(super) fn attribute(&self, name: &str) -> Option<Attribute> {
        let own = |column: &Option<String>, attribute| (column.as_deref() == Some(name)).then_some(attribute);
        known(name)
            .or_else(|| own(&self.own_sku, Attribute::OwnSku))
            .or_else(|| own(&self.own_lowest, Attribute::OwnLowest))
    }
}

/// A column's name in snake case: `g:image link` and `Image Link` are `image_link`.
pub(super) fn column_name(header: &str) -> String {
    let lower = header.trim().to_lowercase();
    let bare = lower.strip_prefix("g:").unwrap_or(&lower);
    bare.replace([' ', '-'], "_")
}

/// The names in Google's specification.
const NAMES: [(&str, Attribute); 19] = [
    ("id", Attribute::Id),
    ("title", Attribute::Title),
    ("link", Attribute::Link),
    ("image_link", Attribute::ImageLink),
    ("price", Attribute::Price),
    ("sale_price", Attribute::SalePrice),
    ("sale_price_effective_date", Attribute::SaleWindow),
    ("availability", Attribute::Availability),
    ("item_group_id", Attribute::ItemGroupId),
    ("product_type", Attribute::ProductType),
    ("google_product_category", Attribute::Category),
    ("brand", Attribute::Brand),
    ("mpn", Attribute::Mpn),
    ("gtin", Attribute::Gtin),
    ("custom_label_0", Attribute::Label0),
    ("custom_label_1", Attribute::Label1),
    ("custom_label_2", Attribute::Label2),
    ("custom_label_3", Attribute::Label3),
    ("custom_label_4", Attribute::Label4),
];

fn known(name: &str) -> Option<Attribute> {
    NAMES.iter().find(|(known, _)| *known == name).map(|(_, attribute)| *attribute)
}

/// How much a value's name says: `g:title` beats `title` in whatever order they come; of two alike the first stays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    #[default]
    None,
    /// `title`: the feed format's own, or a column.
    Plain,
    /// `g:title`.
    Google,
}

/// One product as the file words it. Reused from row to row, so that a row costs no memory of its own.
#[derive(Debug)]
pub(super) struct RawRow {
    /// The line it begins at.
    pub(super) line: u64,
    /// An attribute whose value is longer than the cap.
    pub(super) overlong: Option<Attribute>,
    /// Whether a value was no UTF-8 and was read as Windows-1252.
    pub(super) legacy_text: bool,
    values: [(Rank, String); COUNT],
    max: usize,
}

impl RawRow {
    pub(super) fn new(limits: FeedLimits) -> Self {
        Self { line: 0, overlong: None, legacy_text: false, values: Default::default(), max: limits.field }
    }

    /// Empties it for the row that begins at a line.
    pub(super) fn begin(&mut self, line: u64) {
        self.line = line;
        self.overlong = None;
        self.legacy_text = false;
        for (rank, value) in &mut self.values {
            *rank = Rank::None;
            value.clear();
        }
    }

    /// Takes a value unless it is blank, of a foreign name, or no better than the one that is there.
    pub(super) fn set(&mut self, attribute: Attribute, rank: Rank, value: &str) {
        let value = value.trim();
        let Some((held, text)) = self.values.get_mut(attribute as usize) else {
            return;
        };
        if value.is_empty() || *held >= rank {
            return;
        }
        if value.len() > self.max {
            self.overlong = Some(attribute);
            return;
        }
        *held = rank;
        text.clear();
        text.push_str(value);
    }

    /// The value, trimmed; empty when the row has none.
    pub(super) fn get(&self, attribute: Attribute) -> &str {
        self.values.get(attribute as usize).map_or("", |(_, text)| text.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_with_blanks_hyphens_capitals_or_prefix_mean_the_same() {
        let schema = Schema::new(&FeedConfig::default());
        for header in ["image_link", "image link", "Image Link", "g:image_link", " IMAGE-LINK "] {
            assert_eq!(schema.attribute(&column_name(header)), Some(Attribute::ImageLink), "{header}");
        }
        assert_eq!(schema.attribute("description"), None);
    }

    #[test]
    fn a_shop_may_name_columns_of_its_own() {
        let config = FeedConfig {
            sku: "Artikel Nr".to_owned(),
            lowest_price: Some("custom_label_2".to_owned()),
            ..FeedConfig::default()
        };
        let schema = Schema::new(&config);
        assert_eq!((schema.sku, schema.lowest), (Attribute::OwnSku, Some(Attribute::Label2)));
        assert_eq!(schema.attribute("artikel_nr"), Some(Attribute::OwnSku));
    }

    #[test]
    fn the_prefixed_value_wins_and_of_two_alike_the_first() {
        let mut row = RawRow::new(FeedLimits::default());
        row.begin(1);
        row.set(Attribute::Title, Rank::Plain, "plain");
        row.set(Attribute::Title, Rank::Google, " google ");
        row.set(Attribute::Title, Rank::Google, "second");
        row.set(Attribute::Title, Rank::Plain, "late");
        row.set(Attribute::Link, Rank::Google, " ");
        row.set(Attribute::Link, Rank::Plain, "kept");
        assert_eq!((row.get(Attribute::Title), row.get(Attribute::Link)), ("google", "kept"));
        row.begin(2);
        assert_eq!(row.get(Attribute::Title), "");
    }
}
