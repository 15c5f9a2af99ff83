//! What a send-day experiment brought: orders and revenue in equal windows after the purchase.
//!
//! A window begins with a purchase, not with the mail or the delivery, so that a later mail does not look better for being
//! later. The windows of a person follow one upon the other by the days of her purchases alone: which of them joined a mail
//! that still waited hangs on the variant, and must not change what is counted.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;

use crate::contact::Contact;
use crate::enrolment::{Enrolment, StepState, later};
use crate::id::{FlowId, OrderKey, VariantId};
use crate::money::Currency;
use crate::order::Order;
use crate::shop::Shop;

/// The result of one variant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct VariantResult {
    /// Purchases that began a window which is over.
    pub purchases: u64,
    /// Of these, those whose mail was accepted.
    pub mailed: u64,
    /// Of these, those after which the person bought again within the window.
    pub bought_again: u64,
    /// Further orders within the windows, each once.
    pub orders: u64,
    /// What was kept of these orders, in minor units.
    pub revenue: BTreeMap<Currency, i64>,
    /// Purchases whose window is still open; they count nowhere else.
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
    let mut covered: Option<Date> = None;
    for begin in begins(measure.flow, shop, contact, orders) {
        if covered.is_some_and(|last| begin.day <= last) {
            continue;
        }
        let last = later(begin.day, measure.window_days);
        covered = Some(last);
        let result = results.entry(begin.variant.clone()).or_default();
        if measure.today <= last {
            result.open += 1;
        } else {
            add(result, &begin, &within(shop, &begin, orders, last));
        }
    }
}

/// A purchase that may begin a window.
struct Begin<'a> {
    day: Date,
    order: &'a OrderKey,
    variant: &'a VariantId,
    mailed: bool,
}

/// Her purchases that are part of the flow, those that joined a mail among them, by day.
fn begins<'a>(flow: &FlowId, shop: &Shop, contact: &'a Contact, orders: &[Order]) -> Vec<Begin<'a>> {
    let placed: BTreeMap<&OrderKey, Date> =
        orders.iter().filter_map(|order| Some((&order.key, placed_on(shop, order)?))).collect();
    let of = |enrolment: &'a Enrolment| {
        let (variant, mailed) = (enrolment.variant.as_ref(), is_mailed(enrolment));
        let keys = variant
            .into_iter()
            .flat_map(|variant| enrolment.orders.iter().map(move |enrolled| (variant, &enrolled.key)));
        keys.filter_map(|(variant, order)| Some(Begin { day: *placed.get(order)?, order, variant, mailed }))
            .collect::<Vec<_>>()
    };
    let hers = contact.enrolments.iter().filter(|enrolment| enrolment.flow == *flow);
    let mut begins: Vec<Begin<'a>> = hers.flat_map(of).collect();
    begins.sort_by_key(|begin| (begin.day, begin.order));
    begins
}

fn is_mailed(enrolment: &Enrolment) -> bool {
    enrolment.steps.iter().any(|step| matches!(step.state, StepState::Sent { .. }))
}

fn placed_on(shop: &Shop, order: &Order) -> Option<Date> {
    order.snapshot.as_ref().map(|snapshot| shop.local_date(snapshot.placed_at))
}

fn add(result: &mut VariantResult, begin: &Begin<'_>, again: &[&Order]) {
    result.purchases += 1;
    result.mailed += u64::from(begin.mailed);
    result.bought_again += u64::from(!again.is_empty());
    result.orders += u64::try_from(again.len()).unwrap_or(u64::MAX);
    for value in again.iter().filter_map(|order| order.kept_value()) {
        let sum = result.revenue.entry(value.currency).or_insert(0);
        *sum = sum.saturating_add(value.minor);
    }
}

/// The live orders placed after a day and up to the window's last day.
fn within<'o>(shop: &Shop, begin: &Begin<'_>, orders: &'o [Order], last: Date) -> Vec<&'o Order> {
    let inside = |order: &&Order| placed_on(shop, order).is_some_and(|day| begin.day < day && day <= last);
    orders.iter().filter(inside).filter(|order| order.dead().is_none()).collect()
}

#[cfg(test)]
mod tests;
