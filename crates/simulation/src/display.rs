//! A history, or the part of it that proves a violation, for a person to read.
//!
//! People, orders, mails and codes get short names in the order in which they appear; the times are those of the shop.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::tz::TimeZone;
use nachklang_domain::coupon::CouponCode;
use nachklang_domain::id::{ContactId, MailId, OrderKey, ShopId};

use crate::checker::Violation;
use crate::history::{
    Acceptance, CodeRow, CodeState, ContactWrite, Deed, History, MailRow, Operation, Outcome, Purchase, Stage,
};

/// The short names of one history: person `A`, `order 3`, code `c7`, mail `m2`.
#[derive(Debug, Clone, Default)]
pub struct Names {
    people: BTreeMap<ContactId, String>,
    orders: BTreeMap<OrderKey, String>,
    mails: BTreeMap<MailId, String>,
    codes: BTreeMap<String, String>,
}

impl Names {
    /// Names everything that a history holds.
    #[must_use]
    pub fn of(history: &History) -> Self {
        let mut names = Self::default();
        for operation in &history.operations {
            names.meet_deed(&operation.deed);
        }
        for (_, contact, row) in &history.rest.mails {
            names.meet_person(*contact);
            names.meet_row(row);
        }
        for row in &history.rest.codes {
            names.meet_code(&row.code);
        }
        names
    }

    /// A person.
    #[must_use]
    pub fn person(&self, id: ContactId) -> &str {
        self.people.get(&id).map_or("somebody", String::as_str)
    }

    /// An order.
    #[must_use]
    pub fn order(&self, key: &OrderKey) -> &str {
        self.orders.get(key).map_or("an order that nobody told of", String::as_str)
    }

    /// A mail.
    #[must_use]
    pub fn mail(&self, id: MailId) -> &str {
        self.mails.get(&id).map_or("a mail", String::as_str)
    }

    /// A code.
    #[must_use]
    pub fn code(&self, code: &CouponCode) -> &str {
        self.codes.get(code.folded()).map_or("a code", String::as_str)
    }

    fn meet_deed(&mut self, deed: &Deed) {
        match deed {
            Deed::Import { codes, .. } | Deed::Void { codes, .. } => {
                codes.iter().for_each(|code| self.meet_code(code));
            }
            Deed::Buy(Purchase { order, contact, .. }) => {
                contact.iter().for_each(|contact| self.meet_person(*contact));
                self.meet_order(order);
            }
            Deed::Cancel { order } => self.meet_order(order),
            Deed::Object { contact, .. } | Deed::Erase { contact, .. } => self.meet_person(*contact),
            Deed::NeverSeen { mail } => self.meet_mail(*mail),
            Deed::Write(write) => {
                self.meet_person(write.contact);
                write.mails.iter().for_each(|row| self.meet_row(row));
            }
            Deed::Accept(mail) => {
                self.meet_person(mail.contact);
                self.meet_mail(mail.mail);
                mail.code.iter().for_each(|code| self.meet_code(code));
                mail.orders.iter().for_each(|order| self.meet_order(order));
            }
        }
    }

    fn meet_row(&mut self, row: &MailRow) {
        self.meet_order(&row.anchor);
        row.mail.iter().for_each(|mail| self.meet_mail(*mail));
        row.code.iter().for_each(|code| self.meet_code(code));
    }

    fn meet_person(&mut self, id: ContactId) {
        let number = self.people.len();
        self.people.entry(id).or_insert_with(|| letters(number));
    }

    fn meet_order(&mut self, key: &OrderKey) {
        let number = self.orders.len() + 1;
        self.orders.entry(key.clone()).or_insert_with(|| format!("order {number}"));
    }

    fn meet_mail(&mut self, id: MailId) {
        let number = self.mails.len() + 1;
        self.mails.entry(id).or_insert_with(|| format!("m{number}"));
    }

    fn meet_code(&mut self, code: &CouponCode) {
        let number = self.codes.len() + 1;
        self.codes.entry(code.folded().to_owned()).or_insert_with(|| format!("c{number}"));
    }
}

/// A to Z, then AA, as columns of a sheet are named.
fn letters(number: usize) -> String {
    let last = u8::try_from(number % 26).map_or('?', |letter| char::from(b'A' + letter));
    match number / 26 {
        0 => last.to_string(),
        more => format!("{}{last}", letters(more - 1)),
    }
}

/// A violation with the operations that prove it.
#[must_use]
pub fn violation(history: &History, violation: &Violation) -> String {
    let proves = |operation: &Operation| violation.operations.contains(&operation.asked);
    format!("{}: {}\n{}", violation.invariant, violation.what, operations(history, proves))
}

/// All that happened, and what was left.
#[must_use]
pub fn everything(history: &History) -> String {
    let mut text = operations(history, |_| true);
    text.push_str("at rest:\n");
    let names = Names::of(history);
    for (shop, contact, row) in &history.rest.mails {
        line(&mut text, &format!("  {shop}, {}: {}", names.person(*contact), mail_row(&names, row)));
    }
    for row in &history.rest.codes {
        line(&mut text, &format!("  {}", code_row(&names, row)));
    }
    for letter in &history.rest.dead_letters {
        let (shop, person) = (&letter.shop, names.person(letter.contact));
        line(&mut text, &format!("  {shop}, {person}: step {} lies with the dead letters", letter.step));
    }
    text
}

/// One line an operation: asked–answered, local time, what, how it ended.
fn operations(history: &History, shown: impl Fn(&Operation) -> bool) -> String {
    let names = Names::of(history);
    let mut text = String::new();
    let mut sorted: Vec<&Operation> =
        history.operations.iter().filter(|operation| shown(operation)).collect();
    sorted.sort_by_key(|operation| operation.asked);
    for operation in sorted {
        let local = operation.at.to_zoned(zone(history, &operation.deed));
        let at = local.strftime("%Y-%m-%d %H:%M:%S %Z");
        let (asked, answered) = (operation.asked, operation.answered);
        let deed = deed(&names, &operation.deed);
        line(&mut text, &format!("  {asked:>5}–{answered:<5} {at}  {deed}{}", ending(operation.outcome)));
    }
    text
}

fn line(text: &mut String, line: &str) {
    writeln!(text, "{}", line.trim_end()).unwrap_or_else(|_| unreachable!("a text takes every line"));
}

const fn ending(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Done => "",
        Outcome::Refused => "  → refused",
        Outcome::Unknown => "  → nobody knows",
    }
}

fn zone(history: &History, deed: &Deed) -> TimeZone {
    let shop = shop(deed);
    let rules = history.rules.shops.iter().find(|rules| shop.is_none_or(|shop| rules.shop == *shop));
    rules.map_or(TimeZone::UTC, |rules| rules.zone.clone())
}

const fn shop(deed: &Deed) -> Option<&ShopId> {
    match deed {
        Deed::Buy(Purchase { order, .. }) | Deed::Cancel { order } => Some(&order.shop),
        Deed::Object { shop, .. } | Deed::Erase { shop, .. } => Some(shop),
        Deed::Write(ContactWrite { shop, .. }) | Deed::Accept(Acceptance { shop, .. }) => Some(shop),
        Deed::Import { .. } | Deed::Void { .. } | Deed::NeverSeen { .. } => None,
    }
}

fn deed(names: &Names, deed: &Deed) -> String {
    match deed {
        Deed::Import { pool, codes } => {
            format!("the shop brings {} into {pool}", list(codes, |code| names.code(code)))
        }
        Deed::Void { pool, codes } => {
            format!("the shop voids {} in {pool}", list(codes, |code| names.code(code)))
        }
        Deed::Buy(purchase) => bought(names, purchase),
        Deed::Cancel { order } => format!("{} is cancelled", names.order(order)),
        Deed::Object { shop, contact } => format!("{} objects to mails of {shop}", names.person(*contact)),
        Deed::Erase { shop, contact } => format!("{} is forgotten by {shop}", names.person(*contact)),
        Deed::NeverSeen { mail } => {
            format!("the mail service tells that {} never arrived", names.mail(*mail))
        }
        Deed::Write(write) => {
            let rows = list(&write.mails, |row| mail_row(names, row));
            format!("{}'s contact in {} is written: {rows}", names.person(write.contact), write.shop)
        }
        Deed::Accept(mail) => accepted(names, mail),
    }
}

fn bought(names: &Names, purchase: &Purchase) -> String {
    let who = purchase.contact.map_or("nobody known", |contact| names.person(contact));
    let mailable = if purchase.may_be_mailed { "" } else { ", who may not be mailed for it" };
    format!("{who} buys {} of {}{mailable}", names.order(&purchase.order), purchase.placed_at)
}

fn accepted(names: &Names, mail: &Acceptance) -> String {
    let code = mail.code.as_ref().map_or("no code", |code| names.code(code));
    let orders = list(&mail.orders, |order| names.order(order));
    let (id, who) = (names.mail(mail.mail), names.person(mail.contact));
    format!("the mail service is handed {id} to {who}, with {code}, showing {orders}")
}

fn mail_row(names: &Names, row: &MailRow) -> String {
    let id = row.mail.map_or_else(String::new, |mail| format!("{} ", names.mail(mail)));
    let code = row.code.as_ref().map_or_else(String::new, |code| format!(" with {}", names.code(code)));
    format!("{id}({}, step {}) {}{code}", names.order(&row.anchor), row.step, stage(row.stage))
}

fn code_row(names: &Names, row: &CodeRow) -> String {
    let holder = row.holder.map_or_else(String::new, |(contact, mail)| {
        format!(", held by {} for {}", names.person(contact), names.mail(mail))
    });
    format!("{} in {} is {}{holder}", names.code(&row.code), row.pool, state(row.state))
}

/// How far a mail is, in a word.
#[must_use]
pub const fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Waiting => "waiting",
        Stage::Claimed => "claimed",
        Stage::Sending => "sending",
        Stage::Sent => "sent",
        Stage::Failed => "failed",
        Stage::Unknown => "unknown",
        Stage::Skipped => "skipped",
    }
}

/// Where a code is, in a word.
#[must_use]
pub const fn state(state: CodeState) -> &'static str {
    match state {
        CodeState::Free => "free",
        CodeState::Released => "released",
        CodeState::Claimed => "claimed",
        CodeState::Quarantined => "quarantined",
        CodeState::Expired => "expired",
        CodeState::Void => "void",
    }
}

fn list<T, S: ToString>(items: &[T], name: impl Fn(&T) -> S) -> String {
    if items.is_empty() {
        return "nothing".to_owned();
    }
    items.iter().map(|item| name(item).to_string()).collect::<Vec<_>>().join(", ")
}
