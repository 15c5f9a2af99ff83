//! An order, and how everything that is ever told about it makes one state, in whatever order it arrives.

mod kept;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::consent::ConsentProof;
use crate::email::EmailAddress;
use crate::id::{ContactId, LineId, OrderKey, ProductId, RefundId, SeriesId, Sku};
use crate::language::{Country, Language};
use crate::money::{Currency, Money};

mod anonymous;

/// Where the purchase happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// In the online shop.
    Online,
    /// At a till.
    Retail,
}

/// How far the payment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Payment {
    /// Not paid; no mail until it is.
    Pending,
    /// Paid, wholly or in part, or a till receipt.
    Paid,
    /// Given back whole, or voided before it was taken.
    Refunded,
}

/// What a purchase consists of, one line a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The source's line id, or a number counted per receipt.
    pub id: LineId,
    /// The SKU, if the source tells one.
    pub sku: Option<Sku>,
    /// Product ids under which the feed may know it, most exact first (variant, product).
    pub product_ids: Vec<ProductId>,
    /// The name on the receipt, cleaned.
    pub title: String,
    /// Pieces bought.
    pub quantity: u32,
    /// Price of one piece.
    pub unit_price: Money,
    /// Minor units that all pieces cost beyond `quantity` times that: a till may tell a total that does not divide.
    #[serde(default, skip_serializing_if = "is_even")]
    pub odd_minor: i64,
    /// What the product feed added at receipt.
    pub details: LineDetails,
}

/// What the shop's feed knows of a bought product; the source of an order rarely tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineDetails {
    /// The feed's id of the product, when it was found there.
    pub product: Option<ProductId>,
    /// The series, by the brand's rules.
    pub series: Option<SeriesId>,
    /// The shop's own path, `A > B > C`.
    pub product_type: Vec<String>,
    /// Google's category.
    pub category: Option<String>,
    /// The picture.
    pub image: Option<String>,
    /// The page.
    pub link: Option<String>,
}

/// An order as its source describes it at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderSnapshot {
    /// When the source last changed it: what decides between two snapshots.
    pub revision: Timestamp,
    /// When it was bought.
    pub placed_at: Timestamp,
    /// When it reached the buyer, if the source tells.
    pub delivered_at: Option<Timestamp>,
    /// Shop or till.
    pub channel: Channel,
    /// How far the payment is.
    pub payment: Payment,
    /// Whether the source marks it as a test.
    pub test: bool,
    /// The buyer's address, if there is one that can be mailed.
    pub email: Option<EmailAddress>,
    /// The source's number of the customer; empty for guests.
    pub customer_number: Option<String>,
    /// The buyer's first name, cleaned; never needed.
    pub first_name: Option<String>,
    /// The buyer's language, if the source tells.
    pub language: Option<Language>,
    /// The country it goes to, else of the bill.
    pub country: Option<Country>,
    /// Consent that came with it.
    pub consent: Option<ConsentProof>,
    /// The currency that was paid in.
    pub currency: Currency,
    /// What was bought.
    pub lines: Vec<Line>,
    /// Whether these lines add to those known instead of replacing them: a till receipt may come in two files.
    #[serde(default)]
    pub lines_add_up: bool,
    /// Goods given back here that were bought on a receipt which this one does not name.
    #[serde(default)]
    pub returns: Vec<ReturnedPieces>,
    /// Codes that were used, as given.
    pub codes_used: Vec<String>,
}

/// Pieces given back on a receipt that does not say where they were bought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnedPieces {
    /// The line of the receipt that gives them back.
    pub id: LineId,
    /// What was given back.
    pub sku: Sku,
    /// How many.
    pub pieces: u32,
}

/// Pieces given back, by line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// When.
    pub at: Option<Timestamp>,
    /// Pieces by line.
    pub pieces: BTreeMap<LineId, u32>,
    /// Pieces by SKU, where the source names the order but not its line.
    #[serde(default)]
    pub by_sku: BTreeMap<Sku, u32>,
}

/// One thing that a source tells about an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderEvent {
    /// Which order.
    pub key: OrderKey,
    /// Its state, if the message carries one.
    pub snapshot: Option<OrderSnapshot>,
    /// That it is cancelled, and since when.
    pub cancelled_at: Option<Timestamp>,
    /// What was given back.
    pub refunds: BTreeMap<RefundId, Refund>,
}

/// An order as it is stored: the union of all events, so arrival order does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// What identifies it.
    pub key: OrderKey,
    /// The newest snapshot; `None` while only a cancellation or refund has arrived.
    pub snapshot: Option<OrderSnapshot>,
    /// The tombstone; it never goes away.
    pub cancelled_at: Option<Timestamp>,
    /// Refunds by their id.
    pub refunds: BTreeMap<RefundId, Refund>,
    /// Whose it is, once known.
    pub contact: Option<ContactId>,
}

/// What an event did to a stored order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Absorbed {
    /// It said something new.
    Changed,
    /// It said what was known, or something older.
    Nothing,
}

/// Why an order leads to no mail, seen from the order alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeadOrder {
    /// Cancelled.
    Cancelled,
    /// Everything was given back.
    Returned,
    /// Nothing was bought: the receipt holds returns or no goods only.
    NoGoods,
    /// Not paid.
    Unpaid,
    /// A test order.
    Test,
    /// Only a cancellation or refund is known.
    Unknown,
}

impl Order {
    /// An order of which nothing is known yet.
    #[must_use]
    pub const fn empty(key: OrderKey) -> Self {
        Self { key, snapshot: None, cancelled_at: None, refunds: BTreeMap::new(), contact: None }
    }

    /// Takes in an event. The result depends on the set of events, not on their order.
    pub fn absorb(&mut self, event: OrderEvent) -> Absorbed {
        let cancelled_at = earliest(self.cancelled_at, event.cancelled_at);
        let mut changed = cancelled_at != self.cancelled_at;
        self.cancelled_at = cancelled_at;
        for (id, refund) in event.refunds {
            changed |= self.take_refund(id, refund);
        }
        if let Some(new) = event.snapshot {
            let before = self.snapshot.clone();
            self.take_newer(new);
            changed |= self.snapshot != before;
        }
        if changed { Absorbed::Changed } else { Absorbed::Nothing }
    }

    /// Tells whether it says more than what is known. An order may have thousands: only this one is looked at.
    fn take_refund(&mut self, id: RefundId, refund: Refund) -> bool {
        let merged = self.refunds.get(&id).map(|known| larger(known, &refund));
        let merged = merged.unwrap_or(refund);
        if self.refunds.get(&id) == Some(&merged) {
            return false;
        }
        self.refunds.insert(id, merged);
        true
    }

    /// The newer snapshot wins; of two with one revision, the one whose content sorts last (any fixed rule serves).
    fn take_newer(&mut self, new: OrderSnapshot) {
        let Some(known) = self.snapshot.take() else {
            self.snapshot = Some(new.sorted());
            return;
        };
        let newer = (new.revision, tie_break(&new)) > (known.revision, tie_break(&known));
        let (mut winner, other) = if newer { (new, known) } else { (known, new) };
        if winner.lines_add_up && other.lines_add_up {
            winner.fill_gaps(&other);
            union(&mut winner.lines, other.lines, |line| (line.id.clone(), told(line)));
            union(&mut winner.returns, other.returns, |back| {
                (back.id.clone(), (back.pieces, back.sku.clone()))
            });
        }
        self.snapshot = Some(winner);
    }

    /// Why it leads to no mail, if so.
    #[must_use]
    pub fn dead(&self) -> Option<DeadOrder> {
        let Some(snapshot) = &self.snapshot else {
            return Some(DeadOrder::Unknown);
        };
        match snapshot.payment {
            _ if self.cancelled_at.is_some() => Some(DeadOrder::Cancelled),
            _ if snapshot.test => Some(DeadOrder::Test),
            _ if snapshot.lines.iter().all(|line| line.quantity == 0) => Some(DeadOrder::NoGoods),
            Payment::Refunded => Some(DeadOrder::Returned),
            _ if self.kept_lines().next().is_none() => Some(DeadOrder::Returned),
            Payment::Pending => Some(DeadOrder::Unpaid),
            Payment::Paid => None,
        }
    }

    /// The value of what was kept, in minor units of the order's currency.
    #[must_use]
    pub fn kept_value(&self) -> Option<Money> {
        let currency = self.snapshot.as_ref()?.currency;
        self.kept_pieces().into_iter().try_fold(Money::new(0, currency), |sum, (line, pieces)| {
            line.value(pieces).and_then(|value| sum.checked_add(value))
        })
    }
}

impl Line {
    /// What so many of its pieces cost, if it fits. The odd minor units stay with the pieces that are kept, at most
    /// one with each.
    #[must_use]
    pub fn value(&self, pieces: u32) -> Option<Money> {
        let odd = self.odd_minor.clamp(-i64::from(pieces), i64::from(pieces));
        let even = self.unit_price.checked_mul(i64::from(pieces))?;
        even.checked_add(Money::new(odd, even.currency))
    }
}

/// A line whose pieces cost the same.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_even(odd_minor: &i64) -> bool {
    *odd_minor == 0
}

fn earliest(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    [a, b].into_iter().flatten().min()
}

impl OrderSnapshot {
    /// Parts of a receipt are kept in the order of their line ids from the first one on, so that hearing one again
    /// changes nothing.
    fn sorted(mut self) -> Self {
        if self.lines_add_up {
            self.lines.sort_by_key(|line| line.id.clone());
            self.returns.sort_by_key(|line| line.id.clone());
        }
        self
    }

    /// What one part of a receipt leaves out, the other part may tell. Where they contradict each other, a fixed one
    /// is kept, whichever part wins otherwise: so three parts make the same in any order.
    fn fill_gaps(&mut self, other: &Self) {
        fill(&mut self.email, &other.email, Clone::clone);
        fill(&mut self.customer_number, &other.customer_number, Clone::clone);
        fill(&mut self.first_name, &other.first_name, Clone::clone);
        fill(&mut self.language, &other.language, Clone::clone);
        fill(&mut self.country, &other.country, Clone::clone);
        fill(&mut self.delivered_at, &other.delivered_at, Clone::clone);
        fill(&mut self.consent, &other.consent, |proof| {
            (proof.at, proof.source.clone(), proof.text_version.clone())
        });
    }

    /// Without what [`Self::fill_gaps`] and the union of the lines bring together.
    fn without_parts(&mut self) {
        (self.lines, self.returns) = (Vec::new(), Vec::new());
        (self.email, self.customer_number, self.first_name) = (None, None, None);
        (self.language, self.country) = (None, None);
        (self.delivered_at, self.consent) = (None, None);
    }
}

/// Keeps the larger of two by a fixed order.
fn fill<T: Clone, K: Ord>(mine: &mut Option<T>, other: &Option<T>, rank: impl Fn(&T) -> K) {
    if mine.as_ref().map(&rank) < other.as_ref().map(&rank) {
        mine.clone_from(other);
    }
}

/// Adds the items whose id is not there yet and sorts by id, so that the result is the same for any arrival order. Of
/// two with one id, the one that ranks higher stays.
fn union<T, K: Ord>(mine: &mut Vec<T>, others: Vec<T>, rank: impl Fn(&T) -> (LineId, K)) {
    let places = mine.iter().enumerate().rev().map(|(at, item)| (rank(item).0, at));
    let mut places: BTreeMap<LineId, usize> = places.collect();
    for item in others {
        let (id, new) = rank(&item);
        match places.get(&id).and_then(|at| mine.get_mut(*at)) {
            Some(known) if rank(known).1 < new => *known = item,
            Some(_) => {}
            None => {
                places.insert(id, mine.len());
                mine.push(item);
            }
        }
    }
    mine.sort_by_cached_key(|item| rank(item).0);
}

/// What the source says of a line, without what the feed added: all of it, so that no two lines rank alike.
fn told(line: &Line) -> impl Ord + use<> {
    let Line { id: _, sku, product_ids, title, quantity, unit_price, odd_minor, details: _ } = line.clone();
    (quantity, unit_price.minor, odd_minor, title, sku, product_ids, unit_price.currency)
}

/// A refund told twice with different pieces keeps the larger number per line: a refund is never taken back.
fn larger(known: &Refund, new: &Refund) -> Refund {
    let mut merged = known.clone();
    merged.at = earliest(known.at, new.at);
    keep_larger(&mut merged.pieces, &new.pieces);
    keep_larger(&mut merged.by_sku, &new.by_sku);
    merged
}

fn keep_larger<K: Ord + Clone>(known: &mut BTreeMap<K, u32>, new: &BTreeMap<K, u32>) {
    for (key, pieces) in new {
        let kept = known.entry(key.clone()).or_insert(0);
        *kept = (*kept).max(*pieces);
    }
}

/// A fixed order between two snapshots of one revision. The feed's details are left out: they are ours, not the source's.
fn tie_break(snapshot: &OrderSnapshot) -> String {
    let mut bare = snapshot.clone();
    bare.lines.iter_mut().for_each(|line| line.details = LineDetails::default());
    if bare.lines_add_up {
        bare.without_parts();
    }
    serde_json::to_string(&bare).unwrap_or_default()
}

#[cfg(test)]
mod tests;
