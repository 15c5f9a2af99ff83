//! What a shop says about a piece on one day: price, sale, stock, picture, page.

use nachklang_domain::money::Money;

use crate::sample::catalogue::{Metal, SampleProduct};
use crate::sample::language::Lang;
use crate::sample::random::Chance;
use crate::sample::shop::Shop;

/// One piece in one shop and language.
#[derive(Debug, Clone)]
pub struct Offer {
    /// The piece.
    pub product: &'static SampleProduct,
    /// The language of the texts.
    pub lang: Lang,
    /// The product page.
    pub link: String,
    /// The picture; empty where the shop has none.
    pub image: String,
    /// The regular price.
    pub price: Money,
    /// The reduced price, if any.
    pub sale: Option<Sale>,
    /// Whether it can be had.
    pub availability: Availability,
}

/// A reduced price.
#[derive(Debug, Clone)]
pub struct Sale {
    /// The reduced price.
    pub price: Money,
    /// Its window as two ISO 8601 moments; empty when it is not limited.
    pub window: &'static str,
    /// The lowest price of the last 30 days, where the shop states it.
    pub lowest: Option<Money>,
}

/// Whether a piece can be had, in the words of Google's attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Availability {
    /// Can be bought.
    InStock,
    /// Cannot be bought.
    OutOfStock,
    /// Not out yet.
    Preorder,
    /// Comes later.
    Backorder,
}

impl Availability {
    /// The word in a feed.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::InStock => "in_stock",
            Self::OutOfStock => "out_of_stock",
            Self::Preorder => "preorder",
            Self::Backorder => "backorder",
        }
    }

    /// The stock of a shop; it differs from shop to shop.
    #[must_use]
    pub fn of(sku: &str, shop: &Shop) -> Self {
        match Chance::of(&["stock", shop.id, sku]).below(100) {
            0..7 => Self::OutOfStock,
            7 => Self::Preorder,
            8 => Self::Backorder,
            _ => Self::InStock,
        }
    }
}

/// Sales run through the days of the sample orders and long after; one has ended.
const WINDOWS: [&str; 4] = [
    "",
    "",
    "2026-10-26T00:00+00:00/2027-12-31T22:59+00:00",
    "2026-09-01T00:00+00:00/2026-09-30T22:59+00:00",
];

impl Offer {
    /// The piece in a shop and language.
    #[must_use]
    pub fn of(product: &'static SampleProduct, shop: &Shop, lang: Lang) -> Self {
        Self {
            lang,
            link: link(product, shop, lang),
            image: image(product),
            price: product.price(shop.currency),
            sale: sale(product, shop),
            availability: Availability::of(&product.sku, shop),
            product,
        }
    }
}

/// Variants share the page; the query chooses the one in gold.
fn link(product: &SampleProduct, shop: &Shop, lang: Lang) -> String {
    let page = format!("https://{}.lunaria.example/{}/p/{}", shop.id, lang.code(), product.page(lang));
    match product.metal {
        Metal::Gold => format!("{page}?metal=gold&sku={}", product.sku),
        Metal::Silver => page,
    }
}

fn image(product: &SampleProduct) -> String {
    if Chance::of(&["no picture", &product.sku]).percent(2) {
        return String::new();
    }
    format!("https://media.lunaria.example/{}.png", product.sku)
}

/// One of nine pieces is on sale, the same ones everywhere; one of four sales states no lowest price.
fn sale(product: &SampleProduct, shop: &Shop) -> Option<Sale> {
    let mut chance = Chance::of(&["sale", &product.sku]);
    if chance.below(9) > 0 {
        return None;
    }
    let percent = chance.pick(&[20, 25, 30]).copied()?;
    let lowest = match chance.below(4) {
        0 => None,
        1 => Some(product.reduced(shop.currency, 5)),
        _ => Some(product.price(shop.currency)),
    };
    Some(Sale { price: product.reduced(shop.currency, percent), window: chance.word(&WINDOWS), lowest })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::catalogue::catalogue;
    use crate::sample::shop::SHOPS;

    fn offers() -> Vec<Offer> {
        catalogue().iter().map(|product| Offer::of(product, &SHOPS[0], Lang::De)).collect()
    }

    #[test]
    fn a_sale_is_lower_than_the_regular_and_the_lowest_price() {
        for offer in offers() {
            let Some(sale) = offer.sale else { continue };
            assert!(sale.price.minor < offer.price.minor, "{}", offer.product.sku);
            assert!(
                sale.lowest
                    .is_none_or(|lowest| sale.price.minor < lowest.minor && lowest.minor <= offer.price.minor)
            );
        }
    }

    #[test]
    fn every_awkward_case_occurs_but_seldom() {
        let all = offers();
        let seldom = |name: &str, test: &dyn Fn(&Offer) -> bool| {
            let hits = all.iter().filter(|offer| test(offer)).count();
            assert!((1..=40).contains(&hits), "{name}: {hits}");
        };
        seldom("no picture", &|offer| offer.image.is_empty());
        seldom("sold out", &|offer| offer.availability == Availability::OutOfStock);
        seldom("preorder", &|offer| offer.availability == Availability::Preorder);
        seldom("sale", &|offer| offer.sale.is_some());
        seldom("unknown lowest price", &|offer| {
            offer.sale.as_ref().is_some_and(|sale| sale.lowest.is_none())
        });
        seldom("ended sale", &|offer| {
            offer.sale.as_ref().is_some_and(|sale| sale.window.contains("2026-09-30"))
        });
    }
}
