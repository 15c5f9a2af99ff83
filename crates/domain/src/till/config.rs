//! How a shop's till writes its files: the table `[till]` of the shop file.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::delimited::amount::DecimalMark;
use crate::delimited::date::DateOrder;
use crate::language::Language;

/// What may be told about till files. Nothing is needed for files with a header that is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TillConfig {
    /// Names of columns that differ from the known ones: `receipt = "Bon-Nr."`.
    pub columns: BTreeMap<TillField, String>,
    /// The language of buyers without one, by country as the file writes it: `Österreich = "de"`, `CH = "de"`.
    pub countries: BTreeMap<String, Language>,
    /// Which number of `03/04/2026` is the day.
    pub date_order: DateOrder,
    /// The character before the decimals. Without it: the comma in files with semicolons, else the point.
    pub decimal_mark: Option<DecimalMark>,
    /// Within what a receipt number stands for one receipt only.
    pub receipts_unique_per: ReceiptScope,
    /// SKUs that are no goods, such as carrier bags and postage; `VOUCHER*` stands for all that begin so.
    pub not_goods: Vec<String>,
}

impl TillConfig {
    /// Whether the list of what is no goods names a SKU, in whatever letter case.
    pub(super) fn is_no_goods(&self, sku: &str) -> bool {
        self.not_goods.iter().any(|entry| match entry.strip_suffix('*') {
            Some(prefix) => sku.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix)),
            None => sku.eq_ignore_ascii_case(entry),
        })
    }
}

/// Within what a receipt number stands for one receipt only.
///
/// It decides the order number, so changing it makes new orders of files that are read again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptScope {
    /// The whole shop: the order number is the receipt number.
    Shop,
    /// A store: the order number is `store/receipt` where the row names a store.
    #[default]
    Store,
    /// A store's day, for tills that begin at 1 each morning: `store/2026-11-22/receipt`.
    StoreDay,
}

/// What a column can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TillField {
    /// The receipt number.
    Receipt,
    /// When the receipt was printed.
    Timestamp,
    /// The store.
    Store,
    /// The stock keeping unit.
    Sku,
    /// The name on the receipt.
    Title,
    /// Pieces; negative when given back.
    Quantity,
    /// The price of one piece.
    UnitPrice,
    /// The price of all pieces of the row, for files without a unit price.
    LineTotal,
    /// The currency, if it differs from the shop's.
    Currency,
    /// The buyer's address.
    Email,
    /// The buyer's first name.
    FirstName,
    /// The buyer's number; an address is taken as one.
    Customer,
    /// The buyer's country, as a code or a name.
    Country,
    /// The buyer's language.
    Language,
    /// When she agreed to be mailed.
    ConsentAt,
    /// Where she agreed.
    ConsentSource,
    /// Which text she agreed to.
    ConsentText,
    /// The receipt on which goods were bought that are given back here.
    OriginalReceipt,
    /// The number of the row within the receipt.
    Line,
}

impl TillField {
    /// Every field, in the order of declaration.
    pub const ALL: [Self; 19] = [
        Self::Receipt,
        Self::Timestamp,
        Self::Store,
        Self::Sku,
        Self::Title,
        Self::Quantity,
        Self::UnitPrice,
        Self::LineTotal,
        Self::Currency,
        Self::Email,
        Self::FirstName,
        Self::Customer,
        Self::Country,
        Self::Language,
        Self::ConsentAt,
        Self::ConsentSource,
        Self::ConsentText,
        Self::OriginalReceipt,
        Self::Line,
    ];

    /// The name of the column in our own files, and of the key in the shop file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Receipt => "receipt",
            Self::Timestamp => "timestamp",
            Self::Store => "store",
            Self::Sku => "sku",
            Self::Title => "title",
            Self::Quantity => "quantity",
            Self::UnitPrice => "unit_price",
            Self::LineTotal => "line_total",
            Self::Currency => "currency",
            Self::Email => "email",
            Self::FirstName => "first_name",
            Self::Customer => "customer",
            Self::Country => "country",
            Self::Language => "language",
            Self::ConsentAt => "consent_at",
            Self::ConsentSource => "consent_source",
            Self::ConsentText => "consent_text",
            Self::OriginalReceipt => "original_receipt",
            Self::Line => "line",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shop_file_names_every_field_as_our_own_header_does() {
        for field in TillField::ALL {
            let config: TillConfig = toml::from_str(&format!("[columns]\n{} = 'X'", field.as_str())).unwrap();
            assert_eq!(config.columns.get(&field).map(String::as_str), Some("X"));
            assert_eq!(TillField::ALL.iter().position(|known| *known == field), Some(field as usize));
        }
    }

    #[test]
    fn a_key_that_nobody_knows_is_refused() {
        assert!(toml::from_str::<TillConfig>("datum = 'dmy'").is_err());
        assert!(toml::from_str::<TillConfig>("[columns]\nbon = 'X'").is_err());
    }

    #[test]
    fn a_shop_file_can_say_all_of_it() {
        let config: TillConfig = toml::from_str(
            "date_order = 'mdy'\ndecimal_mark = 'comma'\nreceipts_unique_per = 'store_day'\n\
             not_goods = ['BAG', 'POST*']\n[countries]\nCH = 'de'\n\"United Kingdom\" = 'en'",
        )
        .unwrap();
        assert_eq!(config.receipts_unique_per, ReceiptScope::StoreDay);
        assert_eq!(config.countries.len(), 2);
    }

    #[test]
    fn the_schema_of_the_shop_file_names_every_key() {
        let schema = serde_json::to_string(&schemars::schema_for!(TillConfig)).unwrap();
        for key in [
            "columns",
            "countries",
            "date_order",
            "decimal_mark",
            "receipts_unique_per",
            "not_goods",
            "store_day",
        ] {
            assert!(schema.contains(&format!("\"{key}\"")), "{key}");
        }
    }
}
