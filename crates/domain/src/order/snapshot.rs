//! An order as its source describes it at one moment, and how two of them make one.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::line::{Line, LineDetails};
use super::{Channel, Payment};
use crate::consent::ConsentProof;
use crate::email::EmailAddress;
use crate::id::{LineId, Sku};
use crate::language::{Country, Language};
use crate::money::Currency;

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

impl OrderSnapshot {
    /// What two of them make: the newer one wins; of two with one revision, the one whose content sorts last (any fixed
    /// rule serves). Parts of a receipt add up.
    pub(super) fn joined(self, new: Self) -> Self {
        let newer = (new.revision, tie_break(&new)) > (self.revision, tie_break(&self));
        let (mut winner, other) = if newer { (new, self) } else { (self, new) };
        if winner.lines_add_up && other.lines_add_up {
            winner.fill_gaps(&other);
            union(&mut winner.lines, other.lines, |line| (line.id.clone(), line.told()));
            union(&mut winner.returns, other.returns, |back| {
                (back.id.clone(), (back.pieces, back.sku.clone()))
            });
        } else {
            keep_details(&mut winner.lines, other.lines);
        }
        winner
    }

    /// Parts of a receipt are kept in the order of their line ids from the first one on, so that hearing one again
    /// changes nothing.
    pub(super) fn sorted(mut self) -> Self {
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

/// What the feed told of a line holds for the same line told later: the product may have left the feed since.
fn keep_details(lines: &mut [Line], others: Vec<Line>) {
    let mut known: BTreeMap<LineId, Line> = others.into_iter().map(|line| (line.id.clone(), line)).collect();
    for line in lines.iter_mut().filter(|line| line.details == LineDetails::default()) {
        let same = |known: &Line| known.sku == line.sku && known.product_ids == line.product_ids;
        if let Some(known) = known.remove(&line.id).filter(same) {
            line.details = known.details;
        }
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

/// A fixed order between two snapshots of one revision. The feed's details are left out: they are ours, not the source's.
fn tie_break(snapshot: &OrderSnapshot) -> String {
    let mut bare = snapshot.clone();
    bare.lines.iter_mut().for_each(|line| line.details = LineDetails::default());
    if bare.lines_add_up {
        bare.without_parts();
    }
    serde_json::to_string(&bare).unwrap_or_default()
}
