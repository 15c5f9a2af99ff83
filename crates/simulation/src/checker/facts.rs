//! A history sorted by what the checks ask of it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use nachklang_domain::coupon::CouponCode;
use nachklang_domain::id::{ContactId, EnrolmentId, MailId, OrderKey, PoolId, ShopId};

use super::{Invariant, Violation};
use crate::display::Names;
use crate::history::{
    Acceptance, Change, ContactWrite, Deed, History, MailRow, Operation, Outcome, Place, Purchase, ShopRules,
    Stage,
};

/// A person in a shop.
pub(crate) type Person<'a> = (&'a ShopId, ContactId);

/// The purchase and step that a mail id belongs to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin<'a> {
    pub(crate) rules: &'a ShopRules,
    pub(crate) contact: ContactId,
    pub(crate) order: &'a OrderKey,
    pub(crate) step: usize,
}

/// Codes that were brought into a pool, or taken out of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Batch<'a> {
    pub(crate) operation: &'a Operation,
    pub(crate) pool: &'a PoolId,
    pub(crate) codes: &'a [CouponCode],
}

/// A history sorted by what the checks ask of it. What was refused is left out: it has not happened.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) history: &'a History,
    pub(crate) names: Names,
    /// Mails that certainly were accepted, in the order in which they were handed over.
    pub(crate) accepted: Vec<(&'a Operation, &'a Acceptance)>,
    /// Mails of which nobody knows whether they were.
    pub(crate) perhaps_accepted: Vec<(&'a Operation, &'a Acceptance)>,
    pub(crate) imports: Vec<Batch<'a>>,
    pub(crate) voids: Vec<Batch<'a>>,
    pub(crate) purchases: BTreeMap<&'a OrderKey, Vec<(&'a Operation, &'a Purchase)>>,
    cancels: BTreeMap<&'a OrderKey, Vec<&'a Operation>>,
    perhaps_cancels: BTreeMap<&'a OrderKey, Vec<&'a Operation>>,
    /// By the order and how many parts it has, and by the part.
    given_back: BTreeMap<(&'a OrderKey, u32), BTreeMap<u32, Vec<&'a Operation>>>,
    goodbyes: BTreeMap<(ShopId, ContactId), Vec<&'a Operation>>,
    never_seen: BTreeMap<MailId, &'a Operation>,
    writes: BTreeMap<(ShopId, ContactId), Vec<(&'a Operation, &'a ContactWrite)>>,
    origins: BTreeMap<MailId, Origin<'a>>,
}

impl<'a> Facts<'a> {
    pub(crate) fn of(history: &'a History) -> Self {
        let mut facts = Self {
            history,
            names: Names::of(history),
            accepted: Vec::new(),
            perhaps_accepted: Vec::new(),
            imports: Vec::new(),
            voids: Vec::new(),
            purchases: BTreeMap::new(),
            cancels: BTreeMap::new(),
            perhaps_cancels: BTreeMap::new(),
            given_back: BTreeMap::new(),
            goodbyes: BTreeMap::new(),
            never_seen: BTreeMap::new(),
            writes: BTreeMap::new(),
            origins: BTreeMap::new(),
        };
        let mut operations: Vec<&Operation> = history.operations.iter().collect();
        operations.sort_by_key(|operation| operation.asked);
        for operation in operations.into_iter().filter(|operation| operation.outcome != Outcome::Refused) {
            facts.sort_in(operation);
        }
        facts.complete_returns();
        facts
    }

    /// Who gave back every part has given back the whole: certainly once the last of the parts is, and perhaps as soon as
    /// each was told of.
    fn complete_returns(&mut self) {
        for ((order, parts), told) in &self.given_back {
            if told.len() < usize::try_from(*parts).unwrap_or(usize::MAX) {
                continue;
            }
            let first = told.values().filter_map(|tries| tries.first().copied());
            let perhaps = first.max_by_key(|operation| operation.asked);
            self.perhaps_cancels.entry(order).or_default().extend(perhaps);
            let done = |tries: &Vec<&'a Operation>| {
                let done = tries.iter().copied().filter(|operation| operation.outcome == Outcome::Done);
                done.min_by_key(|operation| operation.answered)
            };
            let certain: Option<Vec<&Operation>> = told.values().map(done).collect();
            let last = certain.and_then(|all| all.into_iter().max_by_key(|operation| operation.answered));
            self.cancels.entry(order).or_default().extend(last);
        }
    }

    fn sort_in(&mut self, operation: &'a Operation) {
        match &operation.deed {
            Deed::Import { pool, codes } => self.imports.push(Batch { operation, pool, codes }),
            Deed::Void { pool, codes } => self.voids.push(Batch { operation, pool, codes }),
            Deed::Buy(purchase) => {
                self.add_origins(purchase);
                self.purchases.entry(&purchase.order).or_default().push((operation, purchase));
            }
            Deed::Cancel { order } => {
                self.cancels.entry(order).or_default().push(operation);
                self.perhaps_cancels.entry(order).or_default().push(operation);
            }
            Deed::GiveBack { order, part, parts } => {
                self.given_back.entry((order, *parts)).or_default().entry(*part).or_default().push(operation);
            }
            Deed::Object { shop, contact } | Deed::Erase { shop, contact } => {
                self.goodbyes.entry((shop.clone(), *contact)).or_default().push(operation);
            }
            Deed::NeverSeen { mail } => {
                self.never_seen.entry(*mail).or_insert(operation);
            }
            Deed::Write(write) => {
                self.writes.entry((write.shop.clone(), write.contact)).or_default().push((operation, write));
            }
            Deed::Accept(acceptance) if operation.outcome == Outcome::Done => {
                self.accepted.push((operation, acceptance));
            }
            Deed::Accept(acceptance) => self.perhaps_accepted.push((operation, acceptance)),
        }
    }

    fn add_origins(&mut self, purchase: &'a Purchase) {
        let Some(contact) = purchase.contact else { return };
        let order = &purchase.order;
        let promised: Vec<&'a ShopRules> = self.promises(&order.shop, Timestamp::MAX).collect();
        for rules in promised {
            let enrolment = EnrolmentId::of(&rules.flow, contact, order);
            for (number, step) in (0_u32..).zip(0..rules.days.len()) {
                let mail = MailId::of(&rules.flow, &rules.edition, number, enrolment);
                self.origins.insert(mail, Origin { rules, contact, order, step });
            }
        }
    }

    /// All that may be promised of a shop at a moment: at first, and by what was uploaded until then.
    pub(crate) fn promises(&self, shop: &ShopId, at: Timestamp) -> impl Iterator<Item = &'a ShopRules> {
        let changed = self.changes(shop, at).filter_map(|change| change.rules.as_ref());
        self.rules(shop).into_iter().chain(changed)
    }

    /// Whether the flow of a shop may have been taken away until a moment.
    pub(crate) fn may_lack_its_flow(&self, shop: &ShopId, at: Timestamp) -> bool {
        self.changes(shop, at).any(|change| change.rules.is_none())
    }

    fn changes(&self, shop: &ShopId, at: Timestamp) -> impl Iterator<Item = &'a Change> {
        let changes = self.history.rules.changes.iter();
        changes.filter(move |change| change.shop == *shop && change.from <= at)
    }

    /// What was promised of a shop at first.
    pub(crate) fn rules(&self, shop: &ShopId) -> Option<&'a ShopRules> {
        self.history.rules.shops.iter().find(|rules| rules.shop == *shop)
    }

    /// The last day on which a code is taken, if it ends.
    pub(crate) fn last_day(&self, code: &CouponCode) -> Option<Date> {
        self.history.rules.code_ends.iter().find(|(ending, _)| ending == code).map(|(_, last)| *last)
    }

    /// The purchase that a mail belongs to, computed from its id.
    pub(crate) fn origin(&self, mail: MailId) -> Option<Origin<'a>> {
        self.origins.get(&mail).copied()
    }

    /// Mails that were accepted or may have been.
    pub(crate) fn handed_over(&self) -> impl Iterator<Item = (&'a Operation, &'a Acceptance)> {
        self.accepted.iter().chain(&self.perhaps_accepted).copied()
    }

    /// What is left of a mail.
    pub(crate) fn rows(&self, mail: MailId) -> impl Iterator<Item = (Person<'a>, &'a MailRow)> {
        self.all_rows().filter(move |(_, row)| row.mail == Some(mail))
    }

    /// What is left of all mails.
    pub(crate) fn all_rows(&self) -> impl Iterator<Item = (Person<'a>, &'a MailRow)> {
        self.history.rest.mails.iter().map(|(shop, contact, row)| ((shop, *contact), row))
    }

    /// What may have taken an order back as a whole.
    pub(crate) fn perhaps_cancels(&self, order: &OrderKey) -> &[&'a Operation] {
        self.perhaps_cancels.get(order).map_or(&[], Vec::as_slice)
    }

    /// The cancellations and returns of an order that took it back as a whole, if they happened.
    pub(crate) fn cancels(&self, order: &OrderKey) -> &[&'a Operation] {
        self.cancels.get(order).map_or(&[], Vec::as_slice)
    }

    /// The objections and erasures of a person that happened, or may have.
    pub(crate) fn goodbyes(&self, (shop, contact): Person<'_>) -> &[&'a Operation] {
        self.goodbyes.get(&(shop.clone(), contact)).map_or(&[], Vec::as_slice)
    }

    /// Whether any shop forgot a person, or may have: her rows are gone then.
    pub(crate) fn is_forgotten(&self, contact: ContactId) -> bool {
        let hers = self.goodbyes.iter().filter(|((_, whose), _)| *whose == contact);
        hers.flat_map(|(_, goodbyes)| goodbyes).any(|operation| matches!(operation.deed, Deed::Erase { .. }))
    }

    /// The first word of the mail service that a mail never reached her.
    pub(crate) fn never_seen(&self, mail: MailId) -> Option<&'a Operation> {
        self.never_seen.get(&mail).copied()
    }

    /// A person's writes in the order in which they were asked for, which is that in which they happened: each is made
    /// on what the one before left.
    pub(crate) fn writes(&self, (shop, contact): Person<'_>) -> &[(&'a Operation, &'a ContactWrite)] {
        self.writes.get(&(shop.clone(), contact)).map_or(&[], Vec::as_slice)
    }

    /// The first write of a code, whoever got it.
    pub(crate) fn first_write_of_code(&self, code: &CouponCode) -> Option<&'a Operation> {
        let all = self.writes.values().flatten();
        let carrying = all.filter(|(_, write)| write.mails.iter().any(|row| row.code.as_ref() == Some(code)));
        carrying.map(|(operation, _)| *operation).min_by_key(|operation| operation.asked)
    }

    /// The write that left a mail in sending for the handover that followed: the one at which it was decided for the
    /// last time that the mail goes. Later ones that found it in sending, such as that of another order, decide nothing.
    /// A write that may not have happened interrupts nothing.
    pub(crate) fn claim(
        &self,
        handover: &Operation,
        mail: &Acceptance,
    ) -> Option<(&'a Operation, &'a MailRow)> {
        let mut claim = None;
        for (operation, write) in self.writes((&mail.shop, mail.contact)) {
            if operation.asked > handover.asked {
                break;
            }
            let sending =
                write.mails.iter().find(|row| row.mail == Some(mail.mail) && row.stage == Stage::Sending);
            match sending {
                Some(row) if claim.is_none() => claim = Some((*operation, row)),
                None if operation.outcome == Outcome::Done => claim = None,
                _ => {}
            }
        }
        claim
    }

    /// The writes between which a mail was dropped as it was left: one of those that found it so from some write on. The
    /// first may not have happened, the last certainly did, if any.
    pub(crate) fn drops_of(&self, person: Person<'_>, left: &MailRow) -> Option<[&'a Operation; 2]> {
        let (mut first, mut last): (Option<&Operation>, Option<&Operation>) = (None, None);
        for (operation, write) in self.writes(person) {
            let same = |row: &&MailRow| (&row.anchor, row.step) == (&left.anchor, left.step);
            let dropped = write.mails.iter().find(same).is_some_and(|row| row.reason == left.reason);
            let certain = last.filter(|earlier| earlier.outcome == Outcome::Done);
            last = dropped.then(|| certain.unwrap_or(operation));
            first = match first {
                None => last,
                Some(_) if !dropped && operation.outcome == Outcome::Done => None,
                known => known,
            };
        }
        Some([first?, last?])
    }

    pub(crate) fn violation(
        &self,
        invariant: Invariant,
        what: String,
        operations: &[&Operation],
    ) -> Violation {
        let mut operations: Vec<Place> = operations.iter().map(|operation| operation.asked).collect();
        operations.sort_unstable();
        operations.dedup();
        Violation { invariant, what, operations }
    }

    /// All operations that name a mail: what a violation shows whose proof is what was left.
    pub(crate) fn about_mail(&self, mail: MailId) -> Vec<&'a Operation> {
        let names_it = |operation: &&Operation| match &operation.deed {
            Deed::Accept(acceptance) => acceptance.mail == mail,
            Deed::NeverSeen { mail: told } => *told == mail,
            Deed::Write(write) => write.mails.iter().any(|row| row.mail == Some(mail)),
            _ => false,
        };
        self.history.operations.iter().filter(names_it).collect()
    }

    /// All operations that name a code.
    pub(crate) fn about_code(&self, code: &CouponCode) -> Vec<&'a Operation> {
        let names_it = |operation: &&Operation| match &operation.deed {
            Deed::Import { codes, .. } | Deed::Void { codes, .. } => codes.contains(code),
            Deed::Accept(acceptance) => acceptance.code.as_ref() == Some(code),
            Deed::Write(write) => write.mails.iter().any(|row| row.code.as_ref() == Some(code)),
            _ => false,
        };
        self.history.operations.iter().filter(names_it).collect()
    }

    /// All operations that name an order, or the person who placed it.
    pub(crate) fn about_order(&self, order: &OrderKey, buyer: ContactId) -> Vec<&'a Operation> {
        let names_it = |operation: &&Operation| match &operation.deed {
            Deed::Buy(purchase) => purchase.order == *order,
            Deed::Cancel { order: cancelled } | Deed::GiveBack { order: cancelled, .. } => cancelled == order,
            Deed::Accept(acceptance) => acceptance.contact == buyer,
            Deed::Write(write) => write.contact == buyer && write.shop == order.shop,
            _ => false,
        };
        self.history.operations.iter().filter(names_it).collect()
    }
}

/// Whether one operation was over before another was asked for, and certainly happened.
pub(crate) const fn certainly_before(first: &Operation, then: &Operation) -> bool {
    matches!(first.outcome, Outcome::Done) && first.answered < then.asked
}
