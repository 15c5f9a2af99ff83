//! Sheets, and where their parts lie.

use std::fmt;

use nachklang_domain::id::ShopId;
use nachklang_domain::language::Language;
use nachklang_domain::ports::ListKind;

use crate::store::body::Item;
use crate::store::item::key;

/// Begins the sort key of a hint; the product's id follows.
pub(super) const HINT: &str = "sku#";

/// Rows that are published together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Sheet {
    shop: ShopId,
    rows: Rows,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Rows {
    Products(Language),
    Lists(ListKind),
}

impl Sheet {
    /// The products of a shop and language.
    pub(super) fn products(shop: &ShopId, language: Language) -> Self {
        Self { shop: shop.clone(), rows: Rows::Products(language) }
    }

    /// The lists of a shop and kind.
    pub(super) fn lists(shop: &ShopId, kind: ListKind) -> Self {
        Self { shop: shop.clone(), rows: Rows::Lists(kind) }
    }

    /// Whether its rows are products, which have SKUs.
    pub(super) const fn has_skus(&self) -> bool {
        matches!(self.rows, Rows::Products(_))
    }

    /// Its folder below another one of the bucket.
    pub(super) fn folder(&self, above: &str) -> String {
        format!("{above}/{}/{}", self.shop, self.name())
    }

    /// The key of its pointer.
    pub(super) fn pointer(&self) -> Item {
        key(self.to_string(), "pointer")
    }

    /// The key of one of its rows.
    pub(super) fn row(&self, name: &str) -> Item {
        key(format!("{self}#{name}"), "row")
    }

    /// The partition of a SKU's hints.
    pub(super) fn hints(&self, sku: &str) -> String {
        format!("{self}#{sku}")
    }

    /// The key of the hint from a SKU to a product.
    pub(super) fn hint(&self, sku: &str, product: &str) -> Item {
        key(self.hints(sku), format!("{HINT}{product}"))
    }

    fn name(&self) -> &str {
        match &self.rows {
            Rows::Products(language) => language.as_str(),
            Rows::Lists(kind) => kind.as_str(),
        }
    }
}

/// No language is named like a kind of lists, so the text is unique.
impl fmt::Display for Sheet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.shop, self.name())
    }
}
