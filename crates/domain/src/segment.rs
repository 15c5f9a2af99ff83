//! Which segment a basket belongs to.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::brand::{has_prefix, is_below};
use crate::flow::{Flow, Segment};
use crate::id::SeriesId;
use crate::money::Currency;
use crate::order::{Line, Order};

/// What an order must meet. Each given list is met by one line that fits one entry; all given conditions must be met.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Conditions {
    /// Series of the brand file.
    pub series: Vec<SeriesId>,
    /// Categories of the feed (`google_product_category`), exact.
    pub category: Vec<String>,
    /// Beginnings of the SKU.
    pub sku_prefix: Vec<String>,
    /// Product types of the feed; everything below is meant too.
    pub product_type: Vec<String>,
    /// The least value of the kept lines, in minor units per currency.
    pub min_value: BTreeMap<Currency, i64>,
}

impl Conditions {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.series.is_empty()
            && self.category.is_empty()
            && self.sku_prefix.is_empty()
            && self.product_type.is_empty()
            && self.min_value.is_empty()
    }

    fn meets(&self, orders: &[Order]) -> bool {
        let any_line = |test: &dyn Fn(&Line) -> bool| alive(orders).flat_map(Order::kept_lines).any(test);
        (self.series.is_empty() || any_line(&|line| in_list(&self.series, line.details.series.as_ref())))
            && (self.category.is_empty()
                || any_line(&|line| in_list(&self.category, line.details.category.as_ref())))
            && (self.sku_prefix.is_empty() || any_line(&|line| self.fits_sku(line)))
            && (self.product_type.is_empty() || any_line(&|line| self.fits_type(line)))
            && (self.min_value.is_empty() || self.reaches_value(orders))
    }

    fn fits_sku(&self, line: &Line) -> bool {
        line.sku.as_ref().is_some_and(|sku| has_prefix(&self.sku_prefix, sku.as_str()))
    }

    fn fits_type(&self, line: &Line) -> bool {
        self.product_type.iter().any(|path| is_below(path, &line.details.product_type))
    }

    /// Each currency is added up by itself, so that it does not matter which order of a joint mail came first. One
    /// without a threshold counts for nothing.
    fn reaches_value(&self, orders: &[Order]) -> bool {
        let mut totals = BTreeMap::<Currency, i64>::new();
        for value in alive(orders).filter_map(Order::kept_value) {
            let total = totals.entry(value.currency).or_default();
            *total = total.saturating_add(value.minor);
        }
        self.min_value
            .iter()
            .any(|(currency, least)| totals.get(currency).is_some_and(|total| total >= least))
    }
}

/// A cancelled order of a joint mail says nothing about it any more.
fn alive(orders: &[Order]) -> impl Iterator<Item = &Order> {
    orders.iter().filter(|order| order.dead().is_none())
}

fn in_list<T: PartialEq>(list: &[T], value: Option<&T>) -> bool {
    value.is_some_and(|value| list.contains(value))
}

/// The segment of the orders of one enrolment: the first of the flow whose conditions they meet together.
///
/// A checked flow ends with a segment without conditions, so every basket has exactly one.
#[must_use]
pub fn classify<'f>(flow: &'f Flow, orders: &[Order]) -> Option<&'f Segment> {
    flow.segments.iter().find(|segment| segment.when.meets(orders))
}

#[cfg(test)]
mod tests;
