//! The starter content, and orders over it.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use nachklang_domain::catalog::{Catalog, Files};
use nachklang_domain::email::EmailAddress;
use nachklang_domain::flow::Flow;
use nachklang_domain::id::{ContactId, FlowId, LineId, OrderKey, OrderNumber, ShopId, Sku, Source};
use nachklang_domain::money::{Currency, Money};
use nachklang_domain::order::{Channel, Line, LineDetails, Order, OrderEvent, OrderSnapshot, Payment};
use nachklang_domain::secret::SecretBytes;
use nachklang_domain::shop::Shop;

/// A file of the starter content.
pub(crate) fn file(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates");
    std::fs::read_to_string(root.join(path)).unwrap()
}

/// The starter's flow beside others.
pub(crate) fn catalog(others: &[(&str, String)]) -> Catalog {
    let paths = ["shops/brand.toml", "shops/de.toml", "flows/after-sales.toml"];
    let mut files: Files = paths.map(|path| (path.to_owned(), file(path))).into();
    files.extend(others.iter().map(|(path, text)| ((*path).to_owned(), text.clone())));
    Catalog::readable(&files).unwrap()
}

/// The starter's flow.
pub(crate) fn flow() -> Flow {
    catalog(&[]).flows[&flow_id()].clone()
}

/// Its id.
pub(crate) fn flow_id() -> FlowId {
    FlowId::parse("after-sales").unwrap()
}

/// The starter's shop in another zone.
pub(crate) fn shop_in(zone: &str) -> Shop {
    let shop: Shop = toml::from_str(&file("shops/de.toml").replace("Europe/Berlin", zone)).unwrap();
    Shop { id: ShopId::parse("de").unwrap(), ..shop }
}

/// A person.
pub(crate) fn person(name: &str) -> ContactId {
    let address = EmailAddress::parse(&format!("{name}@example.com")).unwrap();
    ContactId::of(&address, &SecretBytes::new(b"a key of the tests".to_vec()))
}

/// One line.
pub(crate) fn line(id: usize, sku: &str, pieces: u32, price: Money) -> Line {
    Line {
        id: LineId::parse(&format!("L{id}")).unwrap(),
        sku: Some(Sku::parse(sku).unwrap()),
        product_ids: Vec::new(),
        title: "Charm Moon".to_owned(),
        quantity: pieces,
        unit_price: price,
        odd_minor: 0,
        details: LineDetails::default(),
    }
}

/// A paid order.
pub(crate) fn order(number: usize, placed_at: Timestamp, currency: Currency, lines: Vec<Line>) -> Order {
    let key = OrderKey {
        shop: ShopId::parse("de").unwrap(),
        source: Source::parse("api").unwrap(),
        number: OrderNumber::parse(&format!("N{number}")).unwrap(),
    };
    let snapshot = OrderSnapshot {
        revision: placed_at,
        placed_at,
        delivered_at: None,
        channel: Channel::Online,
        payment: Payment::Paid,
        test: false,
        email: None,
        customer_number: None,
        first_name: None,
        language: None,
        country: None,
        consent: None,
        currency,
        lines,
        lines_add_up: false,
        returns: Vec::new(),
        codes_used: Vec::new(),
    };
    let mut order = Order::empty(key.clone());
    order.absorb(OrderEvent { key, snapshot: Some(snapshot), cancelled_at: None, refunds: BTreeMap::new() });
    order
}
