//! What is known of one person, in the words of an export.
//!
//! Field names are plain words and whole ones, so that she and other programs can read it (articles 15 and 20 of
//! Regulation (EU) 2016/679: a structured, commonly used and machine-readable format). Shapes: moments are RFC 3339 in
//! UTC, days ISO 8601, prices `{"minor": 4990, "currency": "EUR"}` in minor units.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use crate::consent::LegalBasis;
use crate::contact::{Contact, HeldCoupon, Suppression};
use crate::email::EmailAddress;
use crate::enrolment::{Enrolment, StepRecord, StepState};
use crate::id::{ContactId, OrderKey, ShopId};
use crate::language::{Country, Language};
use crate::money::Money;
use crate::order::{Channel, Order, OrderSnapshot, Payment};

/// Everything that is known of one person.
#[derive(Debug, Clone, Serialize)]
pub struct PersonRecord {
    /// When it was written.
    pub exported_at: Timestamp,
    /// What each shop that knows her knows.
    pub shops: Vec<ShopRecord>,
    /// Files and parked requests that name her and are not read yet or not deleted yet.
    pub named_in: Vec<String>,
}

/// What one shop knows of her.
#[derive(Debug, Clone, Serialize)]
pub struct ShopRecord {
    /// The shop.
    pub shop: ShopId,
    /// The keyed hash of her address, under which she is stored.
    pub contact_id: ContactId,
    /// Who she is.
    pub profile: ProfileRecord,
    /// On what ground she is mailed, with the proof.
    pub legal_basis: Option<LegalBasis>,
    /// Why she is not mailed any more, and since when.
    pub suppression: Option<Suppression>,
    /// What she bought.
    pub orders: Vec<OrderRecord>,
    /// What she was sent, will be sent, or was not sent.
    pub mails: Vec<MailRecord>,
    /// The codes that are hers.
    pub coupons: Vec<CouponRecord>,
}

/// Who she is.
#[derive(Debug, Clone, Serialize)]
pub struct ProfileRecord {
    /// Her address.
    pub email_address: Option<EmailAddress>,
    /// Her first name.
    pub first_name: Option<String>,
    /// Her language.
    pub language: Option<Language>,
    /// Her country.
    pub country: Option<Country>,
    /// When a source told of her last.
    pub last_told_at: Option<Timestamp>,
}

/// One of her orders.
#[derive(Debug, Clone, Serialize)]
pub struct OrderRecord {
    /// Where it came from.
    pub source: String,
    /// Its number there.
    pub number: String,
    /// When it was cancelled.
    pub cancelled_at: Option<Timestamp>,
    /// How often something of it was given back.
    pub refunds: u64,
    /// What it consists of; absent while only a cancellation or refund is known.
    #[serde(flatten)]
    pub purchase: Option<PurchaseRecord>,
}

/// What an order consists of.
#[derive(Debug, Clone, Serialize)]
pub struct PurchaseRecord {
    /// When she bought.
    pub placed_at: Timestamp,
    /// When it reached her.
    pub delivered_at: Option<Timestamp>,
    /// In the shop or at a till.
    pub channel: Channel,
    /// How far the payment is.
    pub payment: Payment,
    /// The address that was told with it.
    pub email_address: Option<EmailAddress>,
    /// The first name that was told with it.
    pub first_name: Option<String>,
    /// Her number at the source.
    pub customer_number: Option<String>,
    /// The country it went to.
    pub country: Option<Country>,
    /// What she bought.
    pub lines: Vec<LineRecord>,
    /// The codes that she used.
    pub codes_used: Vec<String>,
}

/// What she bought, one product.
#[derive(Debug, Clone, Serialize)]
pub struct LineRecord {
    /// The name on the receipt.
    pub title: String,
    /// The SKU.
    pub sku: Option<String>,
    /// How many.
    pub quantity: u32,
    /// The price of one.
    pub unit_price: Money,
    /// What all of them cost.
    pub total: Option<Money>,
}

/// One mail.
#[derive(Debug, Clone, Serialize)]
pub struct MailRecord {
    /// The flow that it belongs to.
    pub flow: String,
    /// Which mail of the flow, from 1.
    pub number_in_flow: usize,
    /// The orders that it is about.
    pub about_orders: Vec<String>,
    /// The first day on which it may go.
    pub due: Date,
    /// The last one.
    pub latest: Date,
    /// `waiting`, `claimed`, `sending`, `sent`, `failed`, `unknown` or `skipped`.
    pub state: &'static str,
    /// When it came into that state, as far as that is kept.
    pub since: Option<Timestamp>,
    /// Why it failed or was not sent.
    pub reason: Option<String>,
    /// Its id.
    pub mail_id: Option<String>,
    /// The id that the mail service gave it.
    pub message_id: Option<String>,
    /// Its name among the shop's mails.
    pub name: Option<String>,
    /// Its language.
    pub language: Option<Language>,
    /// The code in it.
    pub coupon_code: Option<String>,
}

/// One of her codes.
#[derive(Debug, Clone, Serialize)]
pub struct CouponRecord {
    /// The code.
    pub code: String,
    /// The campaign's edition.
    pub edition: String,
    /// Since when it is hers.
    pub granted_on: Date,
    /// The last day on which it is valid.
    pub valid_until: Date,
}

impl ShopRecord {
    /// Everything that a contact and her orders tell.
    #[must_use]
    pub fn of(contact: &Contact, orders: &[Order]) -> Self {
        let profile = ProfileRecord {
            email_address: contact.email.clone(),
            first_name: contact.first_name.clone(),
            language: contact.language,
            country: contact.country,
            last_told_at: contact.profile_at,
        };
        Self {
            shop: contact.shop.clone(),
            contact_id: contact.id,
            profile,
            legal_basis: contact.basis.clone(),
            suppression: contact.suppressed,
            orders: orders.iter().map(OrderRecord::of).collect(),
            mails: contact.enrolments.iter().flat_map(mails).collect(),
            coupons: contact.coupons.iter().map(CouponRecord::of).collect(),
        }
    }
}

impl OrderRecord {
    fn of(order: &Order) -> Self {
        Self {
            source: order.key.source.to_string(),
            number: order.key.number.to_string(),
            cancelled_at: order.cancelled_at,
            refunds: u64::try_from(order.refunds.len()).unwrap_or(u64::MAX),
            purchase: order.snapshot.as_ref().map(PurchaseRecord::of),
        }
    }
}

impl PurchaseRecord {
    fn of(snapshot: &OrderSnapshot) -> Self {
        let lines = snapshot.lines.iter().map(|line| LineRecord {
            title: line.title.clone(),
            sku: line.sku.as_ref().map(ToString::to_string),
            quantity: line.quantity,
            unit_price: line.unit_price,
            total: line.value(line.quantity),
        });
        Self {
            placed_at: snapshot.placed_at,
            delivered_at: snapshot.delivered_at,
            channel: snapshot.channel,
            payment: snapshot.payment,
            email_address: snapshot.email.clone(),
            first_name: snapshot.first_name.clone(),
            customer_number: snapshot.customer_number.clone(),
            country: snapshot.country,
            lines: lines.collect(),
            codes_used: snapshot.codes_used.clone(),
        }
    }
}

impl CouponRecord {
    fn of(held: &HeldCoupon) -> Self {
        Self {
            code: held.code.expose().to_owned(),
            edition: held.edition.to_string(),
            granted_on: held.granted_on,
            valid_until: held.valid_until,
        }
    }
}

fn mails(enrolment: &Enrolment) -> impl Iterator<Item = MailRecord> {
    enrolment.steps.iter().zip(1..).map(move |(step, number)| mail(enrolment, step, number))
}

fn mail(enrolment: &Enrolment, step: &StepRecord, number_in_flow: usize) -> MailRecord {
    let claim = step.state.claim();
    let (state, since, reason) = told(&step.state);
    let message_id = match &step.state {
        StepState::Sent { message, .. } => Some(message.clone()),
        _ => None,
    };
    let numbers = enrolment.orders.iter().map(|order| number(&order.key));
    MailRecord {
        flow: enrolment.flow.to_string(),
        number_in_flow,
        about_orders: numbers.collect(),
        due: step.due,
        latest: step.latest,
        state,
        since,
        reason,
        mail_id: claim.map(|claim| claim.mail.to_string()),
        message_id,
        name: claim.map(|claim| claim.name.to_string()),
        language: claim.map(|claim| claim.language),
        coupon_code: claim
            .and_then(|claim| claim.coupon.as_ref())
            .map(|grant| grant.code.expose().to_owned()),
    }
}

fn number(key: &OrderKey) -> String {
    key.number.to_string()
}

fn told(state: &StepState) -> (&'static str, Option<Timestamp>, Option<String>) {
    match state {
        StepState::Waiting => ("waiting", None, None),
        StepState::Claimed(claim) => ("claimed", Some(claim.at), None),
        StepState::Sending { claim, .. } => ("sending", Some(claim.at), None),
        StepState::Sent { at, .. } => ("sent", Some(*at), None),
        StepState::Failed { at, reason, .. } => ("failed", Some(*at), Some(reason.clone())),
        StepState::Unknown { since, .. } => ("unknown", Some(*since), None),
        StepState::Skipped { reason, at } => ("skipped", Some(*at), Some(reason.in_words().to_owned())),
    }
}
