//! Takes in what a contact file tells of a person.

use jiff::Timestamp;

use super::{Desk, MAX_CONFLICTS, UseCaseError};
use crate::consent::{LegalBasis, SuppressionReason};
use crate::contact::{Contact, Profile};
use crate::contact_file::ContactRow;
use crate::id::{ContactId, ShopId};
use crate::ports::{Committed, Contacts, Version};

/// Takes in a row; answers whether it told something new.
///
/// A suppression is noted and never taken back. Whoever is suppressed by the row is remembered by it alone: no address
/// is kept that must not be used. `told_at` is when the file was uploaded: what an order told later stays.
///
/// # Errors
/// [`UseCaseError`]; after a transient one the row should be told again.
pub async fn take_contact<W: Contacts>(
    desk: Desk<'_, W>,
    shop: &ShopId,
    row: &ContactRow,
    told_at: Timestamp,
) -> Result<bool, UseCaseError> {
    let id = ContactId::of(&row.email, desk.contact_key);
    for _ in 0..MAX_CONFLICTS {
        let stored = desk.world.load_contact(shop, id).await?;
        let (mut contact, version) =
            stored.unwrap_or_else(|| (Contact::new(shop.clone(), id), Version::default()));
        let before = contact.clone();
        tell(&mut contact, row, told_at);
        // When it was told is nothing new by itself: the same file, uploaded again, costs no write.
        if contact == (Contact { profile_at: contact.profile_at, ..before }) {
            return Ok(false);
        }
        if desk.world.commit(&contact, version, &[]).await? == Committed::Done {
            return Ok(true);
        }
    }
    Err(UseCaseError::TooManyConflicts)
}

fn tell(contact: &mut Contact, row: &ContactRow, told_at: Timestamp) {
    if row.suppressed {
        return contact.suppress(SuppressionReason::Manual, told_at);
    }
    let profile = Profile {
        email: Some(&row.email),
        first_name: row.first_name.as_ref(),
        language: row.language.as_ref(),
        country: row.country.as_ref(),
    };
    contact.learn_profile(profile, row.consent.clone().map(LegalBasis::Consent), told_at);
}
