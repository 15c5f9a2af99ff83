//! One person of a dry run: her orders, her enrolments, and what becomes of her mails.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::SimulatedMail;
use crate::contact::{Contact, HeldCoupon};
use crate::coupon::{CouponCode, outlives_promise, scope_key, valid_until};
use crate::decision::{Case, Decision, decide, settle_wanted};
use crate::enrolment::{Claim, SkipReason, StepState};
use crate::flow::Flow;
use crate::id::{EnrolmentId, MailId, OrderKey};
use crate::order::Order;
use crate::shop::Shop;

/// Who she is and what she bought.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) contact: Contact,
    /// Boxed, for a map keeps room for eleven orders although most people have one.
    pub(super) orders: BTreeMap<OrderKey, Box<Order>>,
}

/// How a mail ended.
pub(super) enum Outcome {
    /// It would have gone; whether it took a code from the stock.
    Mail(SimulatedMail, bool),
    /// It would not.
    Skipped,
}

impl Person {
    /// Somebody who has bought nothing yet.
    pub(super) const fn new(contact: Contact) -> Self {
        Self { contact, orders: BTreeMap::new() }
    }

    /// Decides about a mail on a day; `None` when there is nothing to decide.
    pub(super) fn decide(
        &mut self,
        shop: &Shop,
        flow: &Flow,
        id: EnrolmentId,
        at: usize,
        today: Date,
    ) -> Option<Outcome> {
        let enrolment = self.contact.enrolment(id)?;
        let step = enrolment.steps.get(at).filter(|step| step.state == StepState::Waiting)?;
        let orders = settle_wanted(self.orders.values().map(Box::as_ref), |key| enrolment.holds(key));
        let case = Case { shop, flow, contact: &self.contact, enrolment, step, orders: &orders };
        let (segment, language) = match decide(case, today) {
            Decision::Send { segment, language } => (segment, language),
            Decision::Skip(reason) => {
                return self.close(id, at, skipped(reason, shop, today), Outcome::Skipped);
            }
            Decision::Wait => return None,
        };
        let mail = SimulatedMail {
            day: today,
            order: enrolment.anchor.clone(),
            segment: segment.id.clone(),
            language,
            variant: enrolment.variant.clone(),
        };
        let claim = Claim {
            mail: MailId::of(&flow.id, &flow.edition, u32::try_from(at).unwrap_or(u32::MAX), id),
            at: shop.send_moment(today),
            segment: segment.id.clone(),
            name: segment.mail.clone(),
            version: String::new(),
            language,
            address: shop.address,
            coupon: None,
        };
        let code = self.takes_code(shop, flow, (id, at), today, claim.mail);
        let state = StepState::Sent { at: claim.at, message: String::new(), claim };
        self.close(id, at, state, Outcome::Mail(mail, code))
    }

    fn close(&mut self, id: EnrolmentId, at: usize, state: StepState, outcome: Outcome) -> Option<Outcome> {
        self.contact.enrolment_mut(id)?.steps.get_mut(at)?.state = state;
        Some(outcome)
    }

    /// Whether the mail takes a code from the stock; one that she holds already is hers again.
    fn takes_code(
        &mut self,
        shop: &Shop,
        flow: &Flow,
        (id, at): (EnrolmentId, usize),
        day: Date,
        mail: MailId,
    ) -> bool {
        let Some(rule) = &flow.coupon else { return false };
        let scope = scope_key(rule.per, id, u32::try_from(at).unwrap_or(u32::MAX));
        let pool = rule.pool_for(&shop.id, shop.currency).filter(|pool| pool.generic.is_none());
        let (None, Some(pool), true) =
            (self.contact.coupon(rule, &scope, Some(shop.currency)), pool, outlives_promise(rule, day, None))
        else {
            return false;
        };
        let Ok(code) = CouponCode::parse("SIMULATED") else {
            return false;
        };
        self.contact.coupons.push(HeldCoupon {
            edition: rule.edition.clone(),
            scope,
            pool: pool.pool.clone(),
            code,
            mail,
            granted_on: day,
            valid_until: valid_until(rule, day, None),
            expires: None,
        });
        true
    }
}

fn skipped(reason: SkipReason, shop: &Shop, day: Date) -> StepState {
    StepState::Skipped { reason, at: shop.send_moment(day) }
}
