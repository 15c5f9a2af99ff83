//! Whether a request that cannot be read may be kept until somebody has looked.

use super::{Desk, UseCaseError};
use crate::id::{ContactId, ShopId};
use crate::person::addresses_in;
use crate::ports::Contacts;

/// So many addresses of a body are looked up; an order names one or two.
const ADDRESSES: usize = 8;

/// Whether a body names somebody whose data was erased: then it is not kept, for nobody could tell whose it is later.
///
/// # Errors
/// [`UseCaseError`] when the store does not answer.
pub async fn names_somebody_erased<W: Contacts>(
    desk: Desk<'_, W>,
    shop: &ShopId,
    body: &[u8],
) -> Result<bool, UseCaseError> {
    for address in addresses_in(body, ADDRESSES) {
        let id = ContactId::of(&address, desk.contact_key);
        let known = desk.world.load_contact(shop, id).await?;
        if known.is_some_and(|(contact, _)| contact.is_erased()) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consent::SuppressionReason;
    use crate::email::EmailAddress;
    use crate::fixtures::{at, shop_id};
    use crate::secret::SecretBytes;
    use crate::use_case::memory::{Memory, catalog, run};

    #[test]
    fn a_body_is_kept_unless_it_names_somebody_erased() {
        let (memory, catalog, key) = (Memory::default(), catalog(), SecretBytes::new(b"one key".to_vec()));
        let known = |name: &str, reason| {
            let id = ContactId::of(&EmailAddress::parse(&format!("{name}@example.com")).unwrap(), &key);
            let mut contact = crate::contact::Contact::new(shop_id(), id);
            contact.suppress(reason, at("2026-03-10T09:00:00Z"));
            memory.put(contact);
        };
        known("anna", SuppressionReason::Erased);
        known("berta", SuppressionReason::Unsubscribed);
        let desk = Desk { world: &memory, catalog: &catalog, contact_key: &key };
        for (body, erased) in [
            (r#"{"email": "berta@example.com", "also": "Anna@example.com"}"#, true),
            (r#"{"email": "berta@example.com"}"#, false),
            (r#"{"email": "nobody@example.com"}"#, false),
            ("", false),
        ] {
            assert_eq!(
                run(names_somebody_erased(desk, &shop_id(), body.as_bytes())).unwrap(),
                erased,
                "{body}"
            );
        }
    }
}
