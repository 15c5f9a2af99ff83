//! What shops and flows need of the mails.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{Catalog, Files};
use crate::flow::Flow;
use crate::id::{MailName, SegmentId};
use crate::mail::publish::Demand;

/// What an edition of the shops and flows needs of each mail.
#[derive(Debug)]
pub struct Demands {
    segments: BTreeMap<MailName, BTreeSet<SegmentId>>,
    of_shops: Demand,
}

impl Demands {
    /// Reads the files; `None` when one of them cannot be read.
    #[must_use]
    pub fn of(files: &Files) -> Option<Self> {
        let catalog = Catalog::readable(files)?;
        // One brand file; each other file is a shop or a flow, or was passed over.
        if 1 + catalog.shops.len() + catalog.flows.len() < files.len() {
            return None;
        }
        let mut demands = Self { segments: BTreeMap::new(), of_shops: none() };
        catalog.flows.values().for_each(|flow| demands.add_flow(flow));
        for shop in catalog.shops.values() {
            demands.of_shops.languages.extend(&shop.languages);
            demands.of_shops.forms.insert(shop.address);
        }
        Some(demands)
    }

    fn add_flow(&mut self, flow: &Flow) {
        for segment in &flow.segments {
            for step in 0..u32::try_from(flow.steps.len()).unwrap_or(0) {
                let mail = self.segments.entry(flow.mail_for(step, segment)).or_default();
                mail.insert(segment.id.clone());
            }
        }
    }

    /// What is needed of a mail.
    #[must_use]
    pub fn of_mail(&self, mail: &MailName) -> Demand {
        let segments = self.segments.get(mail).into_iter().flatten().cloned().collect();
        Demand { segments, ..self.of_shops.clone() }
    }
}

const fn none() -> Demand {
    Demand { segments: Vec::new(), languages: BTreeSet::new(), forms: BTreeSet::new() }
}
