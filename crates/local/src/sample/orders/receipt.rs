//! What is bought and given back in the branches.

use jiff::Timestamp;

use super::basket::{Item, basket};
use super::moment::{later, on_day};
use super::people::Person;
use super::purchase::owner;
use crate::sample::language::Lang;
use crate::sample::random::Chance;
use crate::sample::shop::{SHOPS, Shop};

/// Receipts of one branch on one day.
pub const PER_DAY: u32 = 10;
/// The first number of a person who buys in a branch.
const FIRST_PERSON: u64 = 1_000;
/// The receipt of a day on which goods are given back, if any are.
const RETURN: u32 = 3;
/// The receipts of a day whose buyers leave no address.
const NAMELESS: [u32; 2] = [5, MEMBER_WITHOUT_EMAIL];
/// One of them may have a customer number all the same.
const MEMBER_WITHOUT_EMAIL: u32 = 8;
/// The receipt of a day whose buyer comes back on every other day.
const REGULAR: u32 = 1;
/// The receipt of a day whose buyer buys online too.
const ONLINE_BUYER: u32 = 9;

/// One receipt of a till.
#[derive(Debug, Clone)]
pub struct Receipt {
    /// Its number, unique within the shop.
    pub number: String,
    /// When it was printed.
    pub at: Timestamp,
    /// What was bought, or given back with negative quantities.
    pub items: Vec<Item>,
    /// The buyer, if she said who she is.
    pub buyer: Option<Person>,
    /// Her number at the branch, if she has one.
    pub customer: String,
    /// When she agreed to mails, if she did.
    pub consent_at: Option<Timestamp>,
    /// The receipt on which the goods were bought, if it was shown.
    pub original: String,
}

/// All receipts of a branch on a day of November 2026.
///
/// On days with an even number something is given back with its receipt, on the others without.
#[must_use]
pub fn receipts(shop: &Shop, day: u32) -> Vec<Receipt> {
    (0..PER_DAY)
        .map(|turn| match turn {
            RETURN => given_back(&bought(shop, day, 0), shop, day),
            _ => bought(shop, day, turn),
        })
        .collect()
}

fn bought(shop: &Shop, day: u32, turn: u32) -> Receipt {
    let number = number(shop, day, turn);
    let mut chance = Chance::of(&["receipt", &number]);
    let at = printed_at(day, turn, chance.below(2_400));
    let person = person(shop, day, turn);
    let buyer = (!NAMELESS.contains(&turn)).then(|| person.clone());
    let is_member = (buyer.is_some() || turn == MEMBER_WITHOUT_EMAIL) && chance.percent(60);
    Receipt {
        at,
        items: basket(&mut chance, shop, person.lang),
        customer: if is_member { customer_number(&person) } else { String::new() },
        consent_at: (buyer.is_some() && chance.percent(60)).then_some(at),
        buyer,
        original: String::new(),
        number,
    }
}

/// The first line of a receipt comes back in the afternoon.
fn given_back(sold: &Receipt, shop: &Shop, day: u32) -> Receipt {
    let items = sold.items.iter().take(1).map(|item| Item { quantity: -item.quantity, ..item.clone() });
    let with_receipt = day.is_multiple_of(2);
    Receipt {
        number: number(shop, day, RETURN),
        at: printed_at(day, RETURN, 60),
        items: items.collect(),
        consent_at: None,
        original: if with_receipt { sold.number.clone() } else { String::new() },
        ..sold.clone()
    }
}

fn number(shop: &Shop, day: u32, turn: u32) -> String {
    format!("{}1-11{day:02}-{:03}", shop.id.to_uppercase(), turn + 1)
}

/// Branches sell from nine in the morning (UTC); a receipt every 50 minutes.
fn printed_at(day: u32, turn: u32, seconds: u64) -> Timestamp {
    later(on_day(day, 9 * 3_600 + seconds), i64::from(turn) * 3_000)
}

fn customer_number(person: &Person) -> String {
    format!("K{}", 10_000 + person.number * 13)
}

/// The buyer of a receipt.
fn person(shop: &Shop, day: u32, turn: u32) -> Person {
    match turn {
        REGULAR => local_person(shop, 0),
        ONLINE_BUYER => online_buyer(shop, day).unwrap_or_else(|| local_person(shop, day * PER_DAY + turn)),
        _ => local_person(shop, day * PER_DAY + turn),
    }
}

/// Someone who buys in the branch alone; `place` counts the people of a shop.
fn local_person(shop: &Shop, place: u32) -> Person {
    let shops = SHOPS.iter().zip(0_u64..).find(|(other, _)| other.id == shop.id);
    let number = FIRST_PERSON + shops.map_or(0, |(_, at)| at) * 100 + u64::from(place);
    let languages: Vec<Lang> = shop.languages().collect();
    let lang = Chance::of(&["language", &number.to_string()]).pick(&languages).copied();
    Person::of(number, lang.unwrap_or(shop.language()))
}

/// Someone who buys in the online shop in the same week.
fn online_buyer(shop: &Shop, day: u32) -> Option<Person> {
    let buyers = (0..100).filter_map(owner).filter(|(at, _)| at.id == shop.id);
    buyers.map(|(_, person)| person).nth(usize::try_from(day).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_back_was_bought_on_the_receipt_it_names() {
        let day = receipts(&SHOPS[0], 4);
        let back = &day[3];
        let sold = day.iter().find(|receipt| receipt.number == back.original).unwrap();
        assert_eq!(back.items[0].product.sku, sold.items[0].product.sku);
        assert!(back.items[0].quantity < 0 && sold.at < back.at);
        assert_eq!(receipts(&SHOPS[0], 5)[3].original, "");
    }

    #[test]
    fn somebody_buys_in_a_branch_on_two_days() {
        for shop in &SHOPS {
            let buyer = |day: u32| receipts(shop, day)[1].buyer.clone().unwrap();
            assert_eq!(buyer(2), buyer(4));
        }
    }

    #[test]
    fn every_branch_sells_to_somebody_who_buys_online_too() {
        for shop in &SHOPS {
            let buyer = receipts(shop, 4)[9].buyer.clone().unwrap();
            assert!(buyer.number < FIRST_PERSON, "{}", shop.id);
        }
    }
}
