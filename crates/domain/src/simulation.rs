//! A dry run of real history over the current flows: who would have got what, and when. Nothing is stored.
//!
//! Every order event is taken in on its day, and every day's due mails are decided by the very functions that the real
//! run uses. Stock is taken as unlimited: the result says how many codes are needed.

mod person;

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use person::{Outcome, Person};

use crate::catalog::Catalog;
use crate::contact::Contact;
use crate::disposition::{Disposition, disposition};
use crate::email::EmailAddress;
use crate::enrolment::{Enrolled, enrol};
use crate::id::{ContactId, EnrolmentId, FlowId, OrderKey, SegmentId, VariantId};
use crate::language::Language;
use crate::order::{Order, OrderEvent};
use crate::secret::SecretBytes;
use crate::shop::Shop;
use crate::use_case::receive_order::details;

/// What a mail costs at SES, in millionths of a US dollar (0.10 USD per thousand, without attachments).
///
/// Source: <https://aws.amazon.com/ses/pricing/>
pub const SES_MICRO_USD: u64 = 100;

/// A mail that would have gone.
#[derive(Debug, Clone, Serialize)]
pub struct SimulatedMail {
    /// When.
    pub day: Date,
    /// For which order.
    pub order: OrderKey,
    /// Which segment.
    pub segment: SegmentId,
    /// In which language.
    pub language: Language,
    /// Under which variant.
    pub variant: Option<VariantId>,
}

/// The result of a dry run. Every invoice is mailed or skipped for one reason.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SimulationReport {
    /// Orders and receipts.
    pub invoices: u64,
    /// Invoices with a mail.
    pub mailed: u64,
    /// Invoices without, by reason.
    pub skipped: BTreeMap<&'static str, u64>,
    /// Mails by segment.
    pub segments: BTreeMap<String, u64>,
    /// Mails by language.
    pub languages: BTreeMap<String, u64>,
    /// Mails by variant of the experiment.
    pub variants: BTreeMap<String, u64>,
    /// Codes that would be handed out.
    pub codes_needed: u64,
    /// What SES would take, in millionths of a US dollar.
    #[serde(skip)]
    pub ses_micro_usd: u64,
    /// The mails, in the order of their days.
    #[serde(skip)]
    pub mails: Vec<SimulatedMail>,
}

/// A dry run in one shop.
#[derive(Debug)]
pub struct Simulation<'a> {
    catalog: &'a Catalog,
    shop: &'a Shop,
    key: &'a SecretBytes,
    people: HashMap<ContactId, Person>,
    orphans: BTreeMap<OrderKey, Order>,
    whose: HashMap<OrderKey, ContactId>,
    due: BTreeMap<Date, Vec<(ContactId, EnrolmentId, FlowId, usize)>>,
    report: SimulationReport,
}

impl<'a> Simulation<'a> {
    /// Begins with nobody.
    #[must_use]
    pub fn new(catalog: &'a Catalog, shop: &'a Shop, key: &'a SecretBytes) -> Self {
        Self {
            catalog,
            shop,
            key,
            people: HashMap::new(),
            orphans: BTreeMap::new(),
            whose: HashMap::new(),
            due: BTreeMap::new(),
            report: SimulationReport::default(),
        }
    }

    /// Runs history to its end: all events, each on its day, and the days after until nothing waits.
    #[must_use]
    pub fn run(mut self, events: impl IntoIterator<Item = OrderEvent>) -> SimulationReport {
        let mut events: Vec<OrderEvent> = events.into_iter().map(lean).collect();
        events.sort_by_cached_key(moment);
        for event in events {
            let day = self.shop.local_date(moment(&event));
            self.run_days_before(day);
            self.take(event);
        }
        self.run_days_before(Date::MAX);
        self.sum_up();
        self.report
    }

    /// Every day's run comes before the day's purchases: a mail goes in the morning.
    fn run_days_before(&mut self, day: Date) {
        while let Some(entry) = self.due.first_entry().filter(|entry| *entry.key() <= day) {
            let (today, tasks) = entry.remove_entry();
            for (contact, enrolment, flow, step) in tasks {
                self.decide(contact, enrolment, &flow, step, today);
            }
        }
    }

    fn take(&mut self, event: OrderEvent) {
        let now = moment(&event);
        let known = self.whose.get(&event.key).copied();
        let Some(id) = known.or_else(|| self.person_of(&event)) else {
            let key = event.key.clone();
            self.orphans.entry(key.clone()).or_insert_with(|| Order::empty(key)).absorb(event);
            return;
        };
        let key = event.key.clone();
        let early = self.orphans.remove(&key);
        let shop = &self.shop.id;
        let person = self.people.entry(id).or_insert_with(|| Person::new(Contact::new(shop.clone(), id)));
        let order = person.orders.entry(key.clone()).or_insert_with(|| Box::new(Order::empty(key.clone())));
        if let Some(early) = early {
            **order = early;
        }
        order.absorb(event);
        describe(self.catalog, order);
        self.tell(id, &key, now);
        self.whose.insert(key, id);
    }

    fn tell(&mut self, id: ContactId, key: &OrderKey, now: Timestamp) {
        let (catalog, shop) = (self.catalog, self.shop);
        let Some(Person { contact, orders }) = self.people.get_mut(&id) else {
            return;
        };
        let Some(order) = orders.get(key) else { return };
        if let Some(snapshot) = &order.snapshot {
            contact.learn(snapshot, shop.basis_for(order));
            contact.email = contact.email.take().or_else(|| EmailAddress::parse(STAND_IN).ok());
        }
        for flow in catalog.flows_of(&shop.id) {
            if let Enrolled::Started(started) = enrol(contact, order, flow, shop, now) {
                let steps = contact.enrolment(started).map_or(&[][..], |enrolment| &enrolment.steps);
                for (at, step) in steps.iter().enumerate() {
                    let day = crate::use_case::next_look::look_on(step.due, shop, now);
                    self.due.entry(day).or_default().push((id, started, flow.id.clone(), at));
                }
            }
        }
    }

    fn person_of(&self, event: &OrderEvent) -> Option<ContactId> {
        let snapshot = event.snapshot.as_ref()?;
        let by_address = snapshot.email.as_ref().map(|address| ContactId::of(address, self.key));
        let number = snapshot.customer_number.as_deref().filter(|number| !number.is_empty());
        by_address
            .or_else(|| number.map(|number| ContactId::of_customer_number(&self.shop.id, number, self.key)))
    }

    fn decide(&mut self, id: ContactId, enrolment: EnrolmentId, flow: &FlowId, step: usize, today: Date) {
        let (Some(person), Some(flow)) = (self.people.get_mut(&id), self.catalog.flows.get(flow)) else {
            return;
        };
        if let Some(Outcome::Mail(mail, code)) = person.decide(self.shop, flow, enrolment, step, today) {
            self.report.codes_needed += u64::from(code);
            count(&mut self.report.segments, mail.segment.as_str());
            count(&mut self.report.languages, mail.language.as_str());
            if let Some(variant) = &mail.variant {
                count(&mut self.report.variants, variant.as_str());
            }
            self.report.mails.push(mail);
        }
    }

    fn sum_up(&mut self) {
        let known = self
            .people
            .values()
            .flat_map(|p| p.orders.values().map(|order| (order.as_ref(), Some(&p.contact))));
        for (order, contact) in known.chain(self.orphans.values().map(|order| (order, None))) {
            self.report.invoices += 1;
            match disposition(order, contact, self.catalog) {
                Disposition::Skipped { reason } => {
                    *self.report.skipped.entry(reason.as_str()).or_default() += 1
                }
                _ => self.report.mailed += 1,
            }
        }
        let mails = u64::try_from(self.report.mails.len()).unwrap_or(u64::MAX);
        self.report.ses_micro_usd = mails.saturating_mul(SES_MICRO_USD);
    }
}

/// Stands for the address of a person known by number only (RFC 2606: `.invalid` never resolves).
const STAND_IN: &str = "somebody@simulation.invalid";

fn describe(catalog: &Catalog, order: &mut Order) {
    for line in order.snapshot.iter_mut().flat_map(|snapshot| &mut snapshot.lines) {
        line.details = details(&catalog.brand, line, None);
    }
}

/// Without the ids by which a feed knows the goods of a receipt: a dry run asks no feed, and of half a million lines the
/// ids take 30 MB.
fn lean(mut event: OrderEvent) -> OrderEvent {
    let receipt = event.snapshot.as_mut().filter(|snapshot| snapshot.lines_add_up);
    for line in receipt.into_iter().flat_map(|snapshot| &mut snapshot.lines) {
        line.product_ids = Vec::new();
    }
    event
}

fn count(counts: &mut BTreeMap<String, u64>, name: &str) {
    match counts.get_mut(name) {
        Some(count) => *count += 1,
        None => {
            counts.insert(name.to_owned(), 1);
        }
    }
}

/// When an event happened, as its source tells it.
fn moment(event: &OrderEvent) -> Timestamp {
    let snapshot = event.snapshot.as_ref().map(|snapshot| snapshot.placed_at.max(snapshot.revision));
    let refund = event.refunds.values().filter_map(|refund| refund.at).max();
    snapshot.max(event.cancelled_at).max(refund).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests;
