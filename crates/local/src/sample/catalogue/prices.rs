//! What the pieces cost.

use nachklang_domain::money::{Currency, Money};

use super::{Design, Kind, Metal, SampleProduct};
use crate::sample::random::Chance;

/// What gold plating adds, in percent.
const GOLD_SURCHARGE: i64 = 30;
/// What a stone adds, in euro cents.
const STONE_SURCHARGE: i64 = 1_000;

impl SampleProduct {
    /// The regular price in a currency.
    #[must_use]
    pub fn price(&self, currency: Currency) -> Money {
        let percent = match currency {
            Currency::CHF => 118,
            Currency::GBP => 87,
            _ => 100,
        };
        shop_price(self.euro_cents() * percent / 100, currency)
    }

    /// The regular price less so many percent.
    #[must_use]
    pub fn reduced(&self, currency: Currency, percent: i64) -> Money {
        shop_price(self.price(currency).minor * (100 - percent) / 100, currency)
    }

    fn euro_cents(&self) -> i64 {
        if let Design::Accessory(accessory) = self.design {
            return accessory.cents;
        }
        let design = match self.design {
            Design::Letter(_) => "any letter".to_owned(),
            _ => self.family(),
        };
        let mut chance = Chance::of(&["price", &design]);
        let base = chance.pick(levels(self.kind)).copied().unwrap_or(4_900);
        let stone = self.design.stone().map_or(0, |_| STONE_SURCHARGE);
        let plating = if self.metal == Metal::Gold { GOLD_SURCHARGE } else { 0 };
        (base + stone) * (100 + plating) / 100
    }
}

/// Usual prices of a kind in silver, in euro cents.
const fn levels(kind: Kind) -> &'static [i64] {
    match kind {
        Kind::Charm => &[2_900, 3_490, 3_900, 4_490, 4_900, 5_900],
        Kind::Bead => &[1_990, 2_490, 2_900, 3_490],
        Kind::Ring | Kind::Bracelet => &[4_900, 5_900, 6_990, 7_900, 9_800],
        Kind::Necklace => &[5_900, 6_990, 8_900, 11_900],
        Kind::Earrings | Kind::Accessory => &[3_900, 4_990, 5_900, 7_900],
    }
}

/// The amount as shops write it: whole, or ending in .90.
const fn shop_price(minor: i64, currency: Currency) -> Money {
    let cents = if minor % 100 < 45 { 0 } else { 90 };
    Money::new(minor - minor % 100 + cents, currency)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::catalogue::catalogue;

    #[test]
    fn every_price_ends_as_shops_write_it_and_each_currency_has_its_own() {
        for product in catalogue() {
            let [eur, chf, gbp] =
                [Currency::EUR, Currency::CHF, Currency::GBP].map(|currency| product.price(currency).minor);
            assert!([eur, chf, gbp].iter().all(|minor| [0, 90].contains(&(minor % 100))));
            assert!(gbp < eur && eur < chf && gbp > 500, "{}: {gbp} {eur} {chf}", product.sku);
        }
    }
}
