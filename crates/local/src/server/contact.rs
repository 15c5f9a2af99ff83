//! `/contacts/{shop}/{contact}`: what is stored of a person in one shop.

use axum::extract::{Path, State};
use axum::response::Html;
use nachklang_domain::catalog::Catalog;
use nachklang_domain::consent::{LegalBasis, SuppressionReason};
use nachklang_domain::contact::{Contact, HeldCoupon};
use nachklang_domain::enrolment::{EnrolledOrder, Enrolment, SkipReason, StepRecord, StepState};
use nachklang_domain::id::{ContactId, ShopId};
use nachklang_domain::ports::Contacts;
use serde::Serialize;

use super::page::{self, Moment, Reference};
use super::{App, Fault};

#[derive(Debug, Serialize)]
struct ContactPage {
    id: String,
    shop: String,
    email: Option<String>,
    first_name: Option<String>,
    language: Option<String>,
    country: Option<String>,
    basis: String,
    suppressed: Option<Suppressed>,
    enrolments: Vec<EnrolmentPart>,
    coupons: Vec<CouponRow>,
}

#[derive(Debug, Serialize)]
struct Suppressed {
    words: &'static str,
    at: Moment,
}

#[derive(Debug, Serialize)]
struct EnrolmentPart {
    flow: String,
    anchored_on: String,
    variant: Option<String>,
    orders: Vec<OrderRow>,
    steps: Vec<StepRow>,
}

#[derive(Debug, Serialize)]
struct OrderRow {
    order: Reference,
    dead: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct StepRow {
    number: usize,
    due: String,
    latest: String,
    held_since: Option<String>,
    state: String,
    mail: Option<Reference>,
}

#[derive(Debug, Serialize)]
struct CouponRow {
    code: String,
    edition: String,
    pool: String,
    granted_on: String,
    valid_until: String,
    expires: Option<String>,
    mail: Reference,
}

/// The page.
pub async fn show(
    State(app): State<App>,
    Path((shop, contact)): Path<(String, String)>,
) -> Result<Html<String>, Fault> {
    let shop = ShopId::parse(&shop).map_err(|_| Fault::NotFound)?;
    let id = ContactId::parse(&contact).map_err(|_| Fault::NotFound)?;
    let stored = app.site.store.load_contact(&shop, id).await?;
    let (contact, _) = stored.ok_or(Fault::NotFound)?;
    let data = contact_page(&contact, app.site.catalog().ok().as_deref());
    Ok(page::render("Contact", page::CONTACT, &data)?)
}

fn contact_page(contact: &Contact, catalog: Option<&Catalog>) -> ContactPage {
    let at = |at| page::moment(at, &contact.shop, catalog);
    ContactPage {
        id: contact.id.to_string(),
        shop: contact.shop.to_string(),
        email: contact.email.as_ref().map(|email| email.expose().to_owned()),
        first_name: contact.first_name.clone(),
        language: contact.language.map(|language| language.to_string()),
        country: contact.country.map(|country| country.to_string()),
        basis: basis(contact.basis.as_ref()),
        suppressed: contact.suppressed.map(|suppression| Suppressed {
            words: suppression_words(suppression.reason),
            at: at(suppression.at),
        }),
        enrolments: contact.enrolments.iter().map(|it| enrolment(it, &at)).collect(),
        coupons: contact.coupons.iter().map(coupon).collect(),
    }
}

fn basis(basis: Option<&LegalBasis>) -> String {
    match basis {
        None => "none".to_owned(),
        Some(LegalBasis::Consent(proof)) => {
            format!("consent at {} (text {})", proof.source, proof.text_version)
        }
        Some(LegalBasis::ExistingCustomer { notice_version, .. }) => {
            format!("existing customer, told at the purchase (notice {notice_version})")
        }
    }
}

const fn suppression_words(reason: SuppressionReason) -> &'static str {
    match reason {
        SuppressionReason::Unsubscribed => SkipReason::Unsubscribed.in_words(),
        SuppressionReason::Bounced => SkipReason::Bounced.in_words(),
        SuppressionReason::Complained => SkipReason::Complained.in_words(),
        SuppressionReason::Erased => SkipReason::Erased.in_words(),
        SuppressionReason::Manual => SkipReason::Blocked.in_words(),
    }
}

fn enrolment(enrolment: &Enrolment, at: &impl Fn(jiff::Timestamp) -> Moment) -> EnrolmentPart {
    EnrolmentPart {
        flow: enrolment.flow.to_string(),
        anchored_on: enrolment.anchored_on.to_string(),
        variant: enrolment.variant.as_ref().map(ToString::to_string),
        orders: enrolment.orders.iter().map(order).collect(),
        steps: (1..).zip(&enrolment.steps).map(|(number, record)| step(number, record, at)).collect(),
    }
}

fn order(enrolled: &EnrolledOrder) -> OrderRow {
    OrderRow {
        order: page::order_reference(&enrolled.key),
        dead: enrolled.dead.map(|dead| SkipReason::from(dead).in_words()),
    }
}

fn step(number: usize, record: &StepRecord, at: &impl Fn(jiff::Timestamp) -> Moment) -> StepRow {
    StepRow {
        number,
        due: record.due.to_string(),
        latest: record.latest.to_string(),
        held_since: record.held_since.map(|day| day.to_string()),
        state: state(&record.state, at),
        mail: record.state.claim().map(|claim| page::mail_reference(claim.mail)),
    }
}

fn state(state: &StepState, at: &impl Fn(jiff::Timestamp) -> Moment) -> String {
    match state {
        StepState::Waiting => "waits for its day".to_owned(),
        StepState::Claimed(_) => "decided, about to be made".to_owned(),
        StepState::Sending { .. } => "being handed over".to_owned(),
        StepState::Sent { at: moment, .. } => format!("sent {}", at(*moment).text()),
        StepState::Failed { reason, .. } => format!("refused for good: {reason}"),
        StepState::Unknown { since, .. } => format!("handed over, end unknown since {}", at(*since).text()),
        StepState::Skipped { reason, .. } => format!("not sent: {}", reason.in_words()),
    }
}

fn coupon(held: &HeldCoupon) -> CouponRow {
    CouponRow {
        code: held.code.expose().to_owned(),
        edition: held.edition.to_string(),
        pool: held.pool.to_string(),
        granted_on: held.granted_on.to_string(),
        valid_until: held.valid_until.to_string(),
        expires: held.expires.map(|day| day.to_string()),
        mail: page::mail_reference(held.mail),
    }
}
