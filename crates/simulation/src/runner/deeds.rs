//! What a job means to somebody who stands beside the system.

use nachklang_domain::id::{ContactId, ShopId};
use nachklang_domain::mail_event::{MailEvent, MailEventKind};

use super::acts::{codes, contact, key};
use super::job::Job;
use crate::content::catalog;
use crate::history::{Deed, Purchase};
use crate::script::{self, Action};

/// Each order has so many pieces: when all come back, it is as if it were cancelled.
const ALL_PIECES: u32 = 2;

/// The deeds of a job.
pub(super) fn deeds_of(job: &Job) -> Vec<Deed> {
    match job {
        Job::Act(action) => of_action(action).unwrap_or_default(),
        Job::Record(event) => of_event(event),
        Job::Plan(_) | Job::Assign(_) | Job::Deliver(_) => Vec::new(),
    }
}

fn of_action(action: &Action) -> anyhow::Result<Vec<Deed>> {
    Ok(vec![match action {
        Action::Buy(purchase) => Deed::Buy(bought(purchase)?),
        Action::Cancel { shop, order } => Deed::Cancel { order: key(shop, *order)? },
        Action::Return { shop, order, pieces: ALL_PIECES, .. } => Deed::Cancel { order: key(shop, *order)? },
        Action::Return { shop, order, refund, .. } => {
            Deed::GiveBack { order: key(shop, *order)?, part: *refund, parts: ALL_PIECES }
        }
        Action::Import { pool, first, count, .. } => {
            Deed::Import { pool: pool.clone(), codes: codes(pool, *first, *count)? }
        }
        Action::Void { pool, first, count } => {
            Deed::Void { pool: pool.clone(), codes: codes(pool, *first, *count)? }
        }
        Action::Unsubscribe { shop, person } => {
            Deed::Object { shop: shop.clone(), contact: contact(*person)? }
        }
        Action::Erase { shop, person } => return erased(shop.as_ref(), contact(*person)?),
        Action::Switch { .. }
        | Action::Account { .. }
        | Action::Publish(_)
        | Action::Feed { .. }
        | Action::Watch
        | Action::Run { .. } => return Ok(Vec::new()),
    }])
}

fn bought(purchase: &script::Purchase) -> anyhow::Result<Purchase> {
    Ok(Purchase {
        order: key(&purchase.shop, purchase.order)?,
        contact: purchase.person.map(contact).transpose()?,
        placed_at: purchase.placed_at,
        revision: purchase.revision,
        may_be_mailed: purchase.paid && purchase.told && !purchase.test,
    })
}

/// In one shop or in all.
fn erased(shop: Option<&ShopId>, contact: ContactId) -> anyhow::Result<Vec<Deed>> {
    let meant = |one: &&ShopId| shop.is_none_or(|shop| shop == *one);
    let shops = catalog()?.shops.keys().filter(meant);
    Ok(shops.map(|shop| Deed::Erase { shop: shop.clone(), contact }).collect())
}

/// Whether an event ends her mails, and whether it proves that she never saw this one. The judge's own reading: the
/// product has another.
const fn meaning(kind: MailEventKind) -> (bool, bool) {
    match kind {
        MailEventKind::HardBounced | MailEventKind::Withheld(_) => (true, true),
        MailEventKind::Complained => (true, false),
        MailEventKind::Rejected | MailEventKind::NotRendered => (false, true),
        MailEventKind::Accepted
        | MailEventKind::Delivered
        | MailEventKind::Delayed
        | MailEventKind::SoftBounced
        | MailEventKind::Opened
        | MailEventKind::Clicked => (false, false),
    }
}

/// A dead mailbox and a complaint end the mails of all shops.
fn of_event(event: &MailEvent) -> Vec<Deed> {
    let (objects, never_seen) = meaning(event.kind);
    let shops = catalog().ok().filter(|_| objects);
    let shops = shops.into_iter().flat_map(|catalog| catalog.shops.keys());
    let object = |shop: &ShopId| Deed::Object { shop: shop.clone(), contact: event.task.contact };
    shops.map(object).chain(never_seen.then_some(Deed::NeverSeen { mail: event.mail })).collect()
}
