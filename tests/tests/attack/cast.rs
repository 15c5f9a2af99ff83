//! Who buys, and what happens to her.

use jiff::{SignedDuration, Timestamp};
use nachklang_domain::id::{OrderKey, OrderNumber, ShopId, Source};
use nachklang_tests::stack::{Order, Shopper};
use serde_json::{Value, json};

/// The shop of the day: its pool of francs is the smallest.
pub const SHOP: &str = "ch";
/// Before the number in what she bought: a mail shows it, so it tells which order it is about.
pub const GOODS: &str = "Anhänger Nr. ";
/// A purchase whose mail is due whatever her experiment's variant.
pub const LONG_AGO: SignedDuration = SignedDuration::from_hours(14 * 24);
/// A purchase whose mail is not due.
const JUST_NOW: SignedDuration = SignedDuration::from_hours(1);
const SECOND_ORDER: u32 = 500;
const SIMULATOR: &str = "simulator.amazonses.com";

/// What happens to a buyer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Nothing.
    Plain,
    /// The shop tells of her order twice at once.
    ToldTwice,
    /// She buys again before her mail goes.
    BuysAgainAtOnce,
    /// She cancels before the day comes.
    Cancels,
    /// The cancellation comes before the order.
    CancelledFirst,
    /// She cancels while the day runs.
    CancelsMeanwhile,
    /// She asks to be forgotten while the day runs.
    ErasedMeanwhile,
    /// Her mailbox is dead.
    Bounces,
    /// She calls it spam.
    Complains,
    /// She has only just bought.
    JustBought,
}

/// So many of each.
const CAST: [(Role, u32); 10] = [
    (Role::Plain, 40),
    (Role::ToldTwice, 12),
    (Role::BuysAgainAtOnce, 5),
    (Role::Cancels, 5),
    (Role::CancelledFirst, 3),
    (Role::CancelsMeanwhile, 5),
    (Role::ErasedMeanwhile, 4),
    (Role::Bounces, 4),
    (Role::Complains, 3),
    (Role::JustBought, 4),
];

/// A buyer.
#[derive(Debug, Clone)]
pub struct Buyer {
    /// She.
    pub shopper: Shopper,
    /// What happens to her.
    pub role: Role,
    /// The number of her first order.
    pub number: u32,
}

/// A purchase of hers.
#[derive(Debug, Clone)]
pub struct Purchase {
    /// The webhook.
    pub webhook: Order,
    /// The order.
    pub key: OrderKey,
    /// When she bought.
    pub placed_at: Timestamp,
}

/// Everybody, in an order in which the roles are mixed.
pub fn everybody() -> Vec<Buyer> {
    let roles: Vec<Role> = CAST.into_iter().flat_map(|(role, times)| (0..times).map(move |_| role)).collect();
    // 31 has no common divisor with their number.
    let mixed = (0..roles.len()).filter_map(|place| roles.get(place * 31 % roles.len()).copied());
    (1..).zip(mixed).map(|(number, role)| buyer(number, role)).collect()
}

fn buyer(number: u32, role: Role) -> Buyer {
    let email = match role {
        Role::Bounces => format!("bounce+{number}.sturmwind@{SIMULATOR}"),
        Role::Complains => format!("complaint+{number}.sturmwind@{SIMULATOR}"),
        _ => format!("{number}.sturmwind@example.com"),
    };
    let shopper = Shopper { shop: SHOP, email, first_name: "Wetterhexe", language: "de" };
    Buyer { shopper, role, number }
}

impl Buyer {
    /// Her first purchase.
    pub fn first(&self) -> anyhow::Result<Purchase> {
        let ago = if self.role == Role::JustBought { JUST_NOW } else { LONG_AGO };
        self.purchase(self.number, ago)
    }

    /// Another one.
    pub fn second(&self) -> anyhow::Result<Purchase> {
        self.purchase(self.number + SECOND_ORDER, LONG_AGO)
    }

    /// Her first order is cancelled.
    pub fn cancels(&self) -> anyhow::Result<(Order, OrderKey)> {
        let (number, at) = (order_number(self.number), Timestamp::now().to_string());
        let body = json!({ "cancelled": { "number": number, "at": at } });
        Ok((self.shopper.told_by_api(&number, &format!("cancel-{number}"), &body), order_key(self.number)?))
    }

    fn purchase(&self, number: u32, ago: SignedDuration) -> anyhow::Result<Purchase> {
        let placed_at = Timestamp::now().checked_sub(ago)?;
        let (name, body) = (order_number(number), self.body(number, placed_at));
        let webhook = self.shopper.told_by_api(&name, &format!("order-{name}"), &body);
        Ok(Purchase { key: order_key(number)?, webhook, placed_at })
    }

    fn body(&self, number: u32, placed_at: Timestamp) -> Value {
        let at = placed_at.to_string();
        let Shopper { email, first_name, language, .. } = &self.shopper;
        json!({ "order": {
            "number": order_number(number), "revision": at, "placed_at": at,
            "channel": "online", "payment": "paid", "currency": "CHF",
            "customer": { "email": email, "first_name": first_name, "language": language },
            "lines": [{
                "id": "1", "sku": "CC-011", "title": format!("{GOODS}{number}"), "quantity": 1, "unit_price": "39.00",
            }],
        }})
    }
}

fn order_number(number: u32) -> String {
    format!("CH-{number}")
}

fn order_key(number: u32) -> anyhow::Result<OrderKey> {
    Ok(OrderKey {
        shop: ShopId::parse(SHOP)?,
        source: Source::parse("api")?,
        number: OrderNumber::parse(&order_number(number))?,
    })
}

/// The orders whose goods a text names.
pub fn orders_shown(text: &str) -> anyhow::Result<Vec<OrderKey>> {
    let mut numbers = Vec::new();
    for behind in text.split(GOODS).skip(1) {
        let digits: String = behind.chars().take_while(char::is_ascii_digit).collect();
        numbers.push(digits.parse()?);
    }
    numbers.sort_unstable();
    numbers.dedup();
    numbers.into_iter().map(order_key).collect()
}
