//! What the store and the sink know of a customer.

use anyhow::{Context as _, ensure};
use nachklang_domain::contact::Contact;
use nachklang_domain::email::EmailAddress;
use nachklang_domain::enrolment::StepState;
use nachklang_domain::id::{ContactId, OrderKey, OrderNumber, ShopId, Source};
use nachklang_domain::order::Order as StoredOrder;
use nachklang_domain::ports::{Contacts as _, Orders as _};
use nachklang_domain::secret::SecretBytes;

use super::{Shopper, Stack};
use crate::ses::Mail;

impl Stack {
    /// The accepted mails to a customer.
    pub fn mails_to(&self, shopper: &Shopper) -> Vec<Mail> {
        let to_her = |mail: &Mail| mail.recipients.contains(&shopper.email);
        self.sink.mails().into_iter().filter(to_her).collect()
    }

    /// Waits for a customer's one mail.
    ///
    /// # Errors
    /// When there is none, or more than one.
    pub async fn one_mail_to(&self, shopper: &Shopper) -> anyhow::Result<Mail> {
        self.wait_for("the mail", async || Ok((!self.mails_to(shopper).is_empty()).then_some(()))).await?;
        self.at_rest().await?;
        let mut mails = self.mails_to(shopper);
        ensure!(mails.len() == 1, "one mail, not {}", mails.len());
        mails.pop().context("a mail")
    }

    /// A customer's id, which is keyed by the stack's own secret.
    ///
    /// # Errors
    /// When the secret cannot be read.
    pub async fn contact_id(&self, shopper: &Shopper) -> anyhow::Result<ContactId> {
        Ok(ContactId::of(&EmailAddress::parse(&shopper.email)?, &self.contact_key().await?))
    }

    /// The key of all customers' ids.
    ///
    /// # Errors
    /// When the secret cannot be read.
    pub async fn contact_key(&self) -> anyhow::Result<SecretBytes> {
        let asked = self.clients.secrets.get_secret_value().secret_id(self.resource("ContactKey")?);
        let key = asked.send().await?.secret_string.context("the contact key is text")?;
        Ok(SecretBytes::from(key))
    }

    /// A customer as she is stored.
    ///
    /// # Errors
    /// When nothing is known of her.
    pub async fn contact(&self, shopper: &Shopper) -> anyhow::Result<Contact> {
        let (shop, id) = (ShopId::parse(shopper.shop)?, self.contact_id(shopper).await?);
        let stored = self.store.load_contact(&shop, id).await?;
        stored.map(|(contact, _)| contact).context("the customer is known")
    }

    /// The states of all mails that a customer is or was to get.
    ///
    /// # Errors
    /// As [`Stack::contact`].
    pub async fn states(&self, shopper: &Shopper) -> anyhow::Result<Vec<StepState>> {
        let contact = self.contact(shopper).await?;
        let steps = contact.enrolments.into_iter().flat_map(|enrolment| enrolment.steps);
        Ok(steps.map(|step| step.state).collect())
    }

    /// An order as it is stored.
    ///
    /// # Errors
    /// When a name is none.
    pub async fn order(&self, shop: &str, source: &str, number: &str) -> anyhow::Result<Option<StoredOrder>> {
        let key = OrderKey {
            shop: ShopId::parse(shop)?,
            source: Source::parse(source)?,
            number: OrderNumber::parse(number)?,
        };
        Ok(self.store.load_order(&key).await?.map(|(order, _)| order))
    }
}
