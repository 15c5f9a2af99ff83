//! Erases the data of one person (article 17 of Regulation (EU) 2016/679).
//!
//! What is left is the keyed hash of her address and that she is not to be mailed. The contact is written first, under
//! its version: a claim that was decided before fails, and a mail that was claimed before is withdrawn with its code.
//! Her orders follow, each under its version: an order that is being received was noted with the contact before it is
//! stored, so its writer fails, reads again and stores it as nobody's. Doing it again goes on where it broke off.
//!
//! A code that she may have seen stays claimed by the hash: it is counted, and never given to anybody else.

use std::ops::AddAssign;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::code_change::{release, with_code};
use super::suppress::Reach;
use super::{Desk, MAX_CONFLICTS, UseCaseError};
use crate::consent::SuppressionReason;
use crate::contact::{Contact, KNOWN_ORDERS};
use crate::coupon::CodeChange;
use crate::enrolment::{Claim, SkipReason, StepState};
use crate::id::{ContactId, EnrolmentId, OrderKey, ShopId};
use crate::order::Order;
use crate::ports::{Committed, Contacts, OrderSearch, Orders, Saved, Version};

/// What an erasure found and did.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    /// Shops that knew her.
    pub shops: u64,
    /// Orders that are nobody's now.
    pub orders: u64,
    /// Mails that were planned or claimed and do not go.
    pub mails_ended: u64,
    /// Mails that are being handed over at this moment; what is stored of each goes with its end.
    pub mails_underway: u64,
    /// Codes that she never saw and others may get.
    pub codes_released: u64,
}

impl AddAssign for Erasure {
    fn add_assign(&mut self, more: Self) {
        self.shops += more.shops;
        self.orders += more.orders;
        self.mails_ended += more.mails_ended;
        self.mails_underway += more.mails_underway;
        self.codes_released += more.codes_released;
    }
}

/// Erases a person's data in one shop or in all. A shop that does not know her remembers the hash as well: an order of
/// hers may be on its way.
///
/// # Errors
/// [`UseCaseError`]; then it must be done again, and nothing that was done is done twice.
pub async fn erase<W>(
    desk: Desk<'_, W>,
    contact: ContactId,
    reach: &Reach,
    now: Timestamp,
) -> Result<Erasure, UseCaseError>
where
    W: Contacts + Orders + OrderSearch,
{
    let mut erasure = Erasure::default();
    for shop in reach.shops(desk.catalog) {
        erasure += erase_in(desk.world, shop, contact, now).await?;
    }
    Ok(erasure)
}

async fn erase_in<W>(world: &W, shop: &ShopId, id: ContactId, now: Timestamp) -> Result<Erasure, UseCaseError>
where
    W: Contacts + Orders + OrderSearch,
{
    let (mut orders, mut erasure) = hollow(world, shop, id, now).await?;
    // Of so many some may have been lost sight of.
    if orders.len() >= KNOWN_ORDERS {
        orders.extend(world.orders_of(shop, id).await?);
        orders.sort_unstable();
        orders.dedup();
    }
    for order in &orders {
        erasure.orders += u64::from(forget_order(world, order, id).await?);
    }
    if !orders.is_empty() {
        close(world, shop, id).await?;
    }
    Ok(erasure)
}

/// Makes the contact a shell; answers the orders that are still hers.
async fn hollow<W: Contacts>(
    world: &W,
    shop: &ShopId,
    id: ContactId,
    now: Timestamp,
) -> Result<(Vec<OrderKey>, Erasure), UseCaseError> {
    for _ in 0..MAX_CONFLICTS {
        let stored = world.load_contact(shop, id).await?;
        let known = u64::from(stored.is_some());
        let (contact, version) =
            stored.unwrap_or_else(|| (Contact::new(shop.clone(), id), Version::default()));
        if contact.is_forgotten() {
            return Ok((Vec::new(), Erasure::default()));
        }
        let (shell, codes, mut erasure) = emptied(contact, now);
        erasure.shops = known;
        let committed = match world.commit(&shell, version, &codes).await? {
            // The stock has it otherwise, and no code may keep her data alive: it stays as the stock says.
            Committed::CodeTaken => {
                erasure.codes_released = 0;
                world.commit(&shell, version, &[]).await?
            }
            committed => committed,
        };
        if committed == Committed::Done {
            return Ok((shell.orders.into_iter().map(|known| known.key).collect(), erasure));
        }
    }
    Err(UseCaseError::TooManyConflicts)
}

/// The contact without her data and without the mails that can still be stopped, and the codes that are free again.
fn emptied(mut contact: Contact, now: Timestamp) -> (Contact, Vec<CodeChange>, Erasure) {
    if !contact.is_erased() {
        contact.suppress(SuppressionReason::Erased, now);
    }
    let mut erasure = Erasure { mails_underway: underway(&contact), ..Erasure::default() };
    let mut codes = Vec::new();
    for ((enrolment, step), claim) in open_mails(&contact) {
        if let Some(claim) = claim {
            let (without, released) = with_code(contact, &claim, release(now));
            contact = without;
            codes.extend(released);
        }
        let skipped = StepState::Skipped { reason: SkipReason::Erased, at: now };
        if let Some(step) = contact.step_mut(enrolment, step) {
            step.state = skipped;
        }
        erasure.mails_ended += 1;
    }
    erasure.codes_released = u64::try_from(codes.len()).unwrap_or(u64::MAX);
    contact.forget();
    (contact, codes, erasure)
}

/// The mails that were not handed over, each with what was claimed for it.
fn open_mails(contact: &Contact) -> Vec<((EnrolmentId, u32), Option<Claim>)> {
    let steps = contact.enrolments.iter().flat_map(|enrolment| {
        (0..).zip(&enrolment.steps).map(move |(at, step)| ((enrolment.id, at), &step.state))
    });
    let open = |state: &StepState| matches!(state, StepState::Waiting | StepState::Claimed(_));
    steps.filter(|(_, state)| open(state)).map(|(at, state)| (at, state.claim().cloned())).collect()
}

fn underway(contact: &Contact) -> u64 {
    let steps = contact.enrolments.iter().flat_map(|enrolment| &enrolment.steps);
    let sending = steps.filter(|step| matches!(step.state, StepState::Sending { .. }));
    u64::try_from(sending.count()).unwrap_or(u64::MAX)
}

/// Makes an order nobody's; answers whether it was somebody's. It is written in any case, even if it is not stored yet:
/// whoever is about to store it with her data must find that he came too late.
async fn forget_order<W: Orders>(world: &W, key: &OrderKey, id: ContactId) -> Result<bool, UseCaseError> {
    for _ in 0..MAX_CONFLICTS {
        let stored = world.load_order(key).await?;
        let (mut order, version) = stored.unwrap_or_else(|| (Order::empty(key.clone()), Version::default()));
        if order.is_of_another(id) {
            return Ok(false);
        }
        let was_hers = order.contact.is_some();
        order.forget_buyer();
        if world.save_order(&order, version).await? == Saved::Done {
            return Ok(was_hers);
        }
    }
    Err(UseCaseError::TooManyConflicts)
}

/// Takes the orders out of sight, which are nobody's now.
async fn close<W: Contacts>(world: &W, shop: &ShopId, id: ContactId) -> Result<(), UseCaseError> {
    for _ in 0..MAX_CONFLICTS {
        let Some((mut contact, version)) = world.load_contact(shop, id).await? else {
            return Ok(());
        };
        contact.orders.clear();
        if world.commit(&contact, version, &[]).await? == Committed::Done {
            return Ok(());
        }
    }
    Err(UseCaseError::TooManyConflicts)
}

#[cfg(test)]
pub(super) mod tests;
