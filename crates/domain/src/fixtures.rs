//! Orders, people, shops and flows of the jewellery brand "Lunaria", for tests.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::consent::ConsentProof;
use crate::contact::Contact;
use crate::email::EmailAddress;
use crate::flow::Flow;
use crate::id::{ContactId, FlowId, LineId, OrderKey, OrderNumber, ProductId, RefundId, ShopId, Sku, Source};
use crate::money::{Currency, Money};
use crate::order::{Channel, Line, LineDetails, Order, OrderEvent, OrderSnapshot, Payment, Refund};
use crate::product::{Availability, Product};
use crate::secret::SecretBytes;
use crate::shop::Shop;

pub(crate) const BRAND: &str = r#"name = "Lunaria"
portal = "https://mail.lunaria.example/"
staff = ["marketing@lunaria.example"]

[[series]]
id = "charm-club"
sku_prefix = ["CC-"]

[[series]]
id = "karma-beads"
sku_prefix = ["KB-"]
"#;

pub(crate) const SHOP: &str = r#"name = "Lunaria"
country = "DE"
currency = "EUR"
languages = ["de", "en"]
time_zone = "Europe/Berlin"
send_at = "07:30:00"
website = "https://de.lunaria.example/"
privacy_url = "https://de.lunaria.example/datenschutz"
link_hosts = ["media.lunaria.example"]
imprint = ["Lunaria Schmuck GmbH, Silberweg 12, 80331 München"]
postal = "Lunaria Schmuck GmbH, Silberweg 12, 80331 München"

[sender]
name = "Lunaria"
address = "post@de.lunaria.example"

[legal_notice]
de = "Du kannst jederzeit widersprechen."
en = "You may object at any time."

[existing_customers]
notice = "2026-01"
channels = ["online"]

[country_languages]
GB = "en"
"#;

pub(crate) const FLOW: &str = r#"edition = "2026"
trigger = "purchase"
repeat = "merge"
useful_days = 21

[[steps]]
days = 12

[[segments]]
id = "charm-club"
mail = "charms"
when = { series = ["charm-club"] }
products = { source = "topsellers", series = "charm-club", count = 6, at_least = 2 }

[[segments]]
id = "collection"
mail = "rest"
products = { source = "recommendations", count = 6, at_least = 2 }

[coupon]
edition = "spring"
per = "contact"
valid_days = 14
empty = { then = "hold", days = 7 }
pools = [{ pool = "thanks-eur", currency = "EUR" }]

[coupon.benefit]
de = "Versandkostenfrei"
en = "Free delivery"
"#;

pub(crate) fn shop() -> Shop {
    shop_in("Europe/Berlin")
}

pub(crate) fn shop_in(zone: &str) -> Shop {
    let shop: Shop = toml::from_str(&SHOP.replace("Europe/Berlin", zone)).unwrap();
    Shop { id: shop_id(), ..shop }
}

pub(crate) fn shop_id() -> ShopId {
    ShopId::parse("de").unwrap()
}

pub(crate) fn flow() -> Flow {
    flow_of(FLOW)
}

/// The flow with a part of its file replaced.
pub(crate) fn flow_with(from: &str, to: &str) -> Flow {
    assert!(FLOW.contains(from), "{from}");
    flow_of(&FLOW.replace(from, to))
}

pub(crate) fn flow_of(text: &str) -> Flow {
    let flow: Flow = toml::from_str(text).unwrap();
    let id = FlowId::parse("after-sales").unwrap();
    Flow { id, ..flow }
}

pub(crate) fn key(number: &str) -> OrderKey {
    OrderKey {
        shop: shop_id(),
        source: Source::parse("api").unwrap(),
        number: OrderNumber::parse(number).unwrap(),
    }
}

pub(crate) fn person(name: &str) -> ContactId {
    ContactId::of(&address(name), &SecretBytes::new(b"a key of the tests".to_vec()))
}

pub(crate) fn address(name: &str) -> EmailAddress {
    EmailAddress::parse(&format!("{name}@example.com")).unwrap()
}

pub(crate) fn contact(name: &str) -> Contact {
    Contact::new(shop_id(), person(name))
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Noon in Berlin's winter.
pub(crate) fn noon(day: Date) -> Timestamp {
    at(&format!("{day}T11:00:00Z"))
}

pub(crate) fn line(id: &str, sku: &str, quantity: u32) -> Line {
    Line {
        id: LineId::parse(id).unwrap(),
        sku: Some(Sku::parse(sku).unwrap()),
        product_ids: Vec::new(),
        title: "Anhänger Mond".to_owned(),
        quantity,
        unit_price: Money::new(4_990, Currency::EUR),
        odd_minor: 0,
        details: LineDetails::default(),
    }
}

/// What anna's paid online order of one charm says at a moment.
/// A product that can be bought, of which the feed tells nothing else.
pub(crate) fn product(id: &str) -> Product {
    Product {
        id: ProductId::parse(id).unwrap(),
        sku: None,
        group: None,
        title: String::new(),
        link: None,
        image: None,
        price: None,
        sale: None,
        lowest_30_days: None,
        availability: Availability::InStock,
        product_type: Vec::new(),
        category: None,
        brand: None,
        labels: Default::default(),
    }
}

pub(crate) fn snapshot(placed_at: Timestamp) -> OrderSnapshot {
    OrderSnapshot {
        revision: placed_at,
        placed_at,
        delivered_at: None,
        channel: Channel::Online,
        payment: Payment::Paid,
        test: false,
        email: Some(address("anna")),
        customer_number: None,
        first_name: None,
        language: None,
        country: None,
        consent: None,
        currency: Currency::EUR,
        lines: vec![line("1", "CC-1", 1)],
        lines_add_up: false,
        returns: Vec::new(),
        codes_used: Vec::new(),
    }
}

pub(crate) fn event(number: &str, snapshot: OrderSnapshot) -> OrderEvent {
    OrderEvent { key: key(number), snapshot: Some(snapshot), cancelled_at: None, refunds: BTreeMap::new() }
}

pub(crate) fn order(number: &str, snapshot: OrderSnapshot) -> Order {
    let mut order = Order::empty(key(number));
    order.absorb(event(number, snapshot));
    order
}

/// Anna's order, bought at noon of a day.
pub(crate) fn bought_on(number: &str, day: Date) -> Order {
    order(number, snapshot(noon(day)))
}

pub(crate) fn refund(id: &str, pieces: &[(&str, u32)], by_sku: &[(&str, u32)]) -> (RefundId, Refund) {
    let refund = Refund {
        at: None,
        pieces: pieces.iter().map(|(line, n)| (LineId::parse(line).unwrap(), *n)).collect(),
        by_sku: by_sku.iter().map(|(sku, n)| (Sku::parse(sku).unwrap(), *n)).collect(),
    };
    (RefundId::parse(id).unwrap(), refund)
}

pub(crate) fn consent(at: Timestamp) -> ConsentProof {
    ConsentProof { at, source: "checkout".to_owned(), text_version: "2026-01".to_owned() }
}
