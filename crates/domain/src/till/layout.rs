//! Which column of a file holds what.

use crate::delimited::date::{DateOrder, Written};
use crate::delimited::{Header, Row};

use super::config::{TillConfig, TillField};
use super::error::TillError;

/// Whose columns a file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Ours: [`TillField::as_str`].
    Own,
    /// The sales file of Emarsys: `item, price, order, timestamp, customer or email, quantity`, extra columns with a
    /// prefix. The price is that of the whole line; a time without an offset is UTC.
    Emarsys,
    /// The "Online Retail" data set of the UCI repository: `InvoiceNo, StockCode, …`; an invoice number that begins
    /// with C cancels.
    OnlineRetail,
}

impl Dialect {
    /// The columns that a dialect names in its own way.
    const fn names(self) -> &'static [(TillField, &'static str)] {
        match self {
            Self::Own => &[],
            Self::Emarsys => &[
                (TillField::Receipt, "order"),
                (TillField::Sku, "item"),
                (TillField::LineTotal, "price"),
                (TillField::Store, "s_store_id"),
            ],
            Self::OnlineRetail => &[
                (TillField::Receipt, "InvoiceNo"),
                (TillField::Timestamp, "InvoiceDate"),
                (TillField::Sku, "StockCode"),
                (TillField::Title, "Description"),
                (TillField::Customer, "CustomerID"),
            ],
        }
    }

    /// SKUs that are no goods in any file of the dialect.
    pub(super) const fn not_goods(self) -> &'static [&'static str] {
        match self {
            Self::Own | Self::Emarsys => &[],
            Self::OnlineRetail => &["POST", "D", "M", "BANK CHARGES", "DOT", "CRUK", "AMAZONFEE"],
        }
    }

    fn of(header: &Header) -> Self {
        let has = |names: &[&str]| names.iter().all(|name| header.position(name).is_some());
        if has(&["InvoiceNo", "StockCode", "InvoiceDate"]) {
            Self::OnlineRetail
        } else if has(&["item", "price", "order"]) {
            Self::Emarsys
        } else {
            Self::Own
        }
    }
}

/// The places of the fields in a file.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub(super) dialect: Dialect,
    places: [Option<usize>; TillField::ALL.len()],
}

impl Layout {
    /// Finds each field by the shop file's name for it, else the dialect's, else ours.
    pub(super) fn new(header: &Header, config: &TillConfig) -> Result<Self, TillError> {
        let dialect = Dialect::of(header);
        let mut places = [None; TillField::ALL.len()];
        for (place, field) in places.iter_mut().zip(TillField::ALL) {
            *place = match config.columns.get(&field) {
                Some(column) => Some(mapped(header, field, column)?),
                None => header.position(dialect_name(dialect, field)),
            };
        }
        let layout = Self { dialect, places };
        layout.check(header)?;
        Ok(layout)
    }

    /// The field of a row, trimmed; empty when the file has no such column.
    pub(super) fn text<'a>(&self, row: Row<'a>, field: TillField) -> &'a str {
        self.place(field).map_or("", |place| row.at(place))
    }

    fn place(&self, field: TillField) -> Option<usize> {
        self.places.get(field as usize).copied().flatten()
    }

    fn check(&self, header: &Header) -> Result<(), TillError> {
        let needed = [TillField::Receipt, TillField::Timestamp, TillField::Sku, TillField::Quantity];
        let absent = |field: &TillField| self.place(*field).is_none();
        let mut missing: Vec<&str> = needed.iter().copied().filter(absent).map(TillField::as_str).collect();
        if absent(&TillField::UnitPrice) && absent(&TillField::LineTotal) {
            missing.push(TillField::UnitPrice.as_str());
        }
        match missing.as_slice() {
            [] => Ok(()),
            _ if header.names().iter().any(|name| is_data(name)) => Err(TillError::NoHeader),
            _ => Err(TillError::MissingColumns { missing: missing.join(", "), seen: seen(header) }),
        }
    }
}

/// Where a file has the receipt number, if it is a till file at all.
#[must_use]
pub fn receipt_column(header: &Header, config: &TillConfig) -> Option<usize> {
    Layout::new(header, config).ok()?.place(TillField::Receipt)
}

fn dialect_name(dialect: Dialect, field: TillField) -> &'static str {
    let names = dialect.names().iter();
    names.filter(|(named, _)| *named == field).map(|(_, name)| *name).next().unwrap_or(field.as_str())
}

fn mapped(header: &Header, field: TillField, column: &str) -> Result<usize, TillError> {
    header.position(column).ok_or_else(|| {
        if header.names().iter().any(|name| is_data(name)) {
            return TillError::NoHeader;
        }
        TillError::MappedColumn { field: field.as_str(), column: column.to_owned(), seen: seen(header) }
    })
}

/// Whether a cell of the first row can be no column's name; then the row may be about a person and is not shown.
fn is_data(name: &str) -> bool {
    let number = name.contains(|c: char| c.is_ascii_digit()) && !name.contains(char::is_alphabetic);
    number || name.contains('@') || Written::parse(name, DateOrder::Dmy).is_some()
}

fn seen(header: &Header) -> String {
    const MOST: usize = 40;
    let names = header.names().iter().take(MOST);
    names.map(|name| crate::text::clean_line(name, MOST)).collect::<Vec<_>>().join(", ")
}
