//! The numbers of a store: every order as exactly one mail or one reason.

use std::collections::{BTreeMap, HashMap};

use nachklang_domain::contact::Contact;
use nachklang_domain::coupon::runway::PoolHealth;
use nachklang_domain::disposition::{Disposition, disposition};
use nachklang_domain::id::{ContactId, PoolId, ShopId};
use nachklang_domain::order::Order;
use serde::Serialize;

use crate::site::Site;

/// The numbers of a store.
#[derive(Debug, Default, Serialize)]
pub struct Summary {
    /// Orders and receipts.
    pub orders: u64,
    /// Orders whose mail was accepted.
    pub mailed: u64,
    /// Orders whose mail is planned or under way.
    pub waiting: u64,
    /// Orders whose mail was refused for good, or has an unknown end.
    pub unsettled: u64,
    /// Orders without a mail of their own, by reason.
    pub skipped: BTreeMap<&'static str, u64>,
    /// Accepted mails by segment.
    pub segments: BTreeMap<String, u64>,
    /// Accepted mails by language.
    pub languages: BTreeMap<String, u64>,
    /// Accepted mails by variant.
    pub variants: BTreeMap<String, u64>,
    /// The coupon pools.
    pub pools: BTreeMap<PoolId, PoolHealth>,
}

/// Counts all orders of the store.
///
/// # Errors
/// When the store does not answer.
pub async fn summary(site: &Site) -> anyhow::Result<Summary> {
    let catalog = site.catalog()?;
    let mut contacts: HashMap<(ShopId, ContactId), Contact> = HashMap::new();
    let gather = |contact: Contact| {
        contacts.insert((contact.shop.clone(), contact.id), contact);
    };
    site.store.all_contacts(gather).await?;
    let mut summary = Summary::default();
    let count = |order: Order| {
        let contact = order.contact.and_then(|id| contacts.get(&(order.key.shop.clone(), id)));
        summary.orders += 1;
        match disposition(&order, contact, &catalog) {
            Disposition::Mailed { .. } => summary.mailed += 1,
            Disposition::Waiting { .. } | Disposition::Underway { .. } => summary.waiting += 1,
            Disposition::Failed { .. } | Disposition::Unknown { .. } => summary.unsettled += 1,
            Disposition::Skipped { reason } => *summary.skipped.entry(reason.as_str()).or_default() += 1,
        }
    };
    site.store.all_orders(count).await?;
    contacts.values().for_each(|contact| summary.count_mails(contact));
    summary.pools = crate::pump::watch(site, site.now().await?).await?;
    Ok(summary)
}

impl Summary {
    fn count_mails(&mut self, contact: &Contact) {
        for enrolment in &contact.enrolments {
            let sent = |state: &&nachklang_domain::enrolment::StepRecord| {
                matches!(state.state, nachklang_domain::enrolment::StepState::Sent { .. })
            };
            for claim in enrolment.steps.iter().filter(sent).filter_map(|step| step.state.claim()) {
                *self.segments.entry(claim.segment.to_string()).or_default() += 1;
                *self.languages.entry(claim.language.to_string()).or_default() += 1;
                if let Some(variant) = &enrolment.variant {
                    *self.variants.entry(variant.to_string()).or_default() += 1;
                }
            }
        }
    }

    /// The numbers in words.
    #[must_use]
    pub fn words(&self) -> String {
        use crate::commands::simulate::table;
        let skipped: BTreeMap<String, u64> =
            self.skipped.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect();
        let mut text = format!("{} orders: {} mailed, {} waiting", self.orders, self.mailed, self.waiting);
        if self.unsettled > 0 {
            text += &format!(", {} refused or unknown", self.unsettled);
        }
        let tables = [
            ("mails per segment", &self.segments),
            ("mails per language", &self.languages),
            ("mails per variant", &self.variants),
            ("orders without a mail of their own", &skipped),
        ];
        for (name, counts) in tables {
            text += &format!("\n\n{name}\n{}", table(counts).trim_end());
        }
        text += "\n\ncoupon codes left";
        for (pool, health) in &self.pools {
            let runway =
                health.runway_days.map_or_else(|| "unused".to_owned(), |days| format!("{days} days"));
            text += &format!("\n  {:>8}  {pool} (of {}; runway {runway})", health.available, health.imported);
        }
        text
    }
}
