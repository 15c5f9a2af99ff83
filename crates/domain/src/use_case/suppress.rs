//! Notes that somebody is not to be mailed, in one shop or in all.

use jiff::Timestamp;

use super::{Desk, MAX_CONFLICTS, UseCaseError};
use crate::catalog::Catalog;
use crate::consent::SuppressionReason;
use crate::contact::Contact;
use crate::id::{ContactId, ShopId};
use crate::ports::{Committed, Contacts, Version};

/// Whose mails end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Those of one shop: she said no to it.
    Shop(ShopId),
    /// Those of all shops: her mailbox is gone, or she called a mail spam.
    AllShops,
}

impl Reach {
    /// The shops that are meant.
    pub fn shops<'a>(&'a self, catalog: &'a Catalog) -> Box<dyn Iterator<Item = &'a ShopId> + Send + 'a> {
        match self {
            Self::Shop(shop) => Box::new(std::iter::once(shop)),
            Self::AllShops => Box::new(catalog.shops.keys()),
        }
    }
}

/// Suppresses a contact. Doing it again changes nothing; nothing ever undoes it but the person herself.
///
/// # Errors
/// [`UseCaseError`]; after a transient one it must be done again.
pub async fn suppress<W: Contacts>(
    desk: Desk<'_, W>,
    contact: ContactId,
    reach: &Reach,
    reason: SuppressionReason,
    now: Timestamp,
) -> Result<(), UseCaseError> {
    for shop in reach.shops(desk.catalog) {
        suppress_in(desk.world, shop, contact, reason, now).await?;
    }
    Ok(())
}

pub(super) async fn suppress_in<W: Contacts>(
    world: &W,
    shop: &ShopId,
    id: ContactId,
    reason: SuppressionReason,
    now: Timestamp,
) -> Result<(), UseCaseError> {
    for _ in 0..MAX_CONFLICTS {
        let stored = world.load_contact(shop, id).await?;
        let (mut contact, version) =
            stored.unwrap_or_else(|| (Contact::new(shop.clone(), id), Version::default()));
        if contact.suppressed.is_some() && reason != SuppressionReason::Erased {
            return Ok(());
        }
        contact.suppress(reason, now);
        if world.commit(&contact, version, &[]).await? == Committed::Done {
            return Ok(());
        }
    }
    Err(UseCaseError::TooManyConflicts)
}
