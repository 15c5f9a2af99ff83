//! Whether a mail goes today, and which: one pure decision, made when it is planned, claimed and handed over.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::contact::Contact;
use crate::enrolment::{Enrolment, SkipReason, StepRecord};
use crate::flow::{Flow, Segment};
use crate::id::{OrderKey, Sku};
use crate::language::Language;
use crate::order::{Order, OrderSnapshot, Refund};
use crate::segment::classify;
use crate::shop::Shop;

#[cfg(test)]
mod settling;

/// What to do with a mail that is looked at.
#[derive(Debug)]
pub enum Decision<'f> {
    /// It goes.
    Send {
        /// The segment.
        segment: &'f Segment,
        /// The language.
        language: Language,
    },
    /// It never goes.
    Skip(SkipReason),
    /// It is not due yet.
    Wait,
}

/// Everything that a decision looks at.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The shop.
    pub shop: &'a Shop,
    /// The flow.
    pub flow: &'a Flow,
    /// The person.
    pub contact: &'a Contact,
    /// Her enrolment.
    pub enrolment: &'a Enrolment,
    /// The mail.
    pub step: &'a StepRecord,
    /// Those of the enrolment's orders that are still hers, with returns settled (see [`settle_returns`]). What she was told
    /// of one and is not stored yet is not seen in it: see [`Contact::was_told_of_its_end`].
    pub orders: &'a [Order],
}

/// Decides about a mail on a day.
#[must_use]
pub fn decide<'f>(case: Case<'f>, today: Date) -> Decision<'f> {
    if let Some(reason) = person_refuses(case.contact).or_else(|| orders_refuse(&case)) {
        return Decision::Skip(reason);
    }
    if today > case.step.latest {
        return Decision::Skip(if case.step.held_since.is_some() {
            SkipReason::NoCode
        } else {
            SkipReason::Expired
        });
    }
    if today < case.step.due {
        return Decision::Wait;
    }
    if !case.flow.runs_in(&case.shop.id) {
        return Decision::Skip(SkipReason::NoFlow);
    }
    let language = case.shop.language_for(case.contact.language, case.contact.country);
    match (classify(case.flow, case.orders), language) {
        (Some(segment), Some(language)) => Decision::Send { segment, language },
        _ => Decision::Skip(SkipReason::NoFlow),
    }
}

/// Why a person may not be mailed, if so.
#[must_use]
pub fn person_refuses(contact: &Contact) -> Option<SkipReason> {
    match contact {
        Contact { suppressed: Some(suppressed), .. } => Some(suppressed.reason.into()),
        Contact { email: None, .. } => Some(SkipReason::NoEmail),
        Contact { basis: None, .. } => Some(SkipReason::NoLegalBasis),
        Contact { .. } => None,
    }
}

fn orders_refuse(case: &Case<'_>) -> Option<SkipReason> {
    let Some(first) = case.orders.first() else {
        return Some(case.enrolment.dead().map_or(SkipReason::Moved, SkipReason::from));
    };
    let alive = case.orders.iter().any(|order| order.dead().is_none());
    let reason = || first.dead().map_or(SkipReason::OrderUnknown, SkipReason::from);
    (!alive).then(reason)
}

/// Charges returns that name no receipt to the purchases of the same person, newest purchase first.
///
/// A receipt that gives back goods tells what and how many, seldom where they were bought. The result depends only on
/// the set of orders, so a late till file changes nothing but what it must.
#[must_use]
pub fn settle_returns(mut orders: Vec<Order>) -> Vec<Order> {
    orders.sort_by(|a, b| (placed(a), &a.key).cmp(&(placed(b), &b.key)));
    for receipt in 0..orders.len() {
        let Some((key, at, returns)) = orders.get(receipt).and_then(returns_of) else {
            continue;
        };
        for (line, sku, pieces) in returns {
            charge(&mut orders, &key, at, &line, &sku, pieces);
        }
    }
    orders
}

/// Those of a person's orders that are wanted, as [`settle_returns`] leaves them when it is given all of them.
///
/// A return goes to the newest purchases first and never to a later one. So what was placed before the first wanted
/// order changes none of them, and of a person who gave nothing back since then only the wanted orders are copied.
#[must_use]
pub fn settle_wanted<'a>(
    all: impl Iterator<Item = &'a Order> + Clone,
    wanted: impl Fn(&OrderKey) -> bool,
) -> Vec<Order> {
    let since = all.clone().filter(|order| wanted(&order.key)).map(placed).min();
    let Some(since) = since else { return Vec::new() };
    let recent = all.filter(|order| placed(order) >= since);
    let gave_back = recent.clone().any(|order| giving_back(order).is_some());
    let concerned = recent.filter(|order| gave_back || wanted(&order.key));
    let mut settled = settle_returns(concerned.cloned().collect());
    settled.retain(|order| wanted(&order.key));
    settled
}

type Returns = Vec<(String, Sku, u32)>;

fn returns_of(order: &Order) -> Option<(OrderKey, jiff::Timestamp, Returns)> {
    let snapshot = giving_back(order)?;
    let returns = snapshot.returns.iter().map(|back| (back.id.to_string(), back.sku.clone(), back.pieces));
    Some((order.key.clone(), snapshot.placed_at, returns.collect()))
}

/// The snapshot of an order that gives back what was bought on others.
fn giving_back(order: &Order) -> Option<&OrderSnapshot> {
    order.snapshot.as_ref().filter(|s| !s.returns.is_empty() && !s.test && order.cancelled_at.is_none())
}

fn placed(order: &Order) -> Option<jiff::Timestamp> {
    order.snapshot.as_ref().map(|snapshot| snapshot.placed_at)
}

/// Takes pieces of a SKU from the newest purchases made up to the return; a cancelled one kept nothing to give back.
fn charge(
    orders: &mut [Order],
    receipt: &OrderKey,
    at: jiff::Timestamp,
    line: &str,
    sku: &Sku,
    mut pieces: u32,
) {
    for order in orders
        .iter_mut()
        .rev()
        .filter(|order| order.dead().is_none() && placed(order).is_some_and(|placed| placed <= at))
    {
        let mut taken = BTreeMap::new();
        let lines = order.snapshot.iter().flat_map(|snapshot| &snapshot.lines);
        for bought in lines.filter(|bought| bought.sku.as_ref() == Some(sku)) {
            let part = pieces.min(order.kept(bought));
            if part > 0 {
                taken.insert(bought.id.clone(), part);
                pieces -= part;
            }
        }
        let id = crate::id::content_hash(format!("{receipt}#{line}").as_bytes());
        if let (false, Ok(id)) = (taken.is_empty(), crate::id::RefundId::parse(&id)) {
            order.refunds.insert(id, Refund { at: Some(at), pieces: taken, ..Refund::default() });
        }
        if pieces == 0 {
            return;
        }
    }
}

#[cfg(test)]
mod tests;
