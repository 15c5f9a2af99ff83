//! Orders, people and codes of the jewellery brand "Lunaria".

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::{Date, date};
use nachklang_domain::consent::LegalBasis;
use nachklang_domain::contact::{Contact, HeldCoupon};
use nachklang_domain::coupon::file::CouponRow;
use nachklang_domain::coupon::{CodeAction, CodeChange, CouponCode, Holder};
use nachklang_domain::email::EmailAddress;
use nachklang_domain::enrolment::{EnrolledOrder, Enrolment, StepRecord, StepState};
use nachklang_domain::id::{
    ContactId, EditionId, EnrolmentId, FlowId, LineId, MailId, OrderKey, OrderNumber, PoolId, ProductId,
    RefundId, ShopId, Sku, Source,
};
use nachklang_domain::language::{Country, Language};
use nachklang_domain::money::{Currency, Money};
use nachklang_domain::order::{Channel, Line, LineDetails, Order, OrderSnapshot, Payment, Refund};
use nachklang_domain::ports::{Committed, Contacts, CouponStock, Version};
use nachklang_domain::product::{Availability, Product, Sale};
use nachklang_domain::secret::SecretBytes;

use super::Kept;

/// The day on which the promises play.
pub const TODAY: Date = date(2026, 3, 14);
/// The day after.
pub const TOMORROW: Date = date(2026, 3, 15);
/// A fortnight later.
pub const LATER: Date = date(2026, 3, 28);

pub fn shop(name: &str) -> anyhow::Result<ShopId> {
    Ok(ShopId::parse(name)?)
}

pub fn pool(name: &str) -> anyhow::Result<PoolId> {
    Ok(PoolId::parse(name)?)
}

/// The person behind `<name>@example.com`.
pub fn person(name: &str) -> anyhow::Result<ContactId> {
    let key = SecretBytes::new(b"a key of the promises".to_vec());
    Ok(ContactId::of(&EmailAddress::parse(&format!("{name}@example.com"))?, &key))
}

pub fn order_key(shop: &str, source: &str, number: &str) -> anyhow::Result<OrderKey> {
    Ok(OrderKey {
        shop: ShopId::parse(shop)?,
        source: Source::parse(source)?,
        number: OrderNumber::parse(number)?,
    })
}

/// A paid order with everything that an order can hold.
pub fn order(number: &str, buyer: &str) -> anyhow::Result<Order> {
    let line = LineId::parse("1")?;
    let refund = Refund {
        at: Some("2026-03-13T10:00:00Z".parse()?),
        pieces: BTreeMap::from([(line.clone(), 1)]),
        ..Refund::default()
    };
    Ok(Order {
        key: order_key("de", "shopify", number)?,
        snapshot: Some(snapshot(buyer, line)?),
        cancelled_at: None,
        refunds: BTreeMap::from([(RefundId::parse("R1")?, refund)]),
        contact: Some(person(buyer)?),
    })
}

fn snapshot(buyer: &str, line: LineId) -> anyhow::Result<OrderSnapshot> {
    let bought_at: Timestamp = "2026-03-12T08:30:00.123456Z".parse()?;
    Ok(OrderSnapshot {
        revision: bought_at,
        placed_at: bought_at,
        delivered_at: None,
        channel: Channel::Online,
        payment: Payment::Paid,
        test: false,
        email: Some(EmailAddress::parse(&format!("{buyer}@example.com"))?),
        customer_number: Some("C-17".to_owned()),
        first_name: Some("Zoë".to_owned()),
        language: Some(Language::parse("de")?),
        country: Some(Country::parse("AT")?),
        consent: None,
        currency: Currency::EUR,
        lines: vec![Line {
            id: line,
            sku: Some(Sku::parse("LU-MOON-1")?),
            product_ids: vec![ProductId::parse("4711")?],
            title: "Halskette \"Mondlicht\" 925er".to_owned(),
            quantity: 2,
            unit_price: Money::new(4_990, Currency::EUR),
            odd_minor: 0,
            details: LineDetails::default(),
        }],
        lines_add_up: false,
        returns: Vec::new(),
        codes_used: Vec::new(),
    })
}

/// Somebody with a ground to be mailed and one mail that waits.
pub fn contact(name: &str) -> anyhow::Result<Contact> {
    let (id, flow, anchor) =
        (person(name)?, FlowId::parse("after-sales")?, order_key("de", "shopify", "1001")?);
    let mut contact = Contact::new(shop("de")?, id);
    contact.email = Some(EmailAddress::parse(&format!("{name}@example.com"))?);
    contact.basis = Some(LegalBasis::ExistingCustomer {
        notice_version: "2026-01".to_owned(),
        since: "2026-03-12T08:30:00Z".parse()?,
    });
    contact.enrolments.push(Enrolment {
        id: EnrolmentId::of(&flow, id, &anchor),
        flow,
        anchored_on: jiff::civil::date(2026, 11, 2),
        anchor: anchor.clone(),
        orders: vec![EnrolledOrder { key: anchor, dead: None }],
        variant: None,
        steps: vec![StepRecord { due: TODAY, latest: LATER, held_since: None, state: StepState::Waiting }],
    });
    Ok(contact)
}

pub fn code(text: &str) -> anyhow::Result<CouponCode> {
    Ok(CouponCode::parse(text)?)
}

/// Rows of a coupon file without an end of their own.
pub fn rows(codes: &[&str]) -> anyhow::Result<Vec<CouponRow>> {
    codes.iter().map(|code| row(code, None)).collect()
}

pub fn row(text: &str, expires: Option<Date>) -> anyhow::Result<CouponRow> {
    Ok(CouponRow { line: 2, code: code(text)?, expires })
}

/// The mail for which somebody holds a code.
pub fn holder(contact: &Contact) -> anyhow::Result<Holder> {
    let flow = FlowId::parse("after-sales")?;
    let anchor = order_key("de", "shopify", "1001")?;
    let enrolment = EnrolmentId::of(&flow, contact.id, &anchor);
    Ok(Holder { shop: contact.shop.clone(), contact: contact.id, mail: MailId::of(&flow, "1", 0, enrolment) })
}

/// A change of a code in the hands of a contact.
pub fn change(
    contact: &Contact,
    pool: &PoolId,
    text: &str,
    action: CodeAction,
) -> anyhow::Result<CodeChange> {
    Ok(CodeChange { pool: pool.clone(), code: code(text)?, holder: holder(contact)?, action })
}

/// The contact as she is once the code is hers.
pub fn holding(contact: &Contact, pool: &PoolId, text: &str, granted_on: Date) -> anyhow::Result<Contact> {
    let mut contact = contact.clone();
    contact.coupons = vec![HeldCoupon {
        edition: EditionId::parse("spring")?,
        scope: "contact".to_owned(),
        pool: pool.clone(),
        code: code(text)?,
        mail: holder(&contact)?.mail,
        granted_on,
        valid_until: LATER,
        expires: None,
    }];
    Ok(contact)
}

/// Somebody new claims a code on a day.
pub async fn claim<S: Contacts>(
    store: &S,
    name: &str,
    pool: &PoolId,
    text: &str,
    day: Date,
) -> anyhow::Result<(Contact, Committed)> {
    let contact = holding(&contact(name)?, pool, text, day)?;
    let claim = change(&contact, pool, text, CodeAction::Claim)?;
    let committed = store.commit(&contact, Version(0), &[claim]).await?;
    Ok((contact, committed))
}

/// Adds codes and lets somebody claim the first of them today.
pub async fn claimed<S: Contacts + CouponStock>(
    store: &S,
    pool: &PoolId,
    codes: &[&str],
) -> anyhow::Result<Contact> {
    store.add_codes(pool, &rows(codes)?).await?;
    let first = codes.first().copied().unwrap_or_default();
    let (contact, committed) = claim(store, "anna", pool, first, TODAY).await?;
    assert_eq!(committed, Committed::Done);
    Ok(contact)
}

/// Fails unless exactly so many codes are free.
pub async fn expect_free<S: CouponStock>(store: &S, pool: &PoolId, free: u64) -> Kept {
    assert_eq!(store.pool_counts(pool, TODAY).await?.free, free);
    Ok(())
}

/// A product with everything that a product can hold.
pub fn product(id: &str, title: &str) -> anyhow::Result<Product> {
    Ok(Product {
        id: ProductId::parse(id)?,
        sku: Some(Sku::parse(&format!("SKU-{id}"))?),
        group: Some("mondlicht".to_owned()),
        title: title.to_owned(),
        link: Some(format!("https://lunaria.example.com/p/{id}?a=1&b=2")),
        image: Some(format!("https://lunaria.example.com/i/{id}.jpg")),
        price: Some(Money::new(4_990, Currency::EUR)),
        sale: Some(Sale {
            price: Money::new(3_990, Currency::EUR),
            from: Some("2026-03-01T00:00:00Z".parse()?),
            until: None,
        }),
        lowest_30_days: None,
        availability: Availability::InStock,
        product_type: vec!["Schmuck".to_owned(), "Ketten".to_owned()],
        category: Some("188".to_owned()),
        brand: Some("Lunaria".to_owned()),
        labels: ["neu", "", "", "", ""].map(str::to_owned),
    })
}
