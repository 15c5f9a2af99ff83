//! What is bought together.

use nachklang_domain::money::Money;

use crate::sample::catalogue::{SampleProduct, catalogue};
use crate::sample::language::Lang;
use crate::sample::random::Chance;
use crate::sample::shop::Shop;

/// One line of an order or a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The piece.
    pub product: &'static SampleProduct,
    /// Its title as the buyer saw it.
    pub title: String,
    /// How many; negative for pieces given back.
    pub quantity: i64,
    /// What one cost.
    pub unit_price: Money,
}

/// How often a further piece is of the first one's series, in percent.
const LOYALTY: u64 = 70;

/// One to three lines, most of them of one series.
pub fn basket(chance: &mut Chance, shop: &Shop, lang: Lang) -> Vec<Item> {
    let favourite = series(chance);
    let lines = chance.pick(&[1_usize, 1, 1, 2, 2, 3]).copied().unwrap_or(1);
    let mut items: Vec<Item> = Vec::with_capacity(lines);
    while items.len() < lines {
        let stays = items.is_empty() || chance.percent(LOYALTY);
        let series = if stays { favourite } else { series(chance) };
        let choice: Vec<&SampleProduct> = catalogue()
            .iter()
            .filter(|product| product.kind.series() == series)
            .filter(|product| items.iter().all(|item| item.product.sku != product.sku))
            .collect();
        items.extend(chance.pick(&choice).map(|product| Item {
            product,
            title: product.title(lang),
            quantity: if chance.percent(12) { 2 } else { 1 },
            unit_price: product.price(shop.currency),
        }));
    }
    items
}

/// Charms are bought more often than anything else.
fn series(chance: &mut Chance) -> &'static str {
    match chance.below(100) {
        0..40 => "charm-club",
        40..70 => "karma-beads",
        _ => "collection",
    }
}

/// The sum of the lines.
#[must_use]
pub fn total(items: &[Item], shop: &Shop) -> Money {
    let minor = items.iter().map(|item| item.unit_price.minor * item.quantity).sum();
    Money::new(minor, shop.currency)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::shop::SHOPS;

    #[test]
    fn baskets_of_one_series_and_over_two_both_occur() {
        let mut chance = Chance::of(&["test"]);
        let mixed = (0..100)
            .map(|_| basket(&mut chance, &SHOPS[0], Lang::De))
            .filter(|items| {
                let first = items[0].product.kind.series();
                items.iter().any(|item| item.product.kind.series() != first)
            })
            .count();
        assert!((5..50).contains(&mixed), "{mixed}");
    }
}
