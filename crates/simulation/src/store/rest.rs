//! What the store holds once nothing is underway any more, read beside the ports.

use jiff::civil::Date;
use nachklang_domain::contact::Contact;
use nachklang_domain::coupon::{CouponCode, Origin};
use nachklang_domain::enrolment::{Claim, Enrolment, StepState};
use nachklang_domain::id::{ContactId, ShopId};

use super::Store;
use super::codes::{Row, Standing};
use super::past::Past;
use crate::history::{CodeRow, CodeState, MailRow, Stage};

impl Store {
    /// Every mail's row, with its shop and person.
    #[must_use]
    pub fn mail_rows(&self) -> Vec<(ShopId, ContactId, MailRow)> {
        let state = self.lock();
        let contacts = state.contacts.values().filter_map(Past::now);
        contacts
            .flat_map(|contact| {
                rows_of(contact).into_iter().map(|row| (contact.shop.clone(), contact.id, row))
            })
            .collect()
    }

    /// Every code, as it stands on a day.
    #[must_use]
    pub fn code_rows(&self, day: Date) -> Vec<CodeRow> {
        let state = self.lock();
        state.codes.values().filter_map(Past::now).map(|row| code_row(row, day)).collect()
    }
}

/// The rows of all mails of a person.
#[must_use]
pub(crate) fn rows_of(contact: &Contact) -> Vec<MailRow> {
    contact.enrolments.iter().flat_map(enrolled_rows).collect()
}

fn enrolled_rows(enrolment: &Enrolment) -> impl Iterator<Item = MailRow> {
    (0..).zip(&enrolment.steps).map(|(step, record)| {
        let claim = record.state.claim();
        MailRow {
            mail: claim.map(|claim| claim.mail),
            anchor: enrolment.anchor.clone(),
            step,
            stage: stage(&record.state),
            code: claim.and_then(own_code),
            reason: record.state.skip_reason(),
        }
    })
}

fn own_code(claim: &Claim) -> Option<CouponCode> {
    let own = claim.coupon.as_ref().filter(|grant| matches!(grant.origin, Origin::Stock { .. }));
    own.map(|grant| grant.code.clone())
}

const fn stage(state: &StepState) -> Stage {
    match state {
        StepState::Waiting => Stage::Waiting,
        StepState::Claimed(_) => Stage::Claimed,
        StepState::Sending { .. } => Stage::Sending,
        StepState::Sent { .. } => Stage::Sent,
        StepState::Failed { .. } => Stage::Failed,
        StepState::Unknown { .. } => Stage::Unknown,
        StepState::Skipped { .. } => Stage::Skipped,
    }
}

fn code_row(row: &Row, day: Date) -> CodeRow {
    let state = match row.standing {
        _ if row.is_loose() && row.ends_before(day) => CodeState::Expired,
        Standing::Free => CodeState::Free,
        Standing::Released { .. } => CodeState::Released,
        Standing::Claimed(_) => CodeState::Claimed,
        Standing::Quarantined(_) => CodeState::Quarantined,
        Standing::Void => CodeState::Void,
    };
    let holder = row.holder().map(|holder| (holder.contact, holder.mail));
    CodeRow { pool: row.pool.clone(), code: row.code.clone(), state, holder }
}
