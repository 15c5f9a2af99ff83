//! Topsellers and recommendations: ordered lists of products, from files that have no standard.
//!
//! Read are tables with a header, CSV or TSV, plain or gzip, in four shapes told by the names of their columns:
//!
//! | shape | columns |
//! |---|---|
//! | recommendations, one row a product | `product_id`, `recommendations` (divided by pipe, comma, semicolon or blank) |
//! | recommendations, one row a pair | `product_id`, `recommended_id`, `rank` or `score` |
//! | recommendations for customers | `userId`, `productSKU`, `rank` or `accuracy` |
//! | topsellers | `series`, `category`, `country` or `language`, `product_id`, `rank` or `units` |

use std::fmt;

use serde::Serialize;

use crate::id::{ProductId, SeriesId};
use crate::language::{Country, Language};

mod group;
mod reader;
mod row;
mod shape;
mod weight;

pub use group::MAX_KEPT;
pub use reader::RankingReader;

/// One list of a ranking file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RankingRow {
    /// What to recommend.
    Recommendation(RecommendationRow),
    /// What sells best.
    Topseller(TopsellerRow),
}

/// What fits a product or a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecommendationRow {
    /// For whom or what.
    pub for_: RecommendationKey,
    /// Best first, at most [`MAX_KEPT`], none twice. As the file writes them: ids of the feed, or SKUs.
    pub products: Vec<ProductId>,
}

/// For whom or what a recommendation is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RecommendationKey {
    /// For who bought this.
    Product(ProductId),
    /// For the customer of this number in the source system.
    Customer(String),
}

/// What sells best somewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TopsellerRow {
    /// Where.
    pub scope: TopsellerScope,
    /// Best first, at most [`MAX_KEPT`], none twice.
    pub products: Vec<ProductId>,
}

/// What a list of topsellers is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TopsellerScope {
    /// A series of the brand.
    Series(SeriesId),
    /// A category, as the file names it, cleaned.
    Category(String),
    /// A country.
    Country(Country),
    /// A language.
    Language(Language),
    /// The whole shop.
    All,
}

/// Shows products and hides customers.
impl fmt::Debug for RecommendationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Product(id) => write!(f, "Product({id})"),
            Self::Customer(_) => f.write_str("Customer(…)"),
        }
    }
}
