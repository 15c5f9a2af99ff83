//! Which products a mail shows, and why not the others.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;

use crate::id::{ProductId, Sku};
use crate::mail::url::{AllowedHosts, Link};
use crate::product::{Availability, Product};

pub use super::drop_reason::DropReason;

/// Where a product of a mail comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Provenance {
    /// Recommended to this customer.
    RecommendedToCustomer,
    /// Recommended for what she bought.
    RecommendedForProduct,
    /// Topseller of the series she bought.
    SeriesTopseller,
    /// Topseller of the category she bought.
    CategoryTopseller,
    /// Topseller of the shop.
    ShopTopseller,
}

/// An ordered list to choose from.
#[derive(Debug, Clone, Copy)]
pub struct Candidates<'a> {
    /// Where the list comes from.
    pub provenance: Provenance,
    /// Best first.
    pub ids: &'a [ProductId],
}

/// What she owns already.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bought {
    /// Ids in the feed. Their item groups count as bought, too.
    pub ids: BTreeSet<ProductId>,
    /// SKUs, for lines that the feed does not know by id.
    pub skus: BTreeSet<Sku>,
    /// Item groups, for products that have left the feed.
    pub groups: BTreeSet<String>,
}

/// A block of products to be filled.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The lists in the order of preference: a later one only fills what the earlier ones leave open.
    pub lists: &'a [Candidates<'a>],
    /// Never shown.
    pub bought: &'a Bought,
    /// When the mail is made; decides about sale prices.
    pub now: Timestamp,
    /// Where pictures and pages may be.
    pub hosts: &'a AllowedHosts,
    /// How many products the block holds.
    pub count: usize,
    /// With fewer the block is left out. At least one, whatever is set.
    pub minimum: usize,
}

/// Whether the block stands in the mail. The mail itself goes out either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// It stands there.
    Shown,
    /// It is left out: fewer products than the minimum.
    DroppedTooFew,
}

/// What was chosen and what was not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Selection {
    /// The products to show, in the order of their lists; empty when the block is dropped.
    pub chosen: Vec<(ProductId, Provenance)>,
    /// The candidates that were looked at and not taken, in the same order.
    pub dropped: Vec<(ProductId, DropReason)>,
    /// Whether the block stands in the mail.
    pub block: Block,
}

/// Chooses products for a block. Each list's order is kept as it is, so that a mail shows its topsellers in the
/// website's order; a list is only left when it is used up.
pub fn select<'p>(wanted: &Wanted<'_>, lookup: impl Fn(&ProductId) -> Option<&'p Product>) -> Selection {
    let mut choice = Choice::new(wanted, &lookup);
    let candidates = wanted.lists.iter().flat_map(|list| list.ids.iter().map(|id| (id, list.provenance)));
    for (id, provenance) in candidates {
        if choice.chosen.len() >= wanted.count {
            break;
        }
        match lookup(id).ok_or(DropReason::Unknown).and_then(|product| choice.judge(product)) {
            Ok(product) => choice.chosen.push((product, provenance)),
            Err(reason) => choice.dropped.push((id.clone(), reason)),
        }
    }
    choice.close()
}

struct Choice<'a, 'p> {
    wanted: &'a Wanted<'a>,
    /// As the shop or the feed calls them: a lookup may know a product by its SKU, too.
    bought_ids: BTreeSet<&'a ProductId>,
    bought_groups: BTreeSet<&'a str>,
    chosen: Vec<(&'p Product, Provenance)>,
    dropped: Vec<(ProductId, DropReason)>,
}

impl<'a, 'p: 'a> Choice<'a, 'p> {
    fn new(wanted: &'a Wanted<'a>, lookup: &impl Fn(&ProductId) -> Option<&'p Product>) -> Self {
        let bought = wanted.bought;
        let found = || bought.ids.iter().filter_map(lookup);
        let groups = bought.groups.iter().map(String::as_str);
        Self {
            wanted,
            bought_ids: bought.ids.iter().chain(found().map(|product| &product.id)).collect(),
            bought_groups: groups.chain(found().filter_map(|product| product.group.as_deref())).collect(),
            chosen: Vec::new(),
            dropped: Vec::new(),
        }
    }

    fn judge(&self, product: &'p Product) -> Result<&'p Product, DropReason> {
        match self.owned(product).or_else(|| self.shown(product)).or_else(|| self.lacks(product)) {
            Some(reason) => Err(reason),
            None => Ok(product),
        }
    }

    fn owned(&self, product: &Product) -> Option<DropReason> {
        let skus = &self.wanted.bought.skus;
        let same_sku = product.sku.as_ref().is_some_and(|sku| skus.contains(sku));
        if same_sku || self.bought_ids.contains(&product.id) {
            return Some(DropReason::AlreadyBought);
        }
        let group = product.group.as_deref()?;
        self.bought_groups.contains(group).then_some(DropReason::VariantBought)
    }

    fn shown(&self, product: &Product) -> Option<DropReason> {
        if self.chosen.iter().any(|(chosen, _)| chosen.id == product.id) {
            return Some(DropReason::AlreadyChosen);
        }
        let group = product.group.as_ref()?;
        let same_group = |chosen: &Product| chosen.group.as_ref() == Some(group);
        let variant = self.chosen.iter().any(|(chosen, _)| same_group(chosen));
        variant.then_some(DropReason::VariantChosen)
    }

    fn lacks(&self, product: &Product) -> Option<DropReason> {
        let buyable = matches!(product.availability, Availability::InStock | Availability::Preorder);
        let priced = product.price_at(self.wanted.now).is_some_and(|price| price.minor > 0);
        let has = [
            (buyable, DropReason::OutOfStock),
            (!product.title.is_empty(), DropReason::NoTitle),
            (product.image.is_some(), DropReason::NoPicture),
            (priced, DropReason::NoPrice),
            (product.link.is_some(), DropReason::NoLink),
            (self.is_at_home(product), DropReason::ForeignHost),
        ];
        has.into_iter().find(|(has, _)| !has).map(|(_, reason)| reason)
    }

    fn is_at_home(&self, product: &Product) -> bool {
        let links = product.image.iter().chain(&product.link);
        links.into_iter().all(|link| Link::parse(link, self.wanted.hosts).is_ok())
    }

    fn close(self) -> Selection {
        let ids = self.chosen.into_iter().map(|(product, from)| (product.id.clone(), from));
        let chosen: Vec<(ProductId, Provenance)> = ids.collect();
        let mut dropped = self.dropped;
        if chosen.len() >= self.wanted.minimum.max(1) {
            let block = Block::Shown;
            return Selection { chosen, dropped, block };
        }
        dropped.extend(chosen.into_iter().map(|(id, _)| (id, DropReason::TooFewOthers)));
        Selection { chosen: Vec::new(), dropped, block: Block::DroppedTooFew }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::fixtures::product;
    use crate::money::{Currency, Money};

    type Shop = BTreeMap<ProductId, Product>;

    fn hosts() -> AllowedHosts {
        AllowedHosts::parse(["example.com"]).unwrap()
    }

    fn id(text: &str) -> ProductId {
        ProductId::parse(text).unwrap()
    }

    fn ids(text: &str) -> Vec<ProductId> {
        text.split_whitespace().map(id).collect()
    }

    fn ring(name: &str) -> Product {
        Product {
            sku: Some(Sku::parse(&format!("LUN-{name}")).unwrap()),
            title: format!("Ring {name}"),
            link: Some(format!("https://shop.example.com/{name}")),
            image: Some(format!("https://img.example.com/{name}.jpg")),
            price: Some(Money::new(9_900, Currency::EUR)),
            ..product(name)
        }
    }

    fn shop(names: &str) -> Shop {
        names.split_whitespace().map(|name| (id(name), ring(name))).collect()
    }

    fn run(
        shop: &Shop,
        lists: &[(Provenance, &str)],
        bought: &Bought,
        count: usize,
        minimum: usize,
    ) -> Selection {
        let lists: Vec<(Provenance, Vec<ProductId>)> =
            lists.iter().map(|(from, text)| (*from, ids(text))).collect();
        let lists: Vec<Candidates<'_>> =
            lists.iter().map(|(provenance, ids)| Candidates { provenance: *provenance, ids }).collect();
        let wanted =
            Wanted { lists: &lists, bought, now: Timestamp::UNIX_EPOCH, hosts: &hosts(), count, minimum };
        select(&wanted, |id| shop.get(id))
    }

    fn shown(selection: &Selection) -> String {
        let ids: Vec<&str> = selection.chosen.iter().map(|(id, _)| id.as_str()).collect();
        ids.join(" ")
    }

    fn reason_for(product: Product) -> DropReason {
        let name = product.id.as_str().to_owned();
        let shop = Shop::from([(product.id.clone(), product)]);
        let selection = run(&shop, &[(Provenance::ShopTopseller, &name)], &Bought::default(), 1, 0);
        assert!(selection.chosen.is_empty());
        selection.dropped[0].1
    }

    #[test]
    fn topsellers_stand_in_the_websites_order() {
        let shop = shop("a b c d e");
        let selection = run(&shop, &[(Provenance::SeriesTopseller, "d b e a c")], &Bought::default(), 4, 1);
        assert_eq!(shown(&selection), "d b e a");
        assert_eq!(selection.block, Block::Shown);
    }

    #[test]
    fn open_places_fill_with_series_then_shop_topsellers() {
        let lists = [
            (Provenance::RecommendedForProduct, "a"),
            (Provenance::SeriesTopseller, "b a"),
            (Provenance::ShopTopseller, "c d"),
        ];
        let selection = run(&shop("a b c d"), &lists, &Bought::default(), 3, 1);
        assert_eq!(
            selection.chosen,
            [
                (id("a"), Provenance::RecommendedForProduct),
                (id("b"), Provenance::SeriesTopseller),
                (id("c"), Provenance::ShopTopseller),
            ]
        );
        assert_eq!(selection.dropped, [(id("a"), DropReason::AlreadyChosen)]);
    }

    #[test]
    fn nothing_that_cannot_be_shown_or_bought_is_chosen() {
        let without = |change: fn(&mut Product)| {
            let mut product = ring("a");
            change(&mut product);
            reason_for(product)
        };
        assert_eq!(without(|ring| ring.availability = Availability::OutOfStock), DropReason::OutOfStock);
        assert_eq!(without(|ring| ring.availability = Availability::Backorder), DropReason::OutOfStock);
        assert_eq!(without(|ring| ring.title.clear()), DropReason::NoTitle);
        assert_eq!(without(|ring| ring.image = None), DropReason::NoPicture);
        assert_eq!(without(|ring| ring.price = None), DropReason::NoPrice);
        assert_eq!(without(|ring| ring.price = Some(Money::new(0, Currency::EUR))), DropReason::NoPrice);
        assert_eq!(without(|ring| ring.link = None), DropReason::NoLink);
        let empty = run(&Shop::new(), &[(Provenance::ShopTopseller, "a")], &Bought::default(), 1, 1);
        assert_eq!(empty.dropped, [(id("a"), DropReason::Unknown)]);
    }

    #[test]
    fn what_was_bought_is_not_shown_by_id_by_sku_or_by_variant() {
        let mut shop = shop("a b c d e");
        for variant in ["c", "d"] {
            shop.get_mut(&id(variant)).unwrap().group = Some("luna".to_owned());
        }
        shop.get_mut(&id("e")).unwrap().group = Some("gone".to_owned());
        let bought = Bought {
            ids: ids("a c").into_iter().collect(),
            skus: [Sku::parse("LUN-b").unwrap()].into(),
            groups: ["gone".to_owned()].into(),
        };
        let selection = run(&shop, &[(Provenance::ShopTopseller, "a b d e")], &bought, 4, 1);
        assert_eq!(
            selection.dropped,
            [
                (id("a"), DropReason::AlreadyBought),
                (id("b"), DropReason::AlreadyBought),
                (id("d"), DropReason::VariantBought),
                (id("e"), DropReason::VariantBought),
            ]
        );
    }

    #[test]
    fn a_product_that_the_order_and_the_feed_call_differently_is_still_bought() {
        let bought = Bought { ids: ids("variant-a").into_iter().collect(), ..Bought::default() };
        let (product, list) = (ring("a"), ids("a other-name-of-a"));
        let lists = [Candidates { provenance: Provenance::ShopTopseller, ids: &list }];
        let wanted = Wanted {
            lists: &lists,
            bought: &bought,
            now: Timestamp::UNIX_EPOCH,
            hosts: &hosts(),
            count: 2,
            minimum: 1,
        };
        let selection = select(&wanted, |_| Some(&product));
        assert_eq!(
            selection.dropped.iter().map(|(_, reason)| *reason).collect::<Vec<_>>(),
            [DropReason::AlreadyBought; 2]
        );
    }

    #[test]
    fn too_few_products_drop_the_block_and_nothing_is_half_shown() {
        let selection = run(&shop("a b"), &[(Provenance::ShopTopseller, "a x b")], &Bought::default(), 4, 3);
        assert_eq!((selection.block, shown(&selection).as_str()), (Block::DroppedTooFew, ""));
        assert_eq!(
            selection.dropped,
            [
                (id("x"), DropReason::Unknown),
                (id("a"), DropReason::TooFewOthers),
                (id("b"), DropReason::TooFewOthers),
            ]
        );
        let none = run(&Shop::new(), &[], &Bought::default(), 4, 0);
        assert_eq!(none.block, Block::DroppedTooFew);
    }

    /// A shop of up to 20 products with gaps and few groups, lists with repeats and unknown ids, and purchases.
    fn anything() -> impl Strategy<Value = (Shop, Vec<Vec<ProductId>>, Bought, usize, usize)> {
        let name = || (0..24_u8).prop_map(|number| id(&format!("p{number}")));
        let product = (name(), prop::option::of("g[0-4]"), 0..8_u8).prop_map(|(id, group, flaw)| {
            let mut product = Product { group, ..ring(id.as_str()) };
            match flaw {
                0 => product.image = None,
                1 => product.availability = Availability::OutOfStock,
                _ => {}
            }
            (id, product)
        });
        let shop =
            prop::collection::vec(product, 0..20).prop_map(|products| products.into_iter().collect::<Shop>());
        let lists = prop::collection::vec(prop::collection::vec(name(), 0..10), 0..4);
        let bought = (
            prop::collection::btree_set(name(), 0..4),
            prop::collection::btree_set(name(), 0..3),
            prop::collection::btree_set("g[0-4]", 0..2),
        )
            .prop_map(|(ids, skus, groups)| Bought {
                ids,
                skus: skus.iter().map(|id| Sku::parse(&format!("LUN-{id}")).unwrap()).collect(),
                groups,
            });
        (shop, lists, bought, 0..6_usize, 0..6_usize)
    }

    proptest! {
        #[test]
        fn every_choice_keeps_its_promises((shop, lists, bought, count, minimum) in anything()) {
            let candidates: Vec<Candidates<'_>> = lists
                .iter()
                .map(|ids| Candidates { provenance: Provenance::ShopTopseller, ids })
                .collect();
            let wanted = Wanted { lists: &candidates, bought: &bought, now: Timestamp::UNIX_EPOCH, hosts: &hosts(), count, minimum };
            let selection = select(&wanted, |id| shop.get(id));
            let chosen: Vec<&Product> = selection.chosen.iter().map(|(id, _)| &shop[id]).collect();

            prop_assert!(chosen.len() <= count, "count respected");
            prop_assert!(chosen.iter().all(|product| product.is_presentable()), "only what can be shown");

            let bought_groups: BTreeSet<&String> =
                bought.ids.iter().filter_map(|id| shop.get(id)?.group.as_ref()).chain(&bought.groups).collect();
            for product in &chosen {
                prop_assert!(!bought.ids.contains(&product.id), "never bought by id");
                prop_assert!(!bought.skus.contains(product.sku.as_ref().unwrap()), "never bought by SKU");
                prop_assert!(product.group.as_ref().is_none_or(|group| !bought_groups.contains(group)), "nor a variant");
            }

            let ids: BTreeSet<&ProductId> = chosen.iter().map(|product| &product.id).collect();
            prop_assert_eq!(ids.len(), chosen.len(), "nothing twice");
            let groups: Vec<&String> = chosen.iter().filter_map(|product| product.group.as_ref()).collect();
            prop_assert_eq!(groups.iter().collect::<BTreeSet<_>>().len(), groups.len(), "never two of a group");

            let mut source = lists.iter().flatten();
            prop_assert!(chosen.iter().all(|product| source.any(|id| *id == product.id)), "order preserved");

            let enough = !chosen.is_empty() && chosen.len() >= minimum;
            prop_assert_eq!(selection.block == Block::Shown, enough, "shown with enough, else dropped and empty");
            prop_assert!(enough || chosen.is_empty());
        }
    }
}
