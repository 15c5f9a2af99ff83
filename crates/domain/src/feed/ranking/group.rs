//! Rows gathered into lists, sorted files as a stream, others in bounded memory.

use std::collections::{HashMap, VecDeque};

use crate::feed::seen::SeenIds;
use crate::id::ProductId;

use super::weight::Weight;
use super::{RecommendationKey, TopsellerScope};

/// At most so many products are kept per list: several times what a mail shows, so that those which cannot be shown
/// are replaced.
pub const MAX_KEPT: usize = 50;

/// Bytes of lists in hand before the oldest are let go.
const MAX_HELD: usize = 16 << 20;
/// What a list and a product in it cost beside their text, allocator and table included (measured).
const LIST_COST: usize = 320;
const PRODUCT_COST: usize = 112;

/// Which list a row belongs to.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) enum ListKey {
    Recommendation(RecommendationKey),
    Topseller(TopsellerScope),
}

/// A row that came after its list was let go.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CameTooLate;

/// The lists of a file.
///
/// While all of them fit, the rows may come in any order. Beyond that the oldest lists are complete: right for a file
/// sorted by its first column, and rows that come too late in another file are told.
pub(super) struct Lists {
    open: HashMap<ListKey, Vec<(Weight, ProductId)>>,
    order: VecDeque<ListKey>,
    gone: SeenIds,
    held: usize,
    max_held: usize,
}

impl Lists {
    pub(super) fn new() -> Self {
        Self {
            open: HashMap::new(),
            order: VecDeque::new(),
            gone: SeenIds::new(),
            held: 0,
            max_held: MAX_HELD,
        }
    }

    /// Adds products to a list.
    pub(super) fn add(
        &mut self,
        key: ListKey,
        products: Vec<(Weight, ProductId)>,
    ) -> Result<(), CameTooLate> {
        if !self.open.contains_key(&key) {
            let text = key.text();
            if self.gone.contains(&text) {
                return Err(CameTooLate);
            }
            self.held += text.len() * 2 + LIST_COST;
            self.order.push_back(key.clone());
        }
        let list = self.open.entry(key).or_default();
        let before = cost(list);
        for (weight, product) in products {
            insert(list, weight, product);
        }
        self.held = (self.held + cost(list)).saturating_sub(before);
        Ok(())
    }

    /// A list that is complete, in the order in which they began: any one once the file has ended, the oldest one
    /// when too much is held.
    pub(super) fn take(&mut self, ended: bool) -> Option<(ListKey, Vec<ProductId>)> {
        let overfull = self.held > self.max_held && self.order.len() > 1;
        if !ended && !overfull {
            return None;
        }
        let key = self.order.pop_front()?;
        let list = self.open.remove(&key)?;
        let text = key.text();
        self.held = self.held.saturating_sub(text.len() * 2 + LIST_COST + cost(&list));
        self.gone.insert(&text);
        Some((key, list.into_iter().map(|(_, product)| product).collect()))
    }
}

fn cost(list: &[(Weight, ProductId)]) -> usize {
    list.iter().map(|(_, product)| product.as_str().len() + PRODUCT_COST).sum()
}

/// Keeps the list sorted, short and without doubles; of two places of a product the better one stays.
fn insert(list: &mut Vec<(Weight, ProductId)>, weight: Weight, product: ProductId) {
    if let Some(at) = list.iter().position(|(_, held)| *held == product) {
        if list.get(at).is_some_and(|(held, _)| *held <= weight) {
            return;
        }
        list.remove(at);
    }
    let at = list.partition_point(|(held, _)| *held <= weight);
    list.insert(at, (weight, product));
    list.truncate(MAX_KEPT);
}

impl ListKey {
    /// A text that no other key has.
    fn text(&self) -> String {
        match self {
            Self::Recommendation(RecommendationKey::Product(id)) => format!("product\0{id}"),
            Self::Recommendation(RecommendationKey::Customer(number)) => format!("customer\0{number}"),
            Self::Topseller(TopsellerScope::Series(series)) => format!("series\0{series}"),
            Self::Topseller(TopsellerScope::Category(category)) => format!("category\0{category}"),
            Self::Topseller(TopsellerScope::Country(country)) => format!("country\0{country}"),
            Self::Topseller(TopsellerScope::Language(language)) => format!("language\0{language}"),
            Self::Topseller(TopsellerScope::All) => "all".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;

    use proptest::prelude::*;

    use super::*;

    fn id(text: &str) -> ProductId {
        ProductId::parse(text).unwrap()
    }

    fn key(text: &str) -> ListKey {
        ListKey::Recommendation(RecommendationKey::Product(id(text)))
    }

    fn ranked(rank: i64, product: &str) -> (Weight, ProductId) {
        let weight = Weight { rank, score: Reverse(0), place: (0, 0) };
        (weight, id(product))
    }

    fn drain(lists: &mut Lists) -> Vec<String> {
        let mut all = Vec::new();
        while let Some((key, products)) = lists.take(true) {
            let products: Vec<&str> = products.iter().map(ProductId::as_str).collect();
            all.push(format!("{} {}", key.text().replace("product\0", ""), products.join(",")));
        }
        all
    }

    #[test]
    fn rows_in_any_order_make_sorted_lists_while_they_fit() {
        let mut lists = Lists::new();
        for (of, rank, product) in [("a", 2, "x"), ("b", 1, "y"), ("a", 1, "z"), ("a", 3, "z")] {
            lists.add(key(of), vec![ranked(rank, product)]).unwrap();
            assert!(lists.take(false).is_none());
        }
        assert_eq!(drain(&mut lists), ["a z,x", "b y"]);
    }

    #[test]
    fn of_a_thousand_recommendations_the_best_fifty_stay() {
        let mut list = Vec::new();
        for rank in (0..1_000).rev() {
            let (weight, product) = ranked(rank, &format!("p{rank}"));
            insert(&mut list, weight, product);
        }
        let ranks: Vec<i64> = list.iter().map(|(weight, _)| weight.rank).collect();
        assert_eq!(ranks, (0..50).collect::<Vec<_>>());
    }

    #[test]
    fn beyond_memory_the_oldest_list_goes_and_its_late_rows_are_told() {
        let mut lists = Lists::new();
        lists.max_held = 2_000;
        let mut gone = Vec::new();
        for number in 0..20 {
            lists.add(key(&format!("k{number:02}")), vec![ranked(1, "x")]).unwrap();
            while let Some((key, _)) = lists.take(false) {
                gone.push(key.text().replace("product\0", ""));
            }
            assert!(lists.held <= 2_000);
        }
        assert!(gone.len() > 10 && gone.is_sorted(), "{gone:?}");
        assert_eq!(lists.add(key("k00"), vec![ranked(1, "y")]), Err(CameTooLate));
        assert_eq!(lists.add(key("k19"), vec![ranked(2, "y")]), Ok(()));
        let rest = drain(&mut lists);
        assert_eq!((gone.len() + rest.len(), lists.held), (20, 0));
        assert_eq!(rest.last().map(String::as_str), Some("k19 x,y"));
    }

    proptest! {
        #[test]
        fn a_list_is_what_sorting_everything_would_give(rows in prop::collection::vec((0..9_i64, 0..30_u8), 0..80)) {
            let mut list = Vec::new();
            let mut all: Vec<(Weight, ProductId)> = Vec::new();
            for (at, (rank, product)) in rows.iter().enumerate() {
                let weight = Weight { rank: *rank, score: Reverse(0), place: (0, at) };
                let product = id(&format!("p{product}"));
                insert(&mut list, weight, product.clone());
                all.push((weight, product));
            }
            all.sort();
            let mut seen = std::collections::BTreeSet::new();
            all.retain(|(_, product)| seen.insert(product.clone()));
            prop_assert_eq!(list, all);
        }
    }
}
