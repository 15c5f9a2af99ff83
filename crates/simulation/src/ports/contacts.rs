//! Each call of the ports to the contacts, on its way; every write is taken down.

use nachklang_domain::contact::Contact;
use nachklang_domain::coupon::CodeChange;
use nachklang_domain::id::{ContactId, ShopId};
use nachklang_domain::ports::{Committed, Contacts, PortResult, Version};

use super::Ports;
use crate::fault::{Call, Fault};
use crate::history::{ContactWrite, Deed, MailRow, Outcome, Stage};
use crate::store::rows_of;

impl Contacts for Ports {
    async fn load_contact(&self, shop: &ShopId, id: ContactId) -> PortResult<Option<(Contact, Version)>> {
        let line = self.read("load_contact").await?;
        line.back(self.store().load_contact(shop, id)).await
    }

    async fn glance_contact(&self, shop: &ShopId, id: ContactId) -> PortResult<Option<(Contact, Version)>> {
        let (line, seen) = self.glance("glance_contact").await?;
        line.back(seen.glance_contact(shop, id)).await
    }

    async fn commit(
        &self,
        contact: &Contact,
        expected: Version,
        codes: &[CodeChange],
    ) -> PortResult<Committed> {
        let deed = Deed::Write(ContactWrite {
            shop: contact.shop.clone(),
            contact: contact.id,
            mails: rows_of(contact).into_iter().filter(is_beyond_planning).collect(),
        });
        let asked = self.world.lock().ask(self.invocation, deed);
        let line = self.line("commit", Call::Write).await;
        let fault = line.fault;
        let answer = match line.unless_refused() {
            Ok(line) => line.twice(|| self.store().commit(contact, expected, codes)).await,
            Err(error) => Err(error),
        };
        self.world.lock().answer(asked, outcome(fault, &answer));
        answer
    }
}

fn is_beyond_planning(row: &MailRow) -> bool {
    row.stage != Stage::Waiting
}

/// What whoever asked knows, and after a second try no more than that.
const fn outcome(fault: Option<Fault>, answer: &PortResult<Committed>) -> Outcome {
    match (fault, answer) {
        (Some(Fault::Refused | Fault::Denied), _) => Outcome::Refused,
        (_, Ok(Committed::Done)) => Outcome::Done,
        (Some(Fault::TriedTwice), _) | (_, Err(_)) => Outcome::Unknown,
        (_, Ok(_)) => Outcome::Refused,
    }
}
