//! Leases, without waiting for their end.
//!
//! As with the calendar (see [`Stack::morning`]): the functions go by the real clock, so what is stored of it moves. A lease
//! may only be ended here while whoever took it is certainly gone.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use nachklang_domain::contact::Contact;
use nachklang_domain::enrolment::StepState;
use nachklang_domain::id::{ContactId, ShopId};
use nachklang_domain::ports::{Committed, Contacts as _};

use super::Stack;

const JUST_NOW: SignedDuration = SignedDuration::from_secs(1);

impl Stack {
    /// The minutes pass in which an ended run keeps others from beginning.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn run_lease_ends(&self, shop: &ShopId) -> anyhow::Result<()> {
        let text = |text: String| AttributeValue::S(text);
        let update = self.clients.dynamo.update_item().table_name(self.output("SettingsTableName")?);
        let update = update.key("pk", text(format!("run#{shop}"))).key("sk", text("run".to_owned()));
        update.update_expression("REMOVE lease").send().await?;
        Ok(())
    }

    /// The minute passes in which a handover may still be under way; answers how many mails of a person it was for.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn handover_ends(&self, shop: &ShopId, contact: ContactId) -> anyhow::Result<usize> {
        loop {
            let Some((mut contact, version)) = self.store.load_contact(shop, contact).await? else {
                return Ok(0);
            };
            let ended = end_leases(&mut contact, Timestamp::now().checked_sub(JUST_NOW)?);
            if ended == 0 || self.store.commit(&contact, version, &[]).await? == Committed::Done {
                return Ok(ended);
            }
        }
    }
}

fn end_leases(contact: &mut Contact, at: Timestamp) -> usize {
    let steps = contact.enrolments.iter_mut().flat_map(|enrolment| &mut enrolment.steps);
    let leases = steps.filter_map(|step| match &mut step.state {
        StepState::Sending { lease_until, .. } if *lease_until > at => Some(lease_until),
        _ => None,
    });
    leases.map(|lease| *lease = at).count()
}
