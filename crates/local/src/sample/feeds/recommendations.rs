//! What goes with what: per piece about eight others.

use std::cmp::Reverse;
use std::sync::LazyLock;

use crate::sample::catalogue::{Kind, SampleProduct, catalogue};
use crate::sample::file::{SampleFile, table};
use crate::sample::random::{Chance, fingerprint};
use crate::sample::shop::Shop;

/// How many pieces are recommended for one.
const LENGTH: usize = 8;
/// The shop whose file has one row per piece, with the others in one column.
const LIST_SHOP: &str = "es";

/// The id of a piece, and what is recommended for it with scores in hundredths, best first.
type Recommended = (String, Vec<(String, u64)>);

/// The same in every shop, and worth computing once.
static RECOMMENDED: LazyLock<Vec<Recommended>> = LazyLock::new(|| {
    let all = catalogue();
    all.iter().map(|product| (product.id(), recommended(product, all))).collect()
});

/// The file `recommendations.csv` of a shop.
///
/// # Errors
/// When the table cannot be written.
pub fn file(shop: &Shop) -> anyhow::Result<SampleFile> {
    let content = if shop.id == LIST_SHOP { list_form(&RECOMMENDED) } else { long_form(&RECOMMENDED) }?;
    Ok(SampleFile::new(format!("feeds/{}/recommendations.csv", shop.id), content))
}

fn long_form(all: &[Recommended]) -> anyhow::Result<Vec<u8>> {
    let header = ["product_id", "recommended_id", "rank", "score"].map(str::to_owned);
    let rows = all.iter().flat_map(|(id, others)| {
        let ranked = others.iter().zip(1_u32..);
        ranked.map(|((other, score), rank)| {
            [id.clone(), other.clone(), rank.to_string(), format!("0.{score:02}")]
        })
    });
    table(std::iter::once(header).chain(rows), b',')
}

fn list_form(all: &[Recommended]) -> anyhow::Result<Vec<u8>> {
    let header = ["product_id", "recommendations"].map(str::to_owned);
    let rows = all.iter().map(|(id, others)| {
        let others: Vec<&str> = others.iter().map(|(other, _)| other.as_str()).collect();
        [id.clone(), others.join("|")]
    });
    table(std::iter::once(header).chain(rows), b',')
}

/// Ids with scores in hundredths, best first. One of twelve pieces names one that the shop has given up.
fn recommended(product: &SampleProduct, all: &[SampleProduct]) -> Vec<(String, u64)> {
    let mut ranked: Vec<(u64, &SampleProduct)> =
        all.iter().map(|other| (fit(product, other), other)).collect();
    ranked.sort_by_cached_key(|(fit, other)| (Reverse(*fit), fingerprint(&[&product.sku, &other.sku])));
    let mut families = vec![product.family()];
    let mut best: Vec<(String, u64)> = ranked
        .into_iter()
        .filter(|(_, other)| is_new(&mut families, other.family()))
        .take(LENGTH)
        .map(|(fit, other)| (other.id(), fit))
        .collect();
    if Chance::of(&["given up", &product.sku]).below(12) == 0
        && let Some(second) = best.get_mut(1)
    {
        second.0 = format!("LUN-{}-9{:02}", product.kind.prefix(), fingerprint(&[&product.sku]) % 100);
    }
    best
}

fn is_new(families: &mut Vec<String>, family: String) -> bool {
    let is_new = !families.contains(&family);
    families.push(family);
    is_new
}

/// How well two pieces go together, in hundredths below one.
fn fit(product: &SampleProduct, other: &SampleProduct) -> u64 {
    let (motif, stone) = (product.design.motif(), product.design.stone());
    let same_motif = motif.is_some() && motif == other.design.motif();
    let same_stone = stone.is_some() && stone == other.design.stone();
    let points = [
        (same_motif, 34),
        (same_stone, 22),
        (product.metal == other.metal, 14),
        (matches(product.kind, other.kind), 24),
    ];
    points.into_iter().filter(|(holds, _)| *holds).map(|(_, points)| points).sum()
}

/// Which kinds are worn with which.
const fn matches(kind: Kind, other: Kind) -> bool {
    matches!(
        (kind, other),
        (Kind::Charm, Kind::Charm | Kind::Bracelet)
            | (Kind::Bead, Kind::Bead | Kind::Bracelet)
            | (Kind::Ring | Kind::Necklace, Kind::Earrings | Kind::Necklace)
            | (Kind::Earrings, Kind::Necklace | Kind::Ring)
            | (Kind::Bracelet, Kind::Charm | Kind::Bead)
            | (Kind::Accessory, Kind::Accessory)
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_best_match_has_the_same_motif_and_no_variant_is_recommended() {
        let all = catalogue();
        let by_id: BTreeMap<String, &SampleProduct> =
            all.iter().map(|product| (product.id(), product)).collect();
        let ring = by_id["LUN-RG-001"];
        let (best, _) = &recommended(ring, all)[0];
        assert_eq!(by_id[best].design.motif(), ring.design.motif());
        for product in all {
            let others = recommended(product, all);
            assert_eq!(others.len(), LENGTH);
            let families: Vec<_> =
                others.iter().filter_map(|(id, _)| by_id.get(id)).map(|other| other.family()).collect();
            assert!(!families.contains(&product.family()), "{}", product.sku);
        }
    }

    #[test]
    fn a_few_recommendations_lead_to_nothing() {
        let all = catalogue();
        let known: Vec<String> = all.iter().map(SampleProduct::id).collect();
        let unknown =
            all.iter().flat_map(|product| recommended(product, all)).filter(|(id, _)| !known.contains(id));
        assert!((5..40).contains(&unknown.count()));
    }
}
