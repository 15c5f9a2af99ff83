//! Products and the lists over them.

use std::future::Future;

use serde::Serialize;

use super::error::PortResult;
use crate::id::{ProductId, SeriesId, ShopId, Sku};
use crate::language::{Country, Language};
use crate::product::Product;

/// Which product list of a shop.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ListKey {
    /// The topsellers of a series.
    Series(SeriesId),
    /// The topsellers of a category of the feed.
    Category(String),
    /// The topsellers of a country's buyers.
    Country(Country),
    /// The topsellers of a language's readers.
    Language(Language),
    /// The topsellers of the whole shop.
    Shop,
    /// What fits the customer with a number of the source system.
    Customer(String),
    /// What goes with a product.
    Product(ProductId),
}

impl ListKey {
    /// The key as stored.
    #[must_use]
    pub fn as_text(&self) -> String {
        match self {
            Self::Series(series) => format!("series#{series}"),
            Self::Category(category) => format!("category#{category}"),
            Self::Country(country) => format!("country#{country}"),
            Self::Language(language) => format!("language#{language}"),
            Self::Shop => "shop".to_owned(),
            Self::Customer(number) => format!("customer#{number}"),
            Self::Product(product) => format!("product#{product}"),
        }
    }
}

/// What an import did to the stored products.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct FeedChange {
    /// New products.
    pub added: u64,
    /// Products that differ from what was stored.
    pub changed: u64,
    /// Products that the feed no longer has.
    pub removed: u64,
    /// Products that are as they were; they cost no write.
    pub unchanged: u64,
}

/// Products and the lists over them.
pub trait Products {
    /// The products with these ids, those that exist, in any order. MUST see only a feed that was published whole.
    fn products(
        &self,
        shop: &ShopId,
        language: Language,
        ids: &[ProductId],
    ) -> impl Future<Output = PortResult<Vec<Product>>> + Send;

    /// The product that an order line means: by id, else by SKU.
    fn product_of_line(
        &self,
        shop: &ShopId,
        language: Language,
        ids: &[ProductId],
        sku: Option<&Sku>,
    ) -> impl Future<Output = PortResult<Option<Product>>> + Send;

    /// A product list, best first; empty if there is none.
    fn list(&self, shop: &ShopId, key: &ListKey) -> impl Future<Output = PortResult<Vec<ProductId>>> + Send;

    /// How many lists of a kind are stored.
    fn list_count(&self, shop: &ShopId, kind: ListKind) -> impl Future<Output = PortResult<u64>> + Send;

    /// How many products the published feed holds.
    fn product_count(
        &self,
        shop: &ShopId,
        language: Language,
    ) -> impl Future<Output = PortResult<u64>> + Send;

    /// Adds products to the feed that is being imported under `import`. Nobody sees them.
    fn stage_products(
        &self,
        shop: &ShopId,
        language: Language,
        import: &str,
        products: &[Product],
    ) -> impl Future<Output = PortResult<()>> + Send;

    /// Makes an import what everybody sees, at once and whole; MUST write changed rows only.
    fn publish_staged(
        &self,
        shop: &ShopId,
        language: Language,
        import: &str,
    ) -> impl Future<Output = PortResult<FeedChange>> + Send;

    /// Forgets an import.
    fn discard_staged(&self, import: &str) -> impl Future<Output = PortResult<()>> + Send;

    /// Replaces all lists of a kind (`topsellers` or `recommendations`) of a shop, at once.
    fn replace_lists(
        &self,
        shop: &ShopId,
        kind: ListKind,
        lists: &[(ListKey, Vec<ProductId>)],
    ) -> impl Future<Output = PortResult<()>> + Send;
}

/// Which file a list comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ListKind {
    /// `topsellers.csv`
    Topsellers,
    /// `recommendations.csv`
    Recommendations,
}

impl ListKind {
    /// The kind as stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Topsellers => "topsellers",
            Self::Recommendations => "recommendations",
        }
    }
}
