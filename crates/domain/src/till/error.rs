//! Why a till file or a row of it is not taken.

use crate::delimited::DelimitedError;

use super::row::MAX_PIECES;

/// Why a till file cannot be read, or not to its end.
#[derive(Debug, thiserror::Error)]
pub enum TillError {
    /// It cannot be read as rows.
    #[error(transparent)]
    File(#[from] DelimitedError),
    /// The first row holds numbers, dates or an address.
    #[error("the first row is no header; put a row with the names of the columns above it")]
    NoHeader,
    /// The shop file names a column that the file does not have.
    #[error(
        "there is no column {column:?} for {field}; the header has {seen}; correct [till.columns] in the shop file"
    )]
    MappedColumn {
        /// The key in the shop file.
        field: &'static str,
        /// The column it names.
        column: String,
        /// The columns that there are.
        seen: String,
    },
    /// Columns without which no row can be read.
    #[error(
        "the column {missing} is missing; the header has {seen}; rename the column or name it in [till.columns] of the shop file"
    )]
    MissingColumns {
        /// The columns, separated by commas.
        missing: String,
        /// The columns that there are.
        seen: String,
    },
}

/// Why a row is not taken, in words without its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadRow {
    #[error("the receipt number is empty")]
    NoReceipt,
    #[error(
        "a spreadsheet has turned the receipt number into a number such as 1,23E+15, its digits are lost"
    )]
    DamagedReceipt,
    #[error("the receipt number is too long or holds control characters")]
    Receipt,
    #[error("the timestamp is no date with or without a time")]
    Timestamp,
    #[error("a spreadsheet has turned the SKU into a number such as 1,23E+15, its digits are lost")]
    DamagedSku,
    #[error("the SKU is too long or holds control characters")]
    Sku,
    #[error("the quantity is no whole number up to {MAX_PIECES}")]
    Quantity,
    #[error("the currency is no code of three letters")]
    Currency,
    #[error("the price is no amount of money")]
    Price,
    #[error("the row has another currency than the rows of the receipt before it")]
    MixedCurrency,
    #[error("goods without a SKU cannot be given back")]
    ReturnWithoutSku,
    #[error("the row has neither a SKU nor a title")]
    NoGoodsNamed,
    #[error("the line number is too long or holds control characters")]
    Line,
}

impl BadRow {
    /// What to do about it.
    pub(super) const fn remedy(self) -> &'static str {
        match self {
            Self::NoReceipt => "write the receipt number into every row",
            Self::DamagedReceipt | Self::DamagedSku => {
                "export the file again with the column formatted as text"
            }
            Self::Receipt | Self::Sku | Self::Line => "use at most 128 letters, digits and signs",
            Self::Timestamp => {
                "write it like 2026-11-22T10:05:00+01:00, 2026-11-22 10:05 or 22.11.2026 10:05"
            }
            Self::Quantity => "write pieces as a whole number, negative when they are given back",
            Self::Currency => "write it like EUR",
            Self::Price => "write it like 12.50; set decimal_mark in [till] if it is misread",
            Self::MixedCurrency => "give a receipt one currency",
            Self::ReturnWithoutSku | Self::NoGoodsNamed => "write the SKU into the row",
        }
    }
}
