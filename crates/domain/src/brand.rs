//! What holds for all shops of a brand: its series and whom to warn. File `shops/brand.toml`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::email::EmailAddress;
use crate::id::SeriesId;
use crate::product::Product;

/// The brand file.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Brand {
    /// The name of the brand.
    pub name: String,
    /// Where the recipients' pages are, https and with a slash at the end: unsubscribe links lead there.
    #[schemars(with = "String")]
    pub portal: url::Url,
    /// Who gets alerts by mail.
    #[schemars(with = "Vec<String>")]
    pub staff: Vec<EmailAddress>,
    /// When to warn about a coupon pool.
    #[serde(default)]
    pub alerts: AlertRules,
    /// The product series, most important first: a product belongs to the first whose rule it meets.
    #[serde(default)]
    pub series: Vec<SeriesRule>,
}

/// Which products make a series; one met condition suffices.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeriesRule {
    /// The name that flows use.
    pub id: SeriesId,
    /// Values of any `custom_label_*` of the feed.
    #[serde(default)]
    pub label: Vec<String>,
    /// Beginnings of the SKU.
    #[serde(default)]
    pub sku_prefix: Vec<String>,
    /// Product types of the feed, whole paths such as `Charms > Charm Club`; everything below is meant too.
    #[serde(default)]
    pub product_type: Vec<String>,
}

/// When a pool is low, and when its codes are about to end. Each alert goes out once per crossing.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AlertRules {
    /// Warn below so many free codes.
    pub free_codes: u64,
    /// Warn below so many percent of the imported codes.
    pub free_percent: u64,
    /// Warn when the free codes last fewer days than this.
    pub runway_days: u64,
    /// Warn when free codes end within so many days, or become too short for the days that a mail promises.
    pub expiry_days: u16,
}

impl Default for AlertRules {
    fn default() -> Self {
        Self { free_codes: 50, free_percent: 10, runway_days: 14, expiry_days: 14 }
    }
}

impl Brand {
    /// The series of a product of the feed.
    #[must_use]
    pub fn series_of(&self, product: &Product) -> Option<&SeriesId> {
        let sku = product.sku.as_ref().map_or("", |sku| sku.as_str());
        self.series
            .iter()
            .find(|rule| rule.meets(sku, &product.product_type, &product.labels))
            .map(|rule| &rule.id)
    }

    /// The series of a line that the feed does not know, by its SKU alone.
    #[must_use]
    pub fn series_of_sku(&self, sku: &str) -> Option<&SeriesId> {
        self.series.iter().find(|rule| rule.meets(sku, &[], &[])).map(|rule| &rule.id)
    }
}

impl SeriesRule {
    fn meets(&self, sku: &str, product_type: &[String], labels: &[String]) -> bool {
        has_prefix(&self.sku_prefix, sku)
            || labels.iter().any(|label| !label.is_empty() && self.label.contains(label))
            || self.product_type.iter().any(|path| is_below(path, product_type))
    }
}

/// Whether a text begins with one of the prefixes.
pub(crate) fn has_prefix(prefixes: &[String], text: &str) -> bool {
    prefixes.iter().any(|prefix| !prefix.is_empty() && text.starts_with(prefix.as_str()))
}

/// Whether a product's type is the path or lies below it.
pub(crate) fn is_below(path: &str, product_type: &[String]) -> bool {
    let wanted: Vec<&str> = path.split('>').map(str::trim).collect();
    wanted.len() <= product_type.len() && wanted.iter().zip(product_type).all(|(a, b)| a == b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_type_covers_what_lies_below_it_and_nothing_beside_it() {
        let path = ["Charms", "Charm Club", "Stars"].map(str::to_owned);
        assert!(is_below("Charms > Charm Club", &path));
        assert!(!is_below("Charms > Charm", &path));
        assert!(!is_below("Charms > Charm Club > Stars > Gold", &path));
    }
}
