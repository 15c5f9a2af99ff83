//! What sells best in a shop, by series.

use std::cmp::Reverse;

use super::offer::Availability;
use crate::sample::catalogue::{SampleProduct, catalogue};
use crate::sample::file::{SampleFile, table};
use crate::sample::random::Chance;
use crate::sample::shop::Shop;

/// How many pieces a list names.
const LENGTH: usize = 20;
/// The lists.
const SERIES: [&str; 3] = ["charm-club", "karma-beads", "collection"];

/// The file `topsellers.csv` of a shop.
///
/// # Errors
/// When the table cannot be written.
pub fn file(shop: &Shop) -> anyhow::Result<SampleFile> {
    let header = ["series", "rank", "product_id", "units"].map(str::to_owned);
    let rows = SERIES.iter().flat_map(|series| ranking(series, shop));
    let content = table(std::iter::once(header).chain(rows), b',')?;
    Ok(SampleFile::new(format!("feeds/{}/topsellers.csv", shop.id), content))
}

fn ranking(series: &str, shop: &Shop) -> Vec<[String; 4]> {
    let mut sold: Vec<(u64, &SampleProduct)> = catalogue()
        .iter()
        .filter(|product| product.kind.series() == series)
        .map(|product| (units(product, shop), product))
        .collect();
    sold.sort_by_key(|(units, product)| (Reverse(*units), product.sku.clone()));
    sold.into_iter()
        .take(LENGTH)
        .zip(1_u32..)
        .map(|((units, product), rank)| {
            [series.to_owned(), rank.to_string(), product.id(), units.to_string()]
        })
        .collect()
}

/// Pieces sold in 30 days: popular everywhere or not, a little different by shop; what is sold out sold best.
fn units(product: &SampleProduct, shop: &Shop) -> u64 {
    let everywhere = Chance::of(&["popular", &product.family()]).below(220);
    let here = Chance::of(&["popular", shop.id, &product.sku]).below(90);
    let sold_out = Availability::of(&product.sku, shop) == Availability::OutOfStock;
    everywhere + here + if sold_out { 40 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::shop::SHOPS;

    #[test]
    fn units_fall_with_the_rank_and_stay_in_the_series() {
        for series in SERIES {
            let rows = ranking(series, &SHOPS[0]);
            let units: Vec<u64> = rows.iter().map(|row| row[3].parse().unwrap()).collect();
            assert_eq!(rows.len(), LENGTH);
            assert!(units.is_sorted_by(|a, b| a >= b), "{units:?}");
        }
        let beads = ranking("karma-beads", &SHOPS[0]);
        assert!(beads.iter().all(|row| row[2].starts_with("LUN-KB-")));
    }

    #[test]
    fn something_that_sells_well_is_sold_out() {
        let lists = SHOPS.iter().flat_map(|shop| {
            let rows = SERIES.into_iter().flat_map(|series| ranking(series, shop));
            rows.map(|row| Availability::of(row[2].trim_start_matches("LUN-"), shop))
        });
        let sold_out = lists.filter(|stock| *stock == Availability::OutOfStock).count();
        assert!(sold_out > 5, "{sold_out}");
    }
}
