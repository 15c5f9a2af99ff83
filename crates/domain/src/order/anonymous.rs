//! An order that is nobody's.

use super::Order;
use crate::id::ContactId;

impl Order {
    /// Forgets who bought, and what leads to her: address, names, numbers, language, country, consent, the codes she
    /// used. What, when and for how much stays: it tells of no person any more (recital 26 of Regulation (EU) 2016/679),
    /// and the number stays so that the same purchase told again is known.
    pub fn forget_buyer(&mut self) {
        self.contact = None;
        if let Some(snapshot) = &mut self.snapshot {
            (snapshot.email, snapshot.customer_number, snapshot.first_name) = (None, None, None);
            (snapshot.language, snapshot.country, snapshot.consent) = (None, None, None);
            snapshot.codes_used.clear();
        }
    }

    /// Whether it is somebody else's.
    #[must_use]
    pub fn is_of_another(&self, contact: ContactId) -> bool {
        self.contact.is_some_and(|owner| owner != contact)
    }
}
