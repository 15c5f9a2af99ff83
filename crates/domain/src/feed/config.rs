//! How a shop's feed is to be read.

use std::num::NonZeroUsize;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::money::Currency;

use super::error::{FeedError, Limit};

/// The `[feed]` table of a shop's file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FeedConfig {
    /// The attribute that holds the SKU: `mpn`, `id`, `gtin`, or a column of the shop's own.
    pub sku: String,
    /// How to cut the SKU out of that attribute. Left out: it is taken whole.
    pub sku_pattern: Option<SkuPattern>,
    /// The attribute that holds the lowest price of the last 30 days. Left out: `custom_label_4`, where it holds
    /// an amount with its currency.
    pub lowest_price: Option<String>,
    /// A feed that has lost more than so many percent of its products waits for somebody to look.
    pub max_shrink_percent: u8,
}

impl Default for FeedConfig {
    fn default() -> Self {
        Self { sku: "mpn".to_owned(), sku_pattern: None, lowest_price: None, max_shrink_percent: 30 }
    }
}

/// How to cut a SKU out of a longer id such as `shopify_DE_<product>_<variant>`; the steps apply in this order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SkuPattern {
    /// Taken off the front where it stands there.
    pub strip_prefix: String,
    /// Taken off the end where it stands there.
    pub strip_suffix: String,
    /// Keeps one part of what is left.
    pub split: Option<Split>,
}

/// One part of a text that a character divides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// The dividing character.
    pub by: char,
    /// Which part to keep, from 1.
    pub part: NonZeroUsize,
}

impl SkuPattern {
    /// The SKU within a text; `None` when the part to keep is not there.
    #[must_use]
    pub fn cut<'a>(&self, text: &'a str) -> Option<&'a str> {
        let text = text.strip_prefix(self.strip_prefix.as_str()).unwrap_or(text);
        let text = text.strip_suffix(self.strip_suffix.as_str()).unwrap_or(text);
        match self.split {
            None => Some(text),
            Some(Split { by, part }) => text.split(by).nth(part.get() - 1),
        }
    }
}

/// What a reader must know beside the file itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedContext {
    /// The shop's currency; a price in another one is refused.
    pub currency: Currency,
    /// The file's path below the bucket's root, for the report.
    pub file: String,
    /// The caps.
    pub limits: FeedLimits,
}

impl FeedContext {
    /// A file of a shop, with the usual caps.
    #[must_use]
    pub fn new(currency: Currency, file: &str) -> Self {
        Self { currency, file: file.to_owned(), limits: FeedLimits::default() }
    }
}

/// Caps that keep a broken or hostile file from filling memory or running for hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedLimits {
    /// Bytes of the file, after decompression.
    pub inflated: u64,
    /// How many times its size a file may unpack to, once it is beyond the first MiB. Feeds pack 10 to 30 times;
    /// deflate's most is 1,032.
    pub ratio: u64,
    /// Products, or rows of a table.
    pub rows: u64,
    /// Bytes of one value that is used; a longer one costs its row. One tag, text or row may hold 16 times as much,
    /// read or not; beyond that the file is refused.
    pub field: usize,
    /// Elements within elements.
    pub nesting: usize,
}

impl FeedLimits {
    /// Bytes of one tag, text or table row: a long description that nobody reads must not cost the file.
    #[must_use]
    pub fn piece(&self) -> u64 {
        u64::try_from(self.field).unwrap_or(u64::MAX).saturating_mul(16)
    }

    /// Refuses a file once it has brought more rows than allowed.
    pub(super) const fn check_rows(&self, rows: u64, line: u64) -> Result<(), FeedError> {
        if rows <= self.rows {
            return Ok(());
        }
        let limit = Limit::Rows(self.rows);
        Err(FeedError::Limit { line, limit })
    }
}

impl Default for FeedLimits {
    fn default() -> Self {
        Self { inflated: 4 << 30, ratio: 200, rows: 2_000_000, field: 64 << 10, nesting: 16 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(toml: &str) -> SkuPattern {
        let config: FeedConfig = toml::from_str(&format!("sku_pattern = {toml}")).unwrap();
        config.sku_pattern.unwrap()
    }

    #[test]
    fn the_sku_is_cut_out_of_a_channel_id() {
        let by_part = pattern(r#"{ split = { by = "_", part = 4 } }"#);
        assert_eq!(by_part.cut("shopify_DE_632910392_39072856"), Some("39072856"));
        assert_eq!(by_part.cut("LUN-7"), None);
        let by_prefix = pattern(r#"{ strip_prefix = "shopify_DE_", split = { by = "_", part = 1 } }"#);
        assert_eq!(by_prefix.cut("shopify_DE_632910392_39072856"), Some("632910392"));
        let by_both = pattern(r#"{ strip_prefix = "de-", strip_suffix = "-new" }"#);
        assert_eq!(by_both.cut("de-LUN-7-new"), Some("LUN-7"));
        assert_eq!(by_both.cut("LUN-7"), Some("LUN-7"));
    }

    #[test]
    fn a_misspelt_key_and_a_part_zero_are_refused() {
        for wrong in [
            "sku_patern = {}",
            r#"sku_pattern = { split = { by = "_", part = 0 } }"#,
            r#"sku_pattern = { split = { by = "", part = 1 } }"#,
            r#"sku_pattern = { split = { by = "_" } }"#,
        ] {
            assert!(toml::from_str::<FeedConfig>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_empty_table_means_the_usual() {
        let config: FeedConfig = toml::from_str("").unwrap();
        assert_eq!(config, FeedConfig::default());
        assert_eq!((config.sku.as_str(), config.max_shrink_percent), ("mpn", 30));
    }
}
