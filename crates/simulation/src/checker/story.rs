//! Hand-made histories: each verb is one operation and leaves at rest what it should.

use std::ops::{Deref, DerefMut};

use jiff::Timestamp;
use jiff::civil::{Date, date, time};
use jiff::tz::TimeZone;
use nachklang_domain::coupon::CouponCode;
use nachklang_domain::enrolment::SkipReason;
use nachklang_domain::flow::{CouponScope, EmptyPool, Repeat};
use nachklang_domain::id::{
    ContactId, EnrolmentId, FlowId, MailId, OrderKey, OrderNumber, PoolId, ShopId, Source, content_hash,
};

use super::{Invariant, check};
use crate::history::{
    Acceptance, Change, CodeRow, CodeRules, CodeState, ContactWrite, Deed, History, MailRow, Operation,
    Outcome, Place, Purchase, Rest, Rules, ShopRules, Stage,
};

/// The hour of the mail for a purchase of [`BOUGHT`].
const DUE: &str = "2026-03-13T06:30:00Z";
const BOUGHT: &str = "2026-03-01T10:00:00Z";

/// A history in the making.
#[derive(Debug, Clone)]
pub(crate) struct Story(History);

impl Deref for Story {
    type Target = History;
    fn deref(&self) -> &History {
        &self.0
    }
}

impl DerefMut for Story {
    fn deref_mut(&mut self) -> &mut History {
        &mut self.0
    }
}

/// What the judge says, each invariant once.
pub(crate) fn breaks(story: &Story) -> Vec<Invariant> {
    let mut broken: Vec<Invariant> = check(story).into_iter().map(|violation| violation.invariant).collect();
    broken.sort_unstable();
    broken.dedup();
    broken
}

pub(crate) fn shop() -> ShopId {
    ShopId::parse("de").unwrap()
}

pub(crate) fn pool() -> PoolId {
    PoolId::parse("spring").unwrap()
}

pub(crate) fn code(text: &str) -> CouponCode {
    CouponCode::parse(text).unwrap()
}

pub(crate) fn day(number: i8) -> Date {
    date(2026, 3, number)
}

pub(crate) fn contact(who: &str) -> ContactId {
    ContactId::parse(&content_hash(who.as_bytes())[..32]).unwrap()
}

pub(crate) fn order(number: &str) -> OrderKey {
    let (source, number) = (Source::parse("api").unwrap(), OrderNumber::parse(number).unwrap());
    OrderKey { shop: shop(), source, number }
}

pub(crate) fn flow() -> FlowId {
    FlowId::parse("after-purchase").unwrap()
}

pub(crate) fn mail(who: &str, number: &str) -> MailId {
    MailId::of(&flow(), "1", 0, EnrolmentId::of(&flow(), contact(who), &order(number)))
}

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn some_code(text: &str) -> Option<CouponCode> {
    (!text.is_empty()).then(|| code(text))
}

impl Story {
    pub(crate) fn new() -> Self {
        let shop = ShopRules {
            shop: shop(),
            zone: TimeZone::get("Europe/Berlin").unwrap(),
            send_at: time(7, 30, 0, 0),
            flow: flow(),
            edition: "1".to_owned(),
            days: vec![12],
            useful_days: 21,
            repeat: Repeat::Merge,
            codes: Some(CodeRules {
                pool: pool(),
                per: CouponScope::Contact,
                empty: EmptyPool::Hold { days: 5 },
            }),
        };
        let rules = Rules { shops: vec![shop], changes: Vec::new(), code_ends: Vec::new(), calm_from: None };
        Self(History { rules, operations: Vec::new(), rest: Rest::default() })
    }

    /// Anna's order 1 is claimed with C1.
    pub(crate) fn before_the_handover() -> Self {
        let mut story = Self::new();
        story.imports(&["C1"]);
        story.buys("anna", "1");
        story.claim("anna", "1", "C1");
        story
    }

    /// Anna's order 1 led to a mail with C1.
    pub(crate) fn of_one_mail() -> Self {
        let mut story = Self::before_the_handover();
        story.sending("anna", "1", "C1");
        story.accept("anna", "1", "C1");
        story.sent("anna", "1", "C1");
        story
    }

    /// Content that was uploaded at a moment may have changed the shop's promise; `None` took its flow away.
    pub(crate) fn changed_at(&mut self, at: &str, rules: Option<ShopRules>) {
        self.rules.changes.push(Change { shop: shop(), from: moment(at), rules });
    }

    pub(crate) fn history(&self) -> History {
        self.0.clone()
    }

    pub(crate) fn last(&mut self) -> &mut Operation {
        self.operations.last_mut().unwrap()
    }

    fn happens(&mut self, at: &str, deed: Deed) {
        let asked = Place::try_from(self.operations.len()).unwrap() * 10;
        let operation =
            Operation { asked, answered: asked + 1, at: moment(at), deed, outcome: Outcome::Done };
        self.operations.push(operation);
    }

    pub(crate) fn imports(&mut self, codes: &[&str]) {
        let codes: Vec<CouponCode> = codes.iter().map(|text| code(text)).collect();
        for code in &codes {
            if self.rest.codes.iter().all(|row| row.code != *code) {
                let row = CodeRow { pool: pool(), code: code.clone(), state: CodeState::Free, holder: None };
                self.rest.codes.push(row);
            }
        }
        self.happens(BOUGHT, Deed::Import { pool: pool(), codes });
    }

    pub(crate) fn voids(&mut self, codes: &[&str]) {
        let codes: Vec<CouponCode> = codes.iter().map(|text| code(text)).collect();
        let free = |row: &&mut CodeRow| codes.contains(&row.code) && row.holder.is_none();
        self.rest.codes.iter_mut().filter(free).for_each(|row| row.state = CodeState::Void);
        self.happens(BOUGHT, Deed::Void { pool: pool(), codes });
    }

    pub(crate) fn buys(&mut self, who: &str, number: &str) {
        self.buys_at(who, number, BOUGHT);
    }

    pub(crate) fn buys_at(&mut self, who: &str, number: &str, at: &str) {
        let purchase = Purchase {
            order: order(number),
            contact: Some(contact(who)),
            placed_at: moment(at),
            revision: moment(at),
            may_be_mailed: true,
        };
        self.happens(at, Deed::Buy(purchase));
    }

    pub(crate) fn cancels(&mut self, number: &str) {
        self.happens(BOUGHT, Deed::Cancel { order: order(number) });
    }

    /// One of the two parts of an order comes back.
    pub(crate) fn gives_back(&mut self, number: &str, part: u32) {
        self.happens(BOUGHT, Deed::GiveBack { order: order(number), part, parts: 2 });
    }

    pub(crate) fn objects(&mut self, who: &str) {
        self.happens(BOUGHT, Deed::Object { shop: shop(), contact: contact(who) });
    }

    pub(crate) fn erases(&mut self, who: &str) {
        self.happens(BOUGHT, Deed::Erase { shop: shop(), contact: contact(who) });
    }

    /// The mail bounced: its row failed, its code is given back.
    pub(crate) fn never_seen(&mut self, who: &str, number: &str) {
        self.happens(DUE, Deed::NeverSeen { mail: mail(who, number) });
        let carried = self.row(who, number).and_then(|row| row.code.clone());
        if let Some(row) = self.row(who, number) {
            row.stage = Stage::Failed;
        }
        self.give_back(carried.as_ref(), who);
    }

    fn write(&mut self, who: &str, mails: Vec<MailRow>) {
        let write = ContactWrite { shop: shop(), contact: contact(who), mails };
        self.happens(DUE, Deed::Write(write));
    }

    fn writes_stage(&mut self, who: &str, number: &str, stage: Stage, text: &str) {
        self.write(who, vec![row_of(who, number, stage, text)]);
        self.end(who, number, stage, text);
    }

    pub(crate) fn claim(&mut self, who: &str, number: &str, text: &str) {
        self.writes_stage(who, number, Stage::Claimed, text);
    }

    pub(crate) fn sending(&mut self, who: &str, number: &str, text: &str) {
        self.writes_stage(who, number, Stage::Sending, text);
    }

    pub(crate) fn sent(&mut self, who: &str, number: &str, text: &str) {
        self.writes_stage(who, number, Stage::Sent, text);
    }

    /// The mail is dropped before the handover, its code given back.
    pub(crate) fn withdrawn(&mut self, who: &str, number: &str) {
        self.write(who, Vec::new());
        self.end(who, number, Stage::Skipped, "");
    }

    pub(crate) fn accept(&mut self, who: &str, number: &str, text: &str) {
        let acceptance = Acceptance {
            mail: mail(who, number),
            shop: shop(),
            contact: contact(who),
            code: some_code(text),
            for_everybody: false,
            orders: vec![order(number)],
        };
        self.happens(DUE, Deed::Accept(acceptance));
    }

    /// The last mail shows these orders.
    pub(crate) fn shows(&mut self, numbers: &[&str]) {
        if let Deed::Accept(acceptance) = &mut self.last().deed {
            acceptance.orders = numbers.iter().map(|number| order(number)).collect();
        }
    }

    /// From the claim to the row of a sent mail.
    pub(crate) fn mailed(&mut self, who: &str, number: &str, text: &str) {
        self.claim(who, number, text);
        self.sending(who, number, text);
        self.accept(who, number, text);
        self.sent(who, number, text);
    }

    /// What happens to a mail when no code is free.
    pub(crate) fn empty_pool(&mut self, empty: &EmptyPool) {
        for codes in self.rules.shops.iter_mut().filter_map(|shop| shop.codes.as_mut()) {
            codes.empty = empty.clone();
        }
    }

    /// What has one code at most.
    pub(crate) fn per(&mut self, per: CouponScope) {
        self.rules.shops.iter_mut().filter_map(|shop| shop.codes.as_mut()).for_each(|codes| codes.per = per);
    }

    /// From the claim to the row of a later mail of an order.
    pub(crate) fn mailed_at_step(&mut self, who: &str, number: &str, step: u32, text: &str) {
        let id = MailId::of(&flow(), "1", step, EnrolmentId::of(&flow(), contact(who), &order(number)));
        let row = |stage| MailRow { mail: Some(id), step, ..row_of(who, number, stage, text) };
        for stage in [Stage::Claimed, Stage::Sending] {
            self.write(who, vec![row(stage)]);
        }
        self.accept(who, number, text);
        if let Deed::Accept(acceptance) = &mut self.last().deed {
            acceptance.mail = id;
        }
        self.rest.mails.push((shop(), contact(who), row(Stage::Sent)));
        some_code(text).iter().for_each(|code| self.hand_out(code, who, number, Stage::Sent));
    }

    /// The mail is dropped for a reason, by a write at a moment.
    pub(crate) fn drops(&mut self, who: &str, number: &str, reason: SkipReason, at: &str) {
        let row = MailRow { reason: Some(reason), ..row_of(who, number, Stage::Skipped, "") };
        let mails = vec![row.clone()];
        self.happens(at, Deed::Write(ContactWrite { shop: shop(), contact: contact(who), mails }));
        self.end(who, number, Stage::Skipped, "");
        self.rest.mails.iter_mut().filter(|(_, _, left)| left.anchor == row.anchor).for_each(
            |(_, _, left)| {
                left.reason = Some(reason);
            },
        );
    }

    /// Leaves the mail like this at rest, without an operation.
    pub(crate) fn end(&mut self, who: &str, number: &str, stage: Stage, text: &str) {
        let before = self.row(who, number).and_then(|row| row.code.clone());
        self.rest.mails.retain(|(_, whose, row)| *whose != contact(who) || row.anchor != order(number));
        self.rest.mails.push((shop(), contact(who), row_of(who, number, stage, text)));
        match some_code(text) {
            Some(code) => self.hand_out(&code, who, number, stage),
            None => self.give_back(before.as_ref(), who),
        }
    }

    fn row(&mut self, who: &str, number: &str) -> Option<&mut MailRow> {
        let hers = |(_, whose, row): &&mut (ShopId, ContactId, MailRow)| {
            *whose == contact(who) && row.anchor == order(number)
        };
        self.rest.mails.iter_mut().find(hers).map(|(_, _, row)| row)
    }

    fn hand_out(&mut self, code: &CouponCode, who: &str, number: &str, stage: Stage) {
        for row in self.rest.codes.iter_mut().filter(|row| row.code == *code) {
            let unknown = stage == Stage::Unknown;
            row.state = if unknown { CodeState::Quarantined } else { CodeState::Claimed };
            row.holder = Some((contact(who), mail(who, number)));
        }
    }

    fn give_back(&mut self, code: Option<&CouponCode>, who: &str) {
        let hers = |holder: Option<(ContactId, MailId)>| holder.is_some_and(|(id, _)| id == contact(who));
        for row in self.rest.codes.iter_mut().filter(|row| Some(&row.code) == code && hers(row.holder)) {
            (row.state, row.holder) = (CodeState::Released, None);
        }
    }
}

fn row_of(who: &str, number: &str, stage: Stage, text: &str) -> MailRow {
    let planned = matches!(stage, Stage::Waiting | Stage::Skipped);
    let id = (!planned).then(|| mail(who, number));
    MailRow { mail: id, anchor: order(number), step: 0, stage, code: some_code(text), reason: None }
}
