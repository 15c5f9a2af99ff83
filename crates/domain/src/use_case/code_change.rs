//! What the end of a mail does to the code that it carries.

use jiff::{Timestamp, ToSpan};

use crate::contact::{Contact, HeldCoupon};
use crate::coupon::{CodeAction, CodeChange};
use crate::enrolment::{Claim, StepState};

/// A code that its holder never saw is given out again after so many days.
const COOL_DOWN_DAYS: i32 = 14;

/// The change of a code that its holder never saw.
pub(crate) fn release(now: Timestamp) -> CodeAction {
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    CodeAction::Release { free_from: today.checked_add(COOL_DOWN_DAYS.days()).unwrap_or(today) }
}

/// The code that the mail carries, changed; a released one leaves her hands. A code that another of her mails carries
/// too may have been seen, whatever becomes of this mail: it stays hers.
pub(crate) fn with_code(
    mut contact: Contact,
    claim: &Claim,
    action: impl Into<Option<CodeAction>>,
) -> (Contact, Vec<CodeChange>) {
    let carried = |held: &&HeldCoupon| claim.coupon.as_ref().is_some_and(|grant| grant.code == held.code);
    let (Some(action), Some(held)) = (action.into(), contact.coupons.iter().find(carried).cloned()) else {
        return (contact, Vec::new());
    };
    if action != CodeAction::Keep && carried_elsewhere(&contact, claim, &held) {
        return (contact, Vec::new());
    }
    let change = held.change(&contact, action);
    if matches!(action, CodeAction::Release { .. }) {
        contact.coupons.retain(|other| other.code != held.code);
    }
    (contact, vec![change])
}

/// Whether another mail that went, or may still go, carries the code.
fn carried_elsewhere(contact: &Contact, claim: &Claim, held: &HeldCoupon) -> bool {
    let steps = contact.enrolments.iter().flat_map(|enrolment| &enrolment.steps);
    steps
        .filter(|step| !matches!(step.state, StepState::Failed { .. }))
        .filter_map(|step| step.state.claim())
        .filter(|other| other.mail != claim.mail)
        .filter_map(|other| other.coupon.as_ref())
        .any(|grant| grant.code == held.code)
}
