//! The online purchases of the week, and what became of each.

use jiff::Timestamp;

use super::basket::{Item, basket};
use super::moment::on_day;
use super::people::Person;
use crate::sample::language::Lang;
use crate::sample::random::Chance;
use crate::sample::shop::{SHOPS, Shop};

/// Purchases on one day.
const PER_DAY: u32 = 40;
/// Days of November 2026 on which is bought.
const DAYS: std::ops::RangeInclusive<u32> = 2..=6;
/// The shops open at seven in the morning (UTC) for thirteen hours.
const OPENS: u64 = 7 * 3_600;
const OPEN: u64 = 13 * 3_600 - 60;

/// What becomes of a purchase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is paid, sent and kept.
    Kept,
    /// It is paid hours later, by bank transfer.
    PaidLater,
    /// It is never paid.
    Unpaid,
    /// It is cancelled, and the cancellation arrives before the order.
    CancelledBeforeItArrives,
    /// It is cancelled hours later.
    Cancelled,
    /// Everything is given back.
    Returned,
    /// One piece is given back.
    PartlyReturned,
    /// An older state of it arrives after a newer one.
    OvertakenUpdate,
    /// It is a test of the shop's staff.
    Test,
}

/// One online purchase.
#[derive(Debug, Clone)]
pub struct Purchase {
    /// Where.
    pub shop: &'static Shop,
    /// Its number within the starter content.
    pub number: u32,
    /// Who bought.
    pub buyer: Person,
    /// Whether she has no account.
    pub is_guest: bool,
    /// Whether she agreed to mails at the checkout.
    pub agreed: bool,
    /// What she bought.
    pub items: Vec<Item>,
    /// When.
    pub placed_at: Timestamp,
    /// The code she used; empty for none.
    pub code: &'static str,
    /// What became of it.
    pub fate: Fate,
}

/// All purchases, in order of their numbers.
#[must_use]
pub fn purchases() -> Vec<Purchase> {
    DAYS.zip(0_u32..)
        .flat_map(|(day, past)| {
            (0..PER_DAY).filter_map(move |turn| purchase(day, past * PER_DAY + turn, turn))
        })
        .collect()
}

/// The purchase with a number; `None` only if there were no shops.
fn purchase(day: u32, number: u32, turn: u32) -> Option<Purchase> {
    let mut chance = Chance::of(&["purchase", &number.to_string()]);
    let seconds = OPENS + chance.below(OPEN);
    let (shop, buyer) = shop_and_buyer(number, turn)?;
    let (fate, mut items) = (fate(turn), basket(&mut chance, shop, buyer.lang));
    if let (Fate::PartlyReturned, Some(first)) = (fate, items.first_mut()) {
        first.quantity = 2;
    }
    Some(Purchase {
        items,
        is_guest: matches!(turn, 12 | 22 | 37) || buyer.email.is_empty(),
        agreed: !buyer.email.is_empty() && chance.percent(55),
        placed_at: on_day(day, seconds),
        code: if chance.percent(6) { "LUNA10" } else { "" },
        fate,
        shop,
        number,
        buyer,
    })
}

/// Most purchases are kept; each other fate befalls one or two purchases a day.
const fn fate(turn: u32) -> Fate {
    match turn {
        0 => Fate::CancelledBeforeItArrives,
        5 => Fate::Cancelled,
        10 => Fate::Returned,
        15 => Fate::PartlyReturned,
        20 => Fate::OvertakenUpdate,
        25 => Fate::Test,
        30 => Fate::Unpaid,
        8 | 35 => Fate::PaidLater,
        _ => Fate::Kept,
    }
}

/// Who bought where: twice a day somebody comes back, once a day somebody has a hostile name, once a day the order
/// has no address, once a day the address is typed with capitals.
fn shop_and_buyer(number: u32, turn: u32) -> Option<(&'static Shop, Person)> {
    let comes_back = matches!(turn, 17 | 38);
    let (shop, person) = owner(if comes_back { number - 3 } else { number })?;
    let person = match turn {
        33 => person.hostile(),
        38 => person.with_capitals(),
        39 => person.without_email(),
        _ => person,
    };
    Some((shop, person))
}

/// The shop and the person that belong to a number.
pub(super) fn owner(number: u32) -> Option<(&'static Shop, Person)> {
    let mut chance = Chance::of(&["buyer", &number.to_string()]);
    let shop = shop(&mut chance)?;
    let languages: Vec<Lang> = shop.languages().collect();
    let lang = chance.pick(&languages).copied()?;
    Some((shop, Person::of(u64::from(number) + 1, lang)))
}

/// Three of ten buy in Germany.
fn shop(chance: &mut Chance) -> Option<&'static Shop> {
    if chance.percent(20) {
        return SHOPS.first();
    }
    chance.pick(&SHOPS)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    #[test]
    fn two_hundred_purchases_fall_on_all_seven_shops() {
        let mut by_shop: BTreeMap<&str, u32> = BTreeMap::new();
        for purchase in purchases() {
            *by_shop.entry(purchase.shop.id).or_default() += 1;
        }
        assert_eq!(by_shop.values().sum::<u32>(), 200);
        assert_eq!(by_shop.len(), 7);
        assert!(by_shop.values().all(|count| *count >= 12), "{by_shop:?}");
    }

    #[test]
    fn the_awkward_buyers_occur() {
        let all = purchases();
        let hostile = all.iter().filter(|purchase| purchase.buyer.first_name.contains(['<', '\r', '{', '=']));
        assert!(hostile.count() > 0);
        assert_eq!(all.iter().filter(|purchase| purchase.buyer.email.is_empty()).count(), 5);
        let people: BTreeSet<u64> = all.iter().map(|purchase| purchase.buyer.number).collect();
        assert_eq!(people.len(), 190);
        let swiss: BTreeSet<Lang> = all
            .iter()
            .filter(|purchase| purchase.shop.id == "ch")
            .map(|purchase| purchase.buyer.lang)
            .collect();
        assert_eq!(swiss, BTreeSet::from([Lang::De, Lang::Fr, Lang::It]));
    }
}
