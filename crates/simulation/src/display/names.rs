//! Short names for what a history holds.

use std::collections::BTreeMap;

use nachklang_domain::coupon::CouponCode;
use nachklang_domain::id::{ContactId, MailId, OrderKey};

use crate::history::{Deed, History, MailRow, Purchase};

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
            Deed::Cancel { order } | Deed::GiveBack { order, .. } => self.meet_order(order),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_beyond_z_are_named_as_columns_are() {
        assert_eq!([0, 25, 26, 27, 701, 702].map(letters), ["A", "Z", "AA", "AB", "ZZ", "AAA"]);
    }
}
