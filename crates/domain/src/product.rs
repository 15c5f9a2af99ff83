//! What the shop sells, as its feed tells it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{ProductId, Sku};
use crate::money::Money;

/// Whether a product can be had (Google Merchant attribute `availability`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    /// Can be bought and sent.
    InStock,
    /// Cannot be bought.
    OutOfStock,
    /// Not out yet, can be ordered.
    Preorder,
    /// Can be ordered, comes later.
    Backorder,
}

/// One row of the product feed of a shop and language.
///
/// Texts are cleaned (one line, no markup, no control characters); links are absolute `http` or `https`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// `g:id`, the join key, at most 50 characters by Google's rule.
    pub id: ProductId,
    /// The stock keeping unit when the feed has one of its own (`g:mpn` or a configured part of the id).
    pub sku: Option<Sku>,
    /// The group of variants that counts as one product.
    pub group: Option<String>,
    /// The name, in the feed's language.
    pub title: String,
    /// The product's page.
    pub link: Option<String>,
    /// The product's picture.
    pub image: Option<String>,
    /// The regular price.
    pub price: Option<Money>,
    /// The reduced price with its window, if any.
    pub sale: Option<Sale>,
    /// The lowest price of the last 30 days, if the feed states one (`custom_label_4` or a configured column).
    pub lowest_30_days: Option<Money>,
    /// Whether it can be had.
    pub availability: Availability,
    /// The shop's own path, `A > B > C`, parts trimmed.
    pub product_type: Vec<String>,
    /// Google's path or number.
    pub category: Option<String>,
    /// The brand on the product.
    pub brand: Option<String>,
    /// `custom_label_0` to `custom_label_4`; empty text where the feed has none.
    pub labels: [String; 5],
}

/// A reduced price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sale {
    /// The reduced price.
    pub price: Money,
    /// From when, if limited.
    pub from: Option<Timestamp>,
    /// Until when, if limited.
    pub until: Option<Timestamp>,
}

impl Product {
    /// What it costs at a moment: the sale price inside its window when it is lower, else the regular price.
    #[must_use]
    pub fn price_at(&self, now: Timestamp) -> Option<Money> {
        self.sale_at(now).or(self.price)
    }

    /// The old price to strike through at a moment.
    ///
    /// Only the lowest price of the last 30 days may stand there (§ 11 PAngV, Directive 98/6/EC article 6a); a feed
    /// that does not state it gives none.
    #[must_use]
    pub fn struck_price_at(&self, now: Timestamp) -> Option<Money> {
        let current = self.sale_at(now)?;
        let lowest = self.lowest_30_days?;
        (lowest.currency == current.currency && lowest.minor > current.minor).then_some(lowest)
    }

    /// Whether it can be shown with a price, a picture and a page, and bought now.
    #[must_use]
    pub fn is_presentable(&self) -> bool {
        let buyable = matches!(self.availability, Availability::InStock | Availability::Preorder);
        buyable
            && self.price.is_some()
            && self.image.is_some()
            && self.link.is_some()
            && !self.title.is_empty()
    }

    fn sale_at(&self, now: Timestamp) -> Option<Money> {
        let (sale, regular) = (self.sale.as_ref()?, self.price?);
        let open = sale.from.is_none_or(|from| from <= now) && sale.until.is_none_or(|until| now <= until);
        let lower = sale.price.currency == regular.currency && sale.price.minor < regular.minor;
        (open && lower && sale.price.minor >= 0).then_some(sale.price)
    }
}
