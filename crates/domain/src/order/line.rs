//! A line of an order: what was bought, how many pieces, at which price.

use serde::{Deserialize, Serialize};

use crate::id::{LineId, ProductId, SeriesId, Sku};
use crate::money::Money;

/// What a purchase consists of, one line a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The source's line id, or a number counted per receipt.
    pub id: LineId,
    /// The SKU, if the source tells one.
    pub sku: Option<Sku>,
    /// Product ids under which the feed may know it, most exact first (variant, product).
    pub product_ids: Vec<ProductId>,
    /// The name on the receipt, cleaned.
    pub title: String,
    /// Pieces bought.
    pub quantity: u32,
    /// Price of one piece.
    pub unit_price: Money,
    /// Minor units that all pieces cost beyond `quantity` times that: a till may tell a total that does not divide.
    #[serde(default, skip_serializing_if = "is_even")]
    pub odd_minor: i64,
    /// What the product feed added at receipt.
    pub details: LineDetails,
}

/// What the shop's feed knows of a bought product; the source of an order rarely tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineDetails {
    /// The feed's id of the product, when it was found there.
    pub product: Option<ProductId>,
    /// The series, by the brand's rules.
    pub series: Option<SeriesId>,
    /// The shop's own path, `A > B > C`.
    pub product_type: Vec<String>,
    /// Google's category.
    pub category: Option<String>,
    /// The picture.
    pub image: Option<String>,
    /// The page.
    pub link: Option<String>,
}

impl Line {
    /// What the source says of it, without what the feed added: all of it, so that no two lines rank alike.
    pub(super) fn told(&self) -> impl Ord + use<> {
        let Self { id: _, sku, product_ids, title, quantity, unit_price, odd_minor, details: _ } =
            self.clone();
        (quantity, unit_price.minor, odd_minor, title, sku, product_ids, unit_price.currency)
    }

    /// What so many of its pieces cost, if it fits. The odd minor units stay with the pieces that are kept, at most
    /// one with each.
    #[must_use]
    pub fn value(&self, pieces: u32) -> Option<Money> {
        let odd = self.odd_minor.clamp(-i64::from(pieces), i64::from(pieces));
        let even = self.unit_price.checked_mul(i64::from(pieces))?;
        even.checked_add(Money::new(odd, even.currency))
    }
}

/// A line whose pieces cost the same.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_even(odd_minor: &i64) -> bool {
    *odd_minor == 0
}
