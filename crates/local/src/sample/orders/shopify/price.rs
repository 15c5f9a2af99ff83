//! Amounts as Shopify writes them.

use nachklang_domain::money::Money;
use serde_json::{Value, json};

use crate::sample::shop::Shop;

/// An amount in the shop's currency.
#[must_use]
pub const fn of(minor: i64, shop: &Shop) -> Money {
    Money::new(minor, shop.currency)
}

/// The amount in the shop's and the buyer's currency, which are the same here.
#[must_use]
pub fn set(amount: Money) -> Value {
    let money = json!({ "amount": amount.to_decimal(), "currency_code": amount.currency.as_str() });
    json!({ "shop_money": money, "presentment_money": money })
}

/// The value added tax in an amount, at 20 %.
#[must_use]
pub const fn tax(amount: Money) -> Money {
    Money::new(amount.minor - amount.minor * 100 / 120, amount.currency)
}
