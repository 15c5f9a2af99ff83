//! The shops, flows and mails that the scenarios run on: small, real, and published by the real use case.
//!
//! Six shops in six zones. Three hold a mail back while no code is free, or have no coupon: one with a coupon of hers over
//! two steps, in which purchases are merged; one with a coupon for each purchase; one without a coupon, in which a later
//! purchase starts anew. In three others a mail goes without a code, does not go, or carries the one for everybody.

use std::sync::LazyLock;

use anyhow::{Context as _, ensure};
use jiff::Timestamp;
use nachklang_domain::catalog::Catalog;
use nachklang_domain::coupon::CouponCode;
use nachklang_domain::draft::{Draft, Uploaded};
use nachklang_domain::email::EmailAddress;
use nachklang_domain::flow::{CouponRule, EmptyPool, Flow};
use nachklang_domain::id::{OrderKey, OrderNumber, PoolId, ShopId, Source};
use nachklang_domain::shop::Shop;

use crate::history::{Change, CodeRules, ShopRules};

const FILES: [(&str, &str); 17] = [
    ("shops/brand.toml", include_str!("../content/shops/brand.toml")),
    ("shops/de.toml", include_str!("../content/shops/de.toml")),
    ("shops/us.toml", include_str!("../content/shops/us.toml")),
    ("shops/nz.toml", include_str!("../content/shops/nz.toml")),
    ("shops/au.toml", include_str!("../content/shops/au.toml")),
    ("shops/ca.toml", include_str!("../content/shops/ca.toml")),
    ("shops/gb.toml", include_str!("../content/shops/gb.toml")),
    ("flows/after-sales.toml", include_str!("../content/flows/after-sales.toml")),
    ("flows/next-time.toml", include_str!("../content/flows/next-time.toml")),
    ("flows/only-thanks.toml", include_str!("../content/flows/only-thanks.toml")),
    ("flows/each-step.toml", include_str!("../content/flows/each-step.toml")),
    ("flows/first-come.toml", include_str!("../content/flows/first-come.toml")),
    ("flows/for-all.toml", include_str!("../content/flows/for-all.toml")),
    ("mails/thanks/mail.mjml", include_str!("../content/mails/thanks/mail.mjml")),
    ("mails/thanks/mail.txt", include_str!("../content/mails/thanks/mail.txt")),
    ("mails/thanks/de.toml", include_str!("../content/mails/thanks/de.toml")),
    ("mails/thanks/en.toml", include_str!("../content/mails/thanks/en.toml")),
];

/// The shops that hold a mail back while no code is free, or have no coupon.
pub const HOLDING: [&str; 3] = ["de", "nz", "us"];

/// What stands in a mail before its code.
const CODE_LABEL: &str = "Code: ";
/// What stands in the title of a line before the number of its order.
const ORDER_LABEL: &str = "of order ";

/// Something that a marketer uploads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Upload {
    /// What every scenario begins with.
    First,
    /// The mail says it in other words, a flow praises its coupon otherwise.
    Reworded,
    /// One flow has other days, one another edition, one no coupon any more, and one is gone.
    Changed,
    /// The mail has lost its unsubscribe link, a flow a quote: nothing of it may be used.
    Broken,
}

/// The uploads, compiled once in a process.
static DRAFTS: LazyLock<[Draft; 4]> = LazyLock::new(|| {
    let uploads = [Upload::First, Upload::Reworded, Upload::Changed, Upload::Broken];
    uploads.map(|upload| Draft::read(&files(upload)))
});

fn files(upload: Upload) -> Uploaded {
    let left = FILES.iter().filter(|(path, _)| upload != Upload::Changed || *path != "flows/for-all.toml");
    left.map(|(path, text)| ((*path).to_owned(), changed(upload, path, text).into_bytes())).collect()
}

fn changed(upload: Upload, path: &str, text: &str) -> String {
    match (upload, path) {
        (Upload::Changed, "flows/after-sales.toml") => {
            text.replace("days = 2\n", "days = 3\n").replace("days = 4\n", "days = 2\n")
        }
        (Upload::Changed, "flows/next-time.toml") => text.replace("edition = \"2026", "edition = \"2027"),
        (Upload::Changed, "flows/first-come.toml") => {
            text.split("\n[coupon]").next().unwrap_or_default().to_owned()
        }
        (Upload::Reworded, "mails/thanks/de.toml") => text.replace("Danke", "Vielen Dank"),
        (Upload::Reworded, "flows/next-time.toml") => text.replace("Free delivery", "No delivery costs"),
        (Upload::Broken, "mails/thanks/mail.mjml" | "mails/thanks/mail.txt") => {
            text.replace("urls.unsubscribe", "urls.unsubscrib")
        }
        (Upload::Broken, "flows/next-time.toml") => text.replace("edition = \"2026\"", "edition = \"2026"),
        _ => text.to_owned(),
    }
}

impl Upload {
    /// What lies in the folders then, checked and compiled.
    #[must_use]
    pub fn draft(self) -> &'static Draft {
        let [first, reworded, changed, broken] = &*DRAFTS;
        match self {
            Self::First => first,
            Self::Reworded => reworded,
            Self::Changed => changed,
            Self::Broken => broken,
        }
    }
}

/// The shops and flows that every scenario begins with.
///
/// # Errors
/// When they are not good.
pub fn catalog() -> anyhow::Result<&'static Catalog> {
    let draft = Upload::First.draft();
    let told = || draft.reports.iter().map(ToString::to_string).collect::<String>();
    ensure!(!draft.has_errors(), "the content of the scenarios is not good: {}", told());
    draft.catalog.as_ref().context("the content of the scenarios has no catalog")
}

/// What is promised of each shop.
///
/// # Errors
/// As [`catalog`].
pub fn promised() -> anyhow::Result<Vec<ShopRules>> {
    let catalog = catalog()?;
    let of = |shop: &Shop| catalog.flows_of(&shop.id).next().map(|flow| rules(shop, flow));
    Ok(catalog.shops.values().filter_map(of).collect())
}

/// What [`Upload::Changed`] promises of each shop, uploaded at a moment.
///
/// # Errors
/// As [`catalog`].
pub fn changes(from: Timestamp) -> anyhow::Result<Vec<Change>> {
    let changed = Upload::Changed.draft().catalog.as_ref().context("the changed content has a catalog")?;
    let of = |shop: &Shop| Change {
        shop: shop.id.clone(),
        from,
        rules: changed.flows_of(&shop.id).next().map(|flow| rules(shop, flow)),
    };
    Ok(catalog()?.shops.values().map(of).collect())
}

fn rules(shop: &Shop, flow: &Flow) -> ShopRules {
    let days = flow.steps.iter().scan(0_u16, |day, step| {
        *day = day.saturating_add(step.days);
        Some(*day)
    });
    ShopRules {
        shop: shop.id.clone(),
        zone: shop.zone().clone(),
        send_at: shop.send_at,
        flow: flow.id.clone(),
        edition: flow.edition.clone(),
        days: days.collect(),
        useful_days: flow.useful_days,
        repeat: flow.repeat,
        codes: flow.coupon.as_ref().and_then(code_rules),
    }
}

fn code_rules(rule: &CouponRule) -> Option<CodeRules> {
    let pool = rule.pools.first()?.pool.clone();
    Some(CodeRules { pool, per: rule.per, empty: rule.empty.clone() })
}

/// Whether a shop gives a code to everybody while no other is free.
#[must_use]
pub fn is_for_everybody(shop: &ShopId, given: &CouponCode) -> bool {
    let flow = catalog().ok().and_then(|catalog| catalog.flows_of(shop).next());
    let rule = flow.and_then(|flow| flow.coupon.as_ref());
    rule.is_some_and(|rule| matches!(&rule.empty, EmptyPool::Fallback { code } if code == given.expose()))
}

/// The pool of a shop; `None` where there are no coupons.
///
/// # Errors
/// As [`catalog`].
pub fn pool_of(shop: &ShopId) -> anyhow::Result<Option<PoolId>> {
    let flow = catalog()?.flows_of(shop).next();
    let pools = flow.and_then(|flow| flow.coupon.as_ref()).map(|rule| &rule.pools);
    Ok(pools.and_then(|pools| pools.first()).map(|used| used.pool.clone()))
}

/// The address of a person.
///
/// # Errors
/// Never for a number.
pub fn address(person: u32) -> anyhow::Result<EmailAddress> {
    Ok(EmailAddress::parse(&format!("buyer-{person}@example.com"))?)
}

/// The number of an order.
///
/// # Errors
/// Never for a number.
pub fn order_number(order: u32) -> anyhow::Result<OrderNumber> {
    Ok(OrderNumber::parse(&format!("LU-{order:04}"))?)
}

/// The key of an order.
///
/// # Panics
/// Never: the source is a constant.
#[must_use]
pub fn order_key(shop: &ShopId, number: OrderNumber) -> OrderKey {
    let source = Source::parse("api").unwrap_or_else(|_| unreachable!("a constant slug"));
    OrderKey { shop: shop.clone(), source, number }
}

/// A code of a pool.
///
/// # Errors
/// Never for a number.
pub fn code(pool: &PoolId, number: u32) -> anyhow::Result<CouponCode> {
    Ok(CouponCode::parse(&format!("{pool}-{number:04}"))?)
}

/// The title of the goods of an order, by which a mail shows what it is about.
#[must_use]
pub fn title(number: &OrderNumber) -> String {
    format!("Ring {ORDER_LABEL}{number}")
}

/// What a reader sees in a mail: the code, and the numbers of the orders.
#[must_use]
pub fn seen_in(text: &str) -> (Option<CouponCode>, Vec<OrderNumber>) {
    let after = |line: &str, label: &str| line.split_once(label).map(|(_, rest)| rest.trim().to_owned());
    let code = text.lines().find_map(|line| CouponCode::parse(&after(line, CODE_LABEL)?).ok());
    let orders = text.lines().filter_map(|line| OrderNumber::parse(&after(line, ORDER_LABEL)?).ok());
    (code, orders.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_uploads_are_good_but_the_broken_one() {
        assert!(!Upload::First.draft().has_errors(), "{:#?}", Upload::First.draft().reports);
        assert!(!Upload::Reworded.draft().has_errors());
        assert!(!Upload::Changed.draft().has_errors(), "{:#?}", Upload::Changed.draft().reports);
        assert!(Upload::Broken.draft().has_errors());
        assert!(Upload::Broken.draft().mails.is_empty() && Upload::Broken.draft().catalog.is_none());
    }

    #[test]
    fn the_changed_content_promises_something_else_of_four_shops() {
        let told: Vec<String> = changes(Timestamp::UNIX_EPOCH)
            .unwrap()
            .into_iter()
            .map(|change| match change.rules {
                Some(rules) => {
                    let codes = rules.codes.is_some();
                    format!("{} {} {:?} {codes}", rules.shop, rules.edition, rules.days)
                }
                None => format!("{} gone", change.shop),
            })
            .collect();
        assert_eq!(
            told,
            [
                "au 2026 [2, 5] true",
                "ca 2026 [3] false",
                "de 2026 [3, 5] true",
                "gb gone",
                "nz 2026 [1] false",
                "us 2027 [3] true",
            ]
        );
    }

    #[test]
    fn a_reader_finds_code_and_orders_in_a_text() {
        let number = order_number(7).unwrap();
        let text = format!("Danke\n* {}\n\nCode: thanks-eur-0001\n", title(&number));
        let code = code(&PoolId::parse("thanks-eur").unwrap(), 1).unwrap();
        assert_eq!(seen_in(&text), (Some(code), vec![number]));
        assert_eq!(seen_in("Danke"), (None, Vec::new()));
    }

    #[test]
    fn the_promises_of_the_shops_are_those_of_their_files() {
        let rules = promised().unwrap();
        let told: Vec<_> = rules
            .iter()
            .map(|shop| (shop.shop.as_str(), shop.days.as_slice(), shop.always_with_code()))
            .collect();
        assert_eq!(
            told,
            [
                ("au", &[2, 5][..], false),
                ("ca", &[3][..], true),
                ("de", &[2, 6][..], true),
                ("gb", &[2, 4][..], true),
                ("nz", &[1][..], false),
                ("us", &[3][..], true),
            ]
        );
        let shared = CouponCode::parse("LUNARIA-FOR-ALL").unwrap();
        let giving: Vec<_> = rules.iter().filter(|shop| is_for_everybody(&shop.shop, &shared)).collect();
        assert_eq!(giving.iter().map(|shop| shop.shop.as_str()).collect::<Vec<_>>(), ["gb"]);
    }
}
