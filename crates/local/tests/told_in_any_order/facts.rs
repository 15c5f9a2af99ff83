//! What a shop may tell about a few orders, and a model that knows what must come of it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use nachklang_domain::email::EmailAddress;
use nachklang_domain::id::{LineId, OrderKey, OrderNumber, RefundId, ShopId, Sku, Source};
use nachklang_domain::money::{Currency, Money};
use nachklang_domain::order::{
    Channel, DeadOrder, Line, LineDetails, OrderEvent, OrderSnapshot, Payment, Refund,
};
use proptest::prelude::*;

/// Orders of a story; the last is a till receipt that comes in parts.
pub const ORDERS: usize = 3;
/// People of a story.
pub const BUYERS: usize = 2;
const LINES: usize = 2;
const REVISIONS: usize = 3;
const REFUNDS: usize = 2;
const RECEIPT: usize = ORDERS - 1;

/// One thing that is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// An order at one of its revisions.
    Told { order: usize, revision: usize },
    /// One line of the receipt.
    Part { line: usize },
    /// That an order is cancelled.
    Cancelled { order: usize },
    /// That pieces of a line were given back; told again with other pieces, the larger number holds.
    GivenBack { order: usize, refund: usize, line: usize, pieces: u32 },
}

/// What an order says at a revision.
#[derive(Debug, Clone)]
pub struct Version {
    buyer: usize,
    pieces: [u32; LINES],
    paid: bool,
}

/// What may be told, and what is.
#[derive(Debug, Clone)]
pub struct Story {
    /// On which day each order was placed.
    days: Vec<i64>,
    versions: Vec<[Version; REVISIONS]>,
    /// What is told.
    pub facts: Vec<Fact>,
}

/// What an order comes to.
#[derive(Debug, PartialEq, Eq)]
pub struct Summary {
    /// Pieces kept, by line.
    pub kept: BTreeMap<String, u32>,
    /// Why it leads to no mail.
    pub dead: Option<DeadOrder>,
}

fn version() -> impl Strategy<Value = Version> {
    (0..BUYERS, [0..4_u32, 0..4_u32], prop::bool::weighted(0.8)).prop_map(|(buyer, pieces, paid)| Version {
        buyer,
        pieces,
        paid,
    })
}

fn fact() -> impl Strategy<Value = Fact> {
    prop_oneof![
        4 => (0..RECEIPT, 0..REVISIONS).prop_map(|(order, revision)| Fact::Told { order, revision }),
        2 => (0..LINES).prop_map(|line| Fact::Part { line }),
        1 => (0..ORDERS).prop_map(|order| Fact::Cancelled { order }),
        2 => (0..ORDERS, 0..REFUNDS, 0..LINES, 1..4_u32)
            .prop_map(|(order, refund, line, pieces)| Fact::GivenBack { order, refund, line, pieces }),
    ]
}

/// Any story of orders placed within so many days.
pub fn story(days: i64) -> impl Strategy<Value = Story> {
    let versions = prop::collection::vec([version(), version(), version()], ORDERS);
    let told = prop::collection::vec(fact(), 1..9);
    (prop::collection::vec(0..=days, ORDERS), versions, told).prop_map(|(days, versions, facts)| Story {
        days,
        versions,
        facts,
    })
}

/// The number of an order as its key.
pub fn key(order: usize) -> OrderKey {
    let source = if order == RECEIPT { "till" } else { "api" };
    OrderKey {
        shop: ShopId::parse("de").unwrap(),
        source: Source::parse(source).unwrap(),
        number: OrderNumber::parse(&format!("N{order}")).unwrap(),
    }
}

/// The address of a buyer.
pub fn address(buyer: usize) -> EmailAddress {
    EmailAddress::parse(["anna@example.com", "berta@example.com"][buyer]).unwrap()
}

fn line_id(line: usize) -> LineId {
    LineId::parse(&format!("L{line}")).unwrap()
}

impl Story {
    /// One buyer, each order bought whole on its day and told in this order.
    pub fn of_purchases(days: &[i64]) -> Self {
        let bought = Version { buyer: 0, pieces: [1; LINES], paid: true };
        let told = |order| match order {
            RECEIPT => Fact::Part { line: 0 },
            _ => Fact::Told { order, revision: 0 },
        };
        Self {
            days: days.to_vec(),
            versions: vec![[bought.clone(), bought.clone(), bought]; ORDERS],
            facts: (0..ORDERS).map(told).collect(),
        }
    }

    /// The version that the facts leave in force: the newest told. A receipt has the first one only.
    fn in_force(&self, order: usize) -> Option<&Version> {
        let told = self.facts.iter().filter_map(|fact| match fact {
            Fact::Told { order: of, revision } if *of == order => Some(*revision),
            Fact::Part { .. } if order == RECEIPT => Some(0),
            _ => None,
        });
        told.max().map(|revision| &self.versions[order][revision])
    }

    /// Whose an order is in the end.
    pub fn owner(&self, order: usize) -> Option<usize> {
        self.in_force(order).map(|version| version.buyer)
    }

    /// What the facts make of an order; `None` when nothing was told of it.
    pub fn expected(&self, order: usize) -> Option<Summary> {
        let about = |fact: &&Fact| match fact {
            Fact::Told { order: of, .. }
            | Fact::Cancelled { order: of }
            | Fact::GivenBack { order: of, .. } => *of == order,
            Fact::Part { .. } => order == RECEIPT,
        };
        let about: Vec<&Fact> = self.facts.iter().filter(about).collect();
        if about.is_empty() {
            return None;
        }
        let Some(version) = self.in_force(order) else {
            return Some(Summary { kept: BTreeMap::new(), dead: Some(DeadOrder::Unknown) });
        };
        let lines =
            (0..LINES).filter(|line| order != RECEIPT || about.contains(&&Fact::Part { line: *line }));
        let lines: Vec<(usize, u32)> = lines.map(|line| (line, version.pieces[line])).collect();
        let kept = |(line, pieces): &(usize, u32)| (*line, pieces.saturating_sub(given_back(&about, *line)));
        let kept: Vec<(usize, u32)> = lines.iter().map(kept).collect();
        let none = |pieces: &[(usize, u32)]| pieces.iter().all(|(_, pieces)| *pieces == 0);
        let dead = if about.contains(&&Fact::Cancelled { order }) {
            Some(DeadOrder::Cancelled)
        } else if none(&lines) {
            Some(DeadOrder::NoGoods)
        } else if none(&kept) {
            Some(DeadOrder::Returned)
        } else if !version.paid && order != RECEIPT {
            Some(DeadOrder::Unpaid)
        } else {
            None
        };
        let kept = kept.into_iter().map(|(line, pieces)| (format!("L{line}"), pieces)).collect();
        Some(Summary { kept, dead })
    }

    /// What a fact sends.
    pub fn event(&self, fact: &Fact) -> OrderEvent {
        let nothing = |order| OrderEvent {
            key: key(order),
            snapshot: None,
            cancelled_at: None,
            refunds: BTreeMap::new(),
        };
        match *fact {
            Fact::Told { order, revision } => {
                OrderEvent { snapshot: Some(self.snapshot(order, revision)), ..nothing(order) }
            }
            Fact::Part { line } => OrderEvent { snapshot: Some(self.part(line)), ..nothing(RECEIPT) },
            Fact::Cancelled { order } => {
                OrderEvent { cancelled_at: Some(self.placed_at(order)), ..nothing(order) }
            }
            Fact::GivenBack { order, refund, line, pieces } => {
                let id = RefundId::parse(&format!("R{refund}")).unwrap();
                let back = Refund { pieces: [(line_id(line), pieces)].into(), ..Refund::default() };
                OrderEvent { refunds: [(id, back)].into(), ..nothing(order) }
            }
        }
    }

    fn placed_at(&self, order: usize) -> Timestamp {
        let noon = crate::shop::FIRST_DAY.at(12, 0, 0, 0).in_tz("Europe/Berlin").unwrap().timestamp();
        noon.checked_add(SignedDuration::from_hours(24 * self.days[order])).unwrap()
    }

    fn part(&self, line: usize) -> OrderSnapshot {
        let mut part = self.snapshot(RECEIPT, 0);
        part.lines.retain(|known| known.id == line_id(line));
        OrderSnapshot { lines_add_up: true, channel: Channel::Retail, payment: Payment::Paid, ..part }
    }

    fn snapshot(&self, order: usize, revision: usize) -> OrderSnapshot {
        let (version, placed_at) = (&self.versions[order][revision], self.placed_at(order));
        let minutes = i64::try_from(revision).unwrap();
        OrderSnapshot {
            revision: placed_at.checked_add(SignedDuration::from_mins(minutes)).unwrap(),
            placed_at,
            delivered_at: None,
            channel: Channel::Online,
            payment: if version.paid { Payment::Paid } else { Payment::Pending },
            test: false,
            email: Some(address(version.buyer)),
            customer_number: None,
            first_name: None,
            language: None,
            country: None,
            consent: None,
            currency: Currency::EUR,
            lines: (0..LINES).map(|line| bought(line, version.pieces[line])).collect(),
            lines_add_up: false,
            returns: Vec::new(),
            codes_used: Vec::new(),
        }
    }
}

/// The same refund told with different pieces counts once, with the most.
fn given_back(about: &[&Fact], of_line: usize) -> u32 {
    let most = |of: usize| {
        let told = about.iter().filter_map(|fact| match fact {
            Fact::GivenBack { refund, line, pieces, .. } if *refund == of && *line == of_line => {
                Some(*pieces)
            }
            _ => None,
        });
        told.max().unwrap_or(0)
    };
    (0..REFUNDS).map(most).sum()
}

fn bought(line: usize, pieces: u32) -> Line {
    Line {
        id: line_id(line),
        sku: Some(Sku::parse(["CC-1", "KB-1"][line]).unwrap()),
        product_ids: Vec::new(),
        title: "Charm Moon".to_owned(),
        quantity: pieces,
        unit_price: Money::new(4_990, Currency::EUR),
        odd_minor: 0,
        details: LineDetails::default(),
    }
}
