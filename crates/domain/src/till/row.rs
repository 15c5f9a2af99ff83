//! One row of a till file.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::delimited::amount::{DecimalMark, plain_number, whole_number};
use crate::delimited::date::Written;
use crate::delimited::{Row, is_spreadsheet_damage};
use crate::id::{LineId, OrderNumber, Sku};
use crate::money::{Currency, Money};

use super::config::{ReceiptScope, TillConfig, TillField};
use super::country::Languages;
use super::error::BadRow;
use super::layout::{Dialect, Layout};
use super::reader::TillContext;

/// Most pieces of a row; more is a number in the wrong column, and the sums of an order stay within 32 bits.
pub(super) const MAX_PIECES: u32 = 1_000_000;

/// What a row says, but for its buyer.
pub(super) struct TillRow<'a> {
    /// The receipt number as the row writes it.
    pub(super) receipt: &'a str,
    /// The order number that it makes.
    pub(super) number: OrderNumber,
    pub(super) at: Timestamp,
    /// The row's line number, if the file has such a column.
    pub(super) line: Option<LineId>,
    pub(super) sku: Option<Sku>,
    pub(super) title: &'a str,
    /// As written; negative when given back.
    pub(super) quantity: i64,
    pub(super) price: Price,
    pub(super) pieces: Pieces,
    /// The receipt on which returned goods were bought.
    pub(super) original: Option<OrderNumber>,
}

/// What a row does to its receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pieces {
    Sold(u32),
    GivenBack(u32),
    /// Postage, fees, vouchers, corrections.
    NoGoods,
}

/// Reads rows of one file.
pub(super) struct RowParser<'a> {
    pub(super) layout: Layout,
    pub(super) config: &'a TillConfig,
    pub(super) context: &'a TillContext,
    pub(super) languages: Languages,
    mark: DecimalMark,
}

impl<'a> RowParser<'a> {
    pub(super) fn new(
        layout: Layout,
        config: &'a TillConfig,
        context: &'a TillContext,
        delimiter: u8,
    ) -> Self {
        Self {
            languages: Languages::new(&config.countries),
            layout,
            config,
            context,
            mark: config.decimal_mark.unwrap_or(DecimalMark::of_delimiter(delimiter)),
        }
    }

    /// Reads a row; one without a timestamp has that of the receipt before it, if it belongs to it.
    pub(super) fn parse<'r>(
        &self,
        row: Row<'r>,
        before: Option<(&str, Timestamp)>,
    ) -> Result<TillRow<'r>, BadRow> {
        let receipt = self.receipt(row)?;
        let at = self.printed_at(row, before.filter(|(known, _)| *known == receipt))?;
        let number = self.number(row, receipt, at)?;
        let quantity = self.quantity(row, receipt)?;
        let price = self.price(row, quantity)?;
        let (sku, title) = (self.sku(row)?, self.layout.text(row, TillField::Title));
        let pieces = self.pieces(sku.as_ref(), quantity, price)?;
        match (pieces, &sku) {
            (Pieces::GivenBack(_), None) => return Err(BadRow::ReturnWithoutSku),
            (Pieces::Sold(_), None) if title.is_empty() => return Err(BadRow::NoGoodsNamed),
            _ => {}
        }
        Ok(TillRow {
            original: self.original(row, &number)?,
            line: self.line(row)?,
            receipt,
            number,
            at,
            sku,
            title,
            quantity,
            price,
            pieces,
        })
    }

    fn printed_at(&self, row: Row<'_>, before: Option<(&str, Timestamp)>) -> Result<Timestamp, BadRow> {
        let own = self.timestamp(row, TillField::Timestamp);
        let empty = self.layout.text(row, TillField::Timestamp).is_empty();
        own.or(before.map(|(_, at)| at).filter(|_| empty)).ok_or(BadRow::Timestamp)
    }

    /// A moment that a field tells; `None` when it is empty or unreadable.
    pub(super) fn timestamp(&self, row: Row<'_>, field: TillField) -> Option<Timestamp> {
        let text = self.layout.text(row, field);
        let written = Written::parse(text, self.config.date_order)?;
        match (written, self.layout.dialect) {
            (Written::Local(_), Dialect::Emarsys) => written.timestamp(&TimeZone::UTC),
            _ => written.timestamp(&self.context.time_zone),
        }
    }

    fn receipt<'r>(&self, row: Row<'r>) -> Result<&'r str, BadRow> {
        match self.layout.text(row, TillField::Receipt) {
            "" => Err(BadRow::NoReceipt),
            damaged if is_spreadsheet_damage(damaged) => Err(BadRow::DamagedReceipt),
            receipt => Ok(receipt),
        }
    }

    fn number(&self, row: Row<'_>, receipt: &str, at: Timestamp) -> Result<OrderNumber, BadRow> {
        let store = match self.layout.text(row, TillField::Store) {
            "" => String::new(),
            store => format!("{store}/"),
        };
        let number = match self.config.receipts_unique_per {
            ReceiptScope::Shop => receipt.to_owned(),
            ReceiptScope::Store => store + receipt,
            ReceiptScope::StoreDay => {
                let day = at.to_zoned(self.context.time_zone.clone()).date();
                format!("{store}{day}/{receipt}")
            }
        };
        OrderNumber::parse(&number).map_err(|_| BadRow::Receipt)
    }

    /// A receipt that is named stands in the row's store, unless it is written as an order number: with a store before it. A
    /// till whose own numbers hold a `/` must write its own store. Where a number holds for a day alone and no day is
    /// written, nobody knows which receipt is meant.
    fn original(&self, row: Row<'_>, own: &OrderNumber) -> Result<Option<OrderNumber>, BadRow> {
        let text = self.layout.text(row, TillField::OriginalReceipt);
        if text.is_empty() {
            return Ok(None);
        }
        if is_spreadsheet_damage(text) {
            return Err(BadRow::DamagedReceipt);
        }
        let store = self.layout.text(row, TillField::Store);
        let own_store = text.strip_prefix(store).is_some_and(|rest| rest.starts_with('/'));
        let slashes = self.layout.text(row, TillField::Receipt).contains('/');
        let whole = own_store || (text.contains('/') && !slashes);
        let number = match self.config.receipts_unique_per {
            ReceiptScope::StoreDay if !whole => return Ok(None),
            ReceiptScope::Store if !whole && !store.is_empty() => format!("{store}/{text}"),
            ReceiptScope::Shop | ReceiptScope::Store | ReceiptScope::StoreDay => text.to_owned(),
        };
        let number = OrderNumber::parse(&number).map_err(|_| BadRow::Receipt)?;
        Ok(Some(number).filter(|number| number != own))
    }

    /// An "Online Retail" invoice that begins with C gives back, whatever sign its quantity has.
    fn quantity(&self, row: Row<'_>, receipt: &str) -> Result<i64, BadRow> {
        let text = self.layout.text(row, TillField::Quantity);
        let quantity = whole_number(text, self.mark).ok_or(BadRow::Quantity)?;
        if quantity.unsigned_abs() > u64::from(MAX_PIECES) {
            return Err(BadRow::Quantity);
        }
        let cancels = self.layout.dialect == Dialect::OnlineRetail && receipt.starts_with(['C', 'c']);
        Ok(if cancels { -quantity.abs() } else { quantity })
    }

    fn price(&self, row: Row<'_>, quantity: i64) -> Result<Price, BadRow> {
        let currency = match self.layout.text(row, TillField::Currency) {
            "" => self.context.currency,
            code => Currency::parse(code).map_err(|_| BadRow::Currency)?,
        };
        let amount = |field| match self.layout.text(row, field) {
            "" => Ok(None),
            text => plain_number(text, self.mark)
                .and_then(|plain| Money::parse_rounded(&plain, currency).ok())
                .map(Some)
                .ok_or(BadRow::Price),
        };
        match amount(TillField::UnitPrice)? {
            Some(each) => Ok(Price { each: given_back(each, quantity), odd_minor: 0 }),
            None => amount(TillField::LineTotal)?
                .map_or(Err(BadRow::Price), |total| Ok(Price::of_total(total, quantity))),
        }
    }

    fn sku(&self, row: Row<'_>) -> Result<Option<Sku>, BadRow> {
        match self.layout.text(row, TillField::Sku) {
            "" => Ok(None),
            damaged if is_spreadsheet_damage(damaged) => Err(BadRow::DamagedSku),
            text => Sku::parse(text).map(Some).map_err(|_| BadRow::Sku),
        }
    }

    fn line(&self, row: Row<'_>) -> Result<Option<LineId>, BadRow> {
        match self.layout.text(row, TillField::Line) {
            "" => Ok(None),
            text => LineId::parse(text).map(Some).map_err(|_| BadRow::Line),
        }
    }

    fn pieces(&self, sku: Option<&Sku>, quantity: i64, price: Price) -> Result<Pieces, BadRow> {
        let pieces = u32::try_from(quantity.unsigned_abs()).map_err(|_| BadRow::Quantity)?;
        if quantity == 0 || price.is_nothing() || sku.is_some_and(|sku| self.is_no_goods(sku.as_str())) {
            return Ok(Pieces::NoGoods);
        }
        Ok(if quantity > 0 { Pieces::Sold(pieces) } else { Pieces::GivenBack(pieces) })
    }

    fn is_no_goods(&self, sku: &str) -> bool {
        let mut built_in = self.layout.dialect.not_goods().iter();
        built_in.any(|known| sku.eq_ignore_ascii_case(known)) || self.config.is_no_goods(sku)
    }
}

/// What a row's pieces cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Price {
    /// One of them.
    pub(super) each: Money,
    /// What all of them cost beyond that.
    pub(super) odd_minor: i64,
}

/// Some tills write the amounts of what is given back below zero, some do not.
const fn given_back(amount: Money, quantity: i64) -> Money {
    if quantity < 0 { Money::new(amount.minor.saturating_abs(), amount.currency) } else { amount }
}

impl Price {
    /// The price of one piece out of that of the line, rounded half up.
    fn of_total(total: Money, quantity: i64) -> Self {
        let pieces = i128::from(quantity.unsigned_abs().max(1));
        let minor = i128::from(given_back(total, quantity).minor);
        let each = (minor * 2 + pieces).div_euclid(pieces * 2);
        let fitting = |minor| i64::try_from(minor).unwrap_or(0);
        Self { each: Money::new(fitting(each), total.currency), odd_minor: fitting(minor - each * pieces) }
    }

    /// Whether nothing was paid.
    const fn is_nothing(self) -> bool {
        self.each.minor < 0 || (self.each.minor == 0 && self.odd_minor <= 0)
    }
}
