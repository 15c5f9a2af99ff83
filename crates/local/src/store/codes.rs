//! One code: what it is called, and how it changes hands.

use jiff::civil::Date;
use nachklang_domain::contact::Contact;
use nachklang_domain::coupon::{CodeAction, CodeChange, CouponCode};
use rusqlite::{Connection, params};

use super::fault::Fault;

/// A code given back may be claimed again once its rest is over.
const CLAIM: &str = "UPDATE codes SET state = 'claimed', shop = ?3, contact = ?4, mail = ?5, \
        claimed_on = ?6, free_from = NULL \
    WHERE folded = ?1 AND pool = ?2 AND (state = 'free' OR (state = 'released' AND free_from <= ?6))";
const SET_STATE: &str = "UPDATE codes SET state = ?6 \
    WHERE folded = ?1 AND pool = ?2 AND shop = ?3 AND contact = ?4 AND mail = ?5";
/// Who held it stays in the history: the shop may have bound the code to its customer.
const RELEASE: &str = "UPDATE codes SET state = 'released', free_from = ?6, \
        shop = NULL, contact = NULL, mail = NULL, \
        history = history || 'claimed ' || claimed_on || ' by ' || shop || '/' || contact || ' for ' || mail \
            || ', free from ' || ?6 || char(10) \
    WHERE folded = ?1 AND pool = ?2 AND shop = ?3 AND contact = ?4 AND mail = ?5";

/// Changes a code; answers whether it was in the state that the change needs.
pub(super) fn apply(db: &Connection, contact: &Contact, change: &CodeChange) -> Result<bool, Fault> {
    let (statement, argument) = match change.action {
        CodeAction::Claim => (CLAIM, granted_on(contact, change)?.to_string()),
        CodeAction::Quarantine => (SET_STATE, "quarantined".to_owned()),
        CodeAction::Keep => (SET_STATE, "claimed".to_owned()),
        CodeAction::Release { free_from } => (RELEASE, free_from.to_string()),
    };
    let changed = db.prepare_cached(statement)?.execute(params![
        change.code.folded(),
        change.pool.as_str(),
        change.holder.shop.as_str(),
        change.holder.contact.to_string(),
        change.holder.mail.to_string(),
        argument,
    ])?;
    Ok(changed == 1)
}

/// The day of a claim is that from which the contact holds the code.
fn granted_on(contact: &Contact, change: &CodeChange) -> Result<Date, Fault> {
    let coupons = contact.coupons.iter().filter(|held| held.code == change.code);
    coupons
        .map(|held| held.granted_on)
        .max()
        .ok_or(Fault::Refused("a claimed code must be among the contact's coupons"))
}

/// The code of a column.
pub(super) fn code(given: &str) -> Result<CouponCode, Fault> {
    CouponCode::parse(given).map_err(|_| Fault::Unreadable("a code"))
}
