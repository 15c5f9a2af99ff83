//! The rows of one receipt, gathered.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::id::{LineId, OrderKey, OrderNumber, ProductId, RefundId, Sku, content_hash};
use crate::money::Currency;
use crate::order::{Channel, Line, LineDetails, OrderEvent, OrderSnapshot, Payment, Refund, ReturnedPieces};
use crate::report::FileReport;
use crate::text::clean_line;

use super::buyer::Buyer;
use super::error::BadRow;
use super::line_id::EqualRows;
use super::reader::TillContext;
use super::returned::{GivenBack, named_return};
use super::row::{Pieces, TillRow};

/// Longest title that is kept, in characters.
const MAX_TITLE: usize = 150;
/// A receipt of more rows is handed on in parts that add up.
const MAX_ROWS: usize = 1_000;

/// A receipt of which more rows may follow.
#[derive(Debug)]
pub(super) struct OpenReceipt {
    /// The number as the rows write it.
    pub(super) receipt: String,
    pub(super) number: OrderNumber,
    /// The earliest of its rows.
    pub(super) at: Timestamp,
    currency: Currency,
    buyer: Buyer,
    /// What the last row said of the buyer, if nothing was wrong with it.
    pub(super) buyer_words: String,
    rows: usize,
    /// Whether some row says more than that goods of another receipt came back.
    of_its_own: bool,
    lines: Vec<Line>,
    returned: Vec<Returned>,
}

/// A row that gives back.
#[derive(Debug)]
struct Returned {
    id: LineId,
    at: Timestamp,
    sku: Sku,
    pieces: u32,
    original: Option<OrderNumber>,
}

impl OpenReceipt {
    /// Begins the receipt of a row, without the row.
    pub(super) fn begin(row: &TillRow<'_>) -> Self {
        Self {
            receipt: row.receipt.to_owned(),
            number: row.number.clone(),
            at: row.at,
            currency: row.price.each.currency,
            buyer: Buyer::default(),
            buyer_words: String::new(),
            rows: 0,
            of_its_own: false,
            lines: Vec::new(),
            returned: Vec::new(),
        }
    }

    /// Whether a row belongs to it and there is room.
    pub(super) fn takes(&self, number: &OrderNumber) -> bool {
        self.number == *number && self.rows < MAX_ROWS
    }

    /// Adds a row.
    pub(super) fn add(
        &mut self,
        row: TillRow<'_>,
        line: u64,
        buyer: Buyer,
        equal_rows: &mut EqualRows,
        report: &mut FileReport,
    ) -> Result<(), BadRow> {
        if row.price.each.currency != self.currency {
            return Err(BadRow::MixedCurrency);
        }
        let id = self.line_id(&row, line, equal_rows, report)?;
        self.rows += 1;
        self.at = self.at.min(row.at);
        self.buyer.fill(buyer, line, report);
        match (row.pieces, row.sku.clone()) {
            (Pieces::GivenBack(pieces), Some(sku)) => {
                self.of_its_own |= row.original.is_none();
                self.returned.push(Returned { id, at: row.at, sku, pieces, original: row.original });
            }
            (Pieces::Sold(quantity), _) => {
                self.of_its_own = true;
                self.lines.push(bought(id, &row, quantity));
            }
            (Pieces::NoGoods | Pieces::GivenBack(_), _) => self.of_its_own = true,
        }
        Ok(())
    }

    /// The row's own line number, unless the receipt has had it.
    fn line_id(
        &self,
        row: &TillRow<'_>,
        line: u64,
        equal_rows: &mut EqualRows,
        report: &mut FileReport,
    ) -> Result<LineId, BadRow> {
        match &row.line {
            Some(id) if !self.has_line(id) => return Ok(id.clone()),
            Some(_) => report.warning(
                line,
                "the line number stands twice in the receipt; the row was taken all the same",
                "give each row of a receipt a number of its own",
            ),
            None => {}
        }
        LineId::parse(&equal_rows.id(row)).map_err(|_| BadRow::Line)
    }

    fn has_line(&self, id: &LineId) -> bool {
        self.lines.iter().any(|line| line.id == *id)
            || self.returned.iter().any(|returned| returned.id == *id)
    }

    /// What the receipt tells: at most one event of its own, and one return for each row that names another receipt.
    pub(super) fn close(mut self, context: &TillContext) -> Vec<OrderEvent> {
        let key = |number| OrderKey { shop: context.shop.clone(), source: context.source.clone(), number };
        let (named, unnamed) = split_named(std::mem::take(&mut self.returned));
        let returns = named.into_iter().map(|(original, back)| {
            named_return(key(original), refund_id(&self.number, &back.id), back.at, back.sku, back.pieces)
        });
        let mut items: Vec<OrderEvent> = returns.collect();
        if self.of_its_own {
            let own = key(self.number.clone());
            items.insert(0, self.event(own, unnamed));
        }
        items
    }

    /// Goods bought and given back on one receipt are a refund of it; what it has not sold is left as a return.
    fn event(self, key: OrderKey, unnamed: Vec<Returned>) -> OrderEvent {
        let (mut refunds, mut returns) = (BTreeMap::new(), Vec::new());
        let mut given_back = GivenBack::default();
        for returned in unnamed {
            let (pieces, rest) = given_back.take(&self.lines, &returned.sku, returned.pieces);
            if !pieces.is_empty() {
                let at = Some(returned.at);
                refunds.insert(
                    refund_id(&self.number, &returned.id),
                    Refund { at, pieces, ..Refund::default() },
                );
            }
            if rest > 0 {
                returns.push(ReturnedPieces { id: returned.id, sku: returned.sku, pieces: rest });
            }
        }
        OrderEvent { key, snapshot: Some(self.snapshot(returns)), cancelled_at: None, refunds }
    }

    fn snapshot(mut self, returns: Vec<ReturnedPieces>) -> OrderSnapshot {
        // A vector grows by doubling; a dry run holds all receipts at once.
        self.lines.shrink_to_fit();
        OrderSnapshot {
            revision: self.at,
            placed_at: self.at,
            delivered_at: None,
            channel: Channel::Retail,
            payment: Payment::Paid,
            test: false,
            email: self.buyer.email,
            customer_number: self.buyer.customer_number,
            first_name: self.buyer.first_name,
            language: self.buyer.language,
            country: self.buyer.country,
            consent: self.buyer.consent,
            currency: self.currency,
            lines: self.lines,
            lines_add_up: true,
            returns,
            codes_used: Vec::new(),
        }
    }
}

fn bought(id: LineId, row: &TillRow<'_>, quantity: u32) -> Line {
    let product_id = row.sku.as_ref().and_then(|sku| ProductId::parse(sku.as_str()).ok());
    Line {
        id,
        sku: row.sku.clone(),
        product_ids: product_id.into_iter().collect(),
        title: clean_line(row.title, MAX_TITLE),
        quantity,
        unit_price: row.price.each,
        odd_minor: row.price.odd_minor,
        details: LineDetails::default(),
    }
}

fn split_named(returned: Vec<Returned>) -> (Vec<(OrderNumber, Returned)>, Vec<Returned>) {
    let (mut named, mut unnamed) = (Vec::new(), Vec::new());
    for mut row in returned {
        match row.original.take() {
            Some(original) => named.push((original, row)),
            None => unnamed.push(row),
        }
    }
    (named, unnamed)
}

/// Unique within the order that gets the refund, and the same whenever the row is read again.
fn refund_id(number: &OrderNumber, line: &LineId) -> RefundId {
    let hash = content_hash(format!("{number}\u{0}{line}").as_bytes());
    RefundId::parse(&hash).unwrap_or_else(|_| unreachable!("a hash is a valid id"))
}
