//! What a send-day experiment brought: orders and revenue in equal windows after the purchase.
//!
//! The window begins with the purchase, not with the mail, so that a later mail does not look better for being later.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;

use crate::contact::Contact;
use crate::enrolment::{Enrolment, later};
use crate::id::{FlowId, VariantId};
use crate::money::Currency;
use crate::order::Order;
use crate::shop::Shop;

/// The result of one variant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct VariantResult {
    /// Enrolments whose window is over.
    pub purchases: u64,
    /// Of these, those whose mail was accepted.
    pub mailed: u64,
    /// Of these, those after which the person bought again within the window.
    pub bought_again: u64,
    /// Further orders within the windows.
    pub orders: u64,
    /// What was kept of these orders, in minor units.
    pub revenue: BTreeMap<Currency, i64>,
    /// Enrolments whose window is still open; they count nowhere else.
    pub open: u64,
}

/// What is measured.
#[derive(Debug, Clone, Copy)]
pub struct Measure<'a> {
    /// The flow with the experiment.
    pub flow: &'a FlowId,
    /// How many days after the purchase count.
    pub window_days: u16,
    /// The day on which it is measured.
    pub today: Date,
}

/// The results by variant.
pub type Results = BTreeMap<VariantId, VariantResult>;

/// Adds one person's purchases to the results of their variants.
///
/// `orders` are all orders of the person in the shop.
pub fn measure(
    results: &mut Results,
    measure: Measure<'_>,
    shop: &Shop,
    contact: &Contact,
    orders: &[Order],
) {
    for enrolment in contact.enrolments.iter().filter(|enrolment| enrolment.flow == *measure.flow) {
        let Some(variant) = &enrolment.variant else {
            continue;
        };
        let result = results.entry(variant.clone()).or_default();
        let last = later(enrolment.anchored_on, measure.window_days);
        if measure.today <= last {
            result.open += 1;
        } else {
            add(result, enrolment, &within(shop, enrolment, orders, last));
        }
    }
}

fn add(result: &mut VariantResult, enrolment: &Enrolment, again: &[&Order]) {
    let mailed =
        enrolment.steps.iter().any(|step| matches!(step.state, crate::enrolment::StepState::Sent { .. }));
    result.purchases += 1;
    result.mailed += u64::from(mailed);
    result.bought_again += u64::from(!again.is_empty());
    result.orders += u64::try_from(again.len()).unwrap_or(u64::MAX);
    for value in again.iter().filter_map(|order| order.kept_value()) {
        let sum = result.revenue.entry(value.currency).or_insert(0);
        *sum = sum.saturating_add(value.minor);
    }
}

/// The live orders placed after the anchor's day and up to the window's last day, other than the anchor itself.
fn within<'o>(shop: &Shop, enrolment: &Enrolment, orders: &'o [Order], last: Date) -> Vec<&'o Order> {
    let placed = |order: &Order| order.snapshot.as_ref().map(|snapshot| shop.local_date(snapshot.placed_at));
    let counts = |order: &&Order| {
        let inside = placed(order).is_some_and(|day| enrolment.anchored_on < day && day <= last);
        inside && order.dead().is_none() && order.key != enrolment.anchor
    };
    orders.iter().filter(counts).collect()
}

#[cfg(test)]
mod tests;
