//! Receives what a shop or till tells about an order.
//!
//! Due entries and contact are written first, under deterministic keys; the order comes last, under its version. So
//! an order that is stored has done all it must, and one that is told again does it again without harm.
//!
//! Order and contact are read at a glance first: their versions guard what is written. That there is nothing new is
//! decided on a sure read only.

use jiff::Timestamp;

use super::docket::Reading;
use super::line_product::product_of;
use super::next_look::look_on;
use super::taken::Taken;
use super::{Desk, MAX_CONFLICTS, UseCaseError};
use crate::brand::Brand;
use crate::contact::Contact;
use crate::enrolment::{Enrolled, SkipReason, enrol, leave};
use crate::id::{ContactId, OrderKey};
use crate::order::{Absorbed, Line, LineDetails, Order, OrderEvent};
use crate::ports::{Committed, Contacts, DueEntry, DueList, MailTask, Orders, Products, Saved, Version};
use crate::product::Product;
use crate::shop::Shop;

/// What receiving did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receipt {
    /// Something new was stored; for each flow of the shop, what it led to. Empty without an address.
    Stored(Vec<Enrolled>),
    /// It was known, or older than what is known.
    Known,
}

/// Receives what one request or piece of a file told, one event after the other.
///
/// # Errors
/// [`UseCaseError`]; the source should tell all of it again, for what was received before is known then.
pub async fn receive_orders<W>(
    desk: Desk<'_, W>,
    events: &[OrderEvent],
    now: Timestamp,
) -> Result<Taken, UseCaseError>
where
    W: Orders + Contacts + DueList + Products,
{
    let mut taken = Taken::default();
    for event in events {
        taken.count(receive_order(desk, event, now).await? != Receipt::Known);
    }
    Ok(taken)
}

/// Receives one event.
///
/// # Errors
/// [`UseCaseError`]; after a transient one the source should tell it again.
pub async fn receive_order<W>(
    desk: Desk<'_, W>,
    event: &OrderEvent,
    now: Timestamp,
) -> Result<Receipt, UseCaseError>
where
    W: Orders + Contacts + DueList + Products,
{
    let mut before = Before::default();
    for attempt in 0..MAX_CONFLICTS {
        let seen = look(desk.world, &event.key, Reading::of_attempt(attempt)).await?;
        if let Some(receipt) = attempt_once(desk, event, seen, &mut before, now).await? {
            return Ok(receipt);
        }
    }
    Err(UseCaseError::TooManyConflicts)
}

/// What earlier attempts came to.
#[derive(Debug, Default)]
struct Before {
    /// Whom one told what was not so: she is told again, or the order is taken from her.
    told: Option<ContactId>,
    /// The stored version, surely read, of which the buyer knew better.
    outdone: Option<Version>,
}

/// One attempt on what was seen; `None` when it must be made again on a sure read.
async fn attempt_once<W>(
    desk: Desk<'_, W>,
    event: &OrderEvent,
    seen: Seen,
    before: &mut Before,
    now: Timestamp,
) -> Result<Option<Receipt>, UseCaseError>
where
    W: Orders + Contacts + DueList + Products,
{
    let shop = desk.shop(&event.key.shop)?;
    let Seen { mut order, version, reading } = seen;
    let former = order.contact;
    let news = order.absorb(event.clone()) == Absorbed::Changed;
    if news {
        describe_lines(desk, shop, &mut order).await?;
        order.contact = owner(desk, &order).or(former);
    } else if reading == Reading::Glance {
        return Ok(None);
    } else if before.told.is_none() && is_told_rightly(desk.world, &order).await? {
        return Ok(Some(Receipt::Known));
    }
    let written = if news { version.next() } else { version };
    for other in [former, before.told].into_iter().flatten().filter(|other| Some(*other) != order.contact) {
        take_from(desk, other, (&order.key, written), now).await?;
    }
    let weight = if before.outdone == Some(version) {
        Weight::Restored
    } else if news {
        Weight::News
    } else {
        Weight::Stored
    };
    let (buyer, enrolled) = tell_contact(desk, shop, (&order, written, weight), now).await?;
    if buyer == Buyer::KnowsBetter {
        before.outdone = (reading == Reading::Sure).then_some(version);
        return Ok((!news).then_some(Receipt::Known));
    }
    before.told = order.contact;
    if !news || (buyer == Buyer::Erased && forget_buyer(desk.world, &mut order).await?) {
        return Ok(Some(Receipt::Known));
    }
    let saved = desk.world.save_order(&order, version).await?;
    Ok((saved == Saved::Done).then_some(Receipt::Stored(enrolled)))
}

/// Whether the buyer knows what is stored. A message that broke off after it had told her may have told what was not so.
async fn is_told_rightly<W: Contacts>(world: &W, order: &Order) -> Result<bool, UseCaseError> {
    let Some(buyer) = order.contact else { return Ok(true) };
    let stored = world.load_contact(&order.key.shop, buyer).await?;
    Ok(stored.is_none_or(|(contact, _)| contact.is_told_rightly(order)))
}

/// How much a telling knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weight {
    /// It is about to be stored; so may be what others tell under the same version.
    News,
    /// It is stored: nothing that was told under its version counts any more.
    Stored,
    /// It is about to be stored, and twice the order was older than what the buyer was told: a backup was restored, and what
    /// she knows more was lost with the order.
    Restored,
}

/// What is stored before an event is taken in.
struct Seen {
    order: Order,
    version: Version,
    reading: Reading,
}

async fn look<W: Orders>(world: &W, key: &OrderKey, reading: Reading) -> Result<Seen, UseCaseError> {
    let stored = reading.order(world, key).await?;
    let (order, version) = stored.unwrap_or_else(|| (Order::empty(key.clone()), Version::default()));
    Ok(Seen { order, version, reading })
}

/// Who bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Buyer {
    /// Somebody whose data may be kept, or nobody who is known.
    Kept,
    /// Somebody whose data was erased: the purchase is stored as nobody's.
    Erased,
    /// Somebody who was told a newer state meanwhile, and must not unlearn it. What we know is stored or will not be.
    KnowsBetter,
}

/// Makes it nobody's order; answers whether that is how it is stored already.
async fn forget_buyer<W: Orders>(world: &W, order: &mut Order) -> Result<bool, UseCaseError> {
    order.forget_buyer();
    let stored = world.load_order(&order.key).await?;
    Ok(stored.is_some_and(|(stored, _)| stored == *order))
}

fn owner<W>(desk: Desk<'_, W>, order: &Order) -> Option<ContactId> {
    let address = order.snapshot.as_ref()?.email.as_ref()?;
    Some(ContactId::of(address, desk.contact_key))
}

/// Adds what the feed knows of each line: series, type, picture, page. What it knew before stays.
async fn describe_lines<W: Products>(
    desk: Desk<'_, W>,
    shop: &Shop,
    order: &mut Order,
) -> Result<(), UseCaseError> {
    let Some(snapshot) = &mut order.snapshot else {
        return Ok(());
    };
    let Some(language) = shop.language_for(snapshot.language, snapshot.country) else {
        return Ok(());
    };
    for line in snapshot.lines.iter_mut().filter(|line| line.details.product.is_none()) {
        let found = product_of(desk, shop, language, line).await?;
        line.details = details(&desk.catalog.brand, line, found);
    }
    Ok(())
}

/// What the feed tells of a line. Where that means no series, the line's own SKU may.
#[must_use]
pub fn details(brand: &Brand, line: &Line, product: Option<Product>) -> LineDetails {
    let by_sku = || line.sku.as_ref().and_then(|sku| brand.series_of_sku(sku.as_str())).cloned();
    let Some(product) = product else {
        return LineDetails { series: by_sku(), ..LineDetails::default() };
    };
    LineDetails {
        series: brand.series_of(&product).cloned().or_else(by_sku),
        product: Some(product.id),
        product_type: product.product_type,
        category: product.category,
        image: product.image,
        link: product.link,
    }
}

/// Takes the order from the contact it belonged to before its address was corrected, unless she was told a newer state of it
/// meanwhile. Of an erased one nothing waits, and the erasure still needs to know her orders.
async fn take_from<W: Contacts>(
    desk: Desk<'_, W>,
    former: ContactId,
    (order, order_version): (&OrderKey, Version),
    now: Timestamp,
) -> Result<(), UseCaseError> {
    for _ in 0..MAX_CONFLICTS {
        let Some((mut contact, version)) = desk.world.load_contact(&order.shop, former).await? else {
            return Ok(());
        };
        if contact.is_erased() || contact.knows_better(order, order_version) {
            return Ok(());
        }
        leave(&mut contact, order, order_version, now);
        contact.told_at = contact.told_at.max(Some(now));
        if desk.world.commit(&contact, version, &[]).await? == Committed::Done {
            return Ok(());
        }
    }
    Err(UseCaseError::TooManyConflicts)
}

/// Brings the buyer's profile and enrolments up to date.
///
/// The contact is written even when it stays the same: its version must move with every order event, so that a claim
/// decided before the event fails. It comes to know the order, and the version that is about to be stored, before the order
/// is: an erasure that begins in between finds it, and no older state of it is believed any more. An erased one is not
/// written: nothing is ever claimed for her.
async fn tell_contact<W: Contacts + DueList>(
    desk: Desk<'_, W>,
    shop: &Shop,
    (order, order_version, weight): (&Order, Version, Weight),
    now: Timestamp,
) -> Result<(Buyer, Vec<Enrolled>), UseCaseError> {
    let Some(id) = order.contact else {
        return Ok((Buyer::Kept, Vec::new()));
    };
    for attempt in 0..MAX_CONFLICTS {
        let stored = Reading::of_attempt(attempt).contact(desk.world, &shop.id, id).await?;
        let (mut contact, version) =
            stored.unwrap_or_else(|| (Contact::new(shop.id.clone(), id), Version::default()));
        // Nothing takes an erasure back, so a glance is enough to see it.
        if contact.is_erased() {
            let refused = |_| Enrolled::Refused(SkipReason::Erased);
            return Ok((Buyer::Erased, desk.catalog.flows_of(&shop.id).map(refused).collect()));
        }
        if weight != Weight::Restored && contact.knows_better(&order.key, order_version) {
            return Ok((Buyer::KnowsBetter, Vec::new()));
        }
        if let Some(snapshot) = &order.snapshot {
            contact.learn(snapshot, shop.basis_for(order));
        }
        // Another message may be underway with the same version. What it told of goods taken back is about to be stored.
        let taken_back = contact.taken_back(&order.key, order_version).filter(|_| weight == Weight::News);
        match weight {
            Weight::News => contact.add_order(&order.key, order_version),
            Weight::Stored | Weight::Restored => contact.renew_order(&order.key, order_version),
        }
        contact.told_at = contact.told_at.max(Some(now));
        let flows = desk.catalog.flows_of(&shop.id);
        let enrolled: Vec<Enrolled> = flows.map(|flow| enrol(&mut contact, order, flow, shop, now)).collect();
        contact.note_end(&order.key, order.dead().or(taken_back));
        desk.world.put_due(&due_entries(&contact, &enrolled, shop, now)).await?;
        if desk.world.commit(&contact, version, &[]).await? == Committed::Done {
            return Ok((Buyer::Kept, enrolled));
        }
    }
    Err(UseCaseError::TooManyConflicts)
}

/// The due entries of what waits in the enrolments that the order touched.
fn due_entries(contact: &Contact, enrolled: &[Enrolled], shop: &Shop, now: Timestamp) -> Vec<DueEntry> {
    let touched = enrolled.iter().filter_map(|enrolled| match enrolled {
        Enrolled::Started(id) | Enrolled::Already(id) => contact.enrolment(*id),
        Enrolled::Joined(_) | Enrolled::Refused(_) => None,
    });
    let steps = touched
        .flat_map(|enrolment| (0..).zip(&enrolment.steps).map(move |(at, step)| (enrolment, at, step)));
    let waiting = steps.filter(|(_, _, step)| !step.state.is_final() && step.state.claim().is_none());
    let entry =
        |(enrolment, step, record): (&crate::enrolment::Enrolment, u32, &crate::enrolment::StepRecord)| {
            DueEntry {
                day: look_on(record.due, shop, now),
                first_due: record.due,
                task: MailTask {
                    shop: contact.shop.clone(),
                    contact: contact.id,
                    enrolment: enrolment.id,
                    flow: enrolment.flow.clone(),
                    step,
                },
            }
        };
    waiting.map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{BRAND, line, product};

    #[test]
    fn a_product_that_means_no_series_leaves_it_to_the_lines_own_sku() {
        let brand: Brand = toml::from_str(BRAND).unwrap();
        let bought = line("L1", "CC-001", 1);
        let alone = details(&brand, &bought, None).series;
        assert!(alone.is_some(), "the SKU means a series");
        assert_eq!(details(&brand, &bought, Some(product("39072856"))).series, alone);
    }
}
