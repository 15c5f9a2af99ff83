//! A history, or the part of it that proves a violation, for a person to read.
//!
//! People, orders, mails and codes get short names in the order in which they appear; the times are those of the shop.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use nachklang_domain::id::ShopId;

use crate::checker::Violation;
use crate::history::{
    Acceptance, CodeRow, CodeState, ContactWrite, Deed, History, MailRow, Operation, Outcome, Purchase, Stage,
};

mod names;

pub use names::Names;

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
        let zone = zone(history, &operation.deed);
        let (at, deed) = (local(&zone, operation.at), deed(&names, &zone, &operation.deed));
        let (asked, answered) = (operation.asked, operation.answered);
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

fn local(zone: &TimeZone, at: Timestamp) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
}

fn zone(history: &History, deed: &Deed) -> TimeZone {
    let shop = shop(deed);
    let rules = history.rules.shops.iter().find(|rules| shop.is_none_or(|shop| rules.shop == *shop));
    rules.map_or(TimeZone::UTC, |rules| rules.zone.clone())
}

const fn shop(deed: &Deed) -> Option<&ShopId> {
    match deed {
        Deed::Buy(Purchase { order, .. }) | Deed::Cancel { order } | Deed::GiveBack { order, .. } => {
            Some(&order.shop)
        }
        Deed::Object { shop, .. } | Deed::Erase { shop, .. } => Some(shop),
        Deed::Write(ContactWrite { shop, .. }) | Deed::Accept(Acceptance { shop, .. }) => Some(shop),
        Deed::Import { .. } | Deed::Void { .. } | Deed::NeverSeen { .. } => None,
    }
}

fn deed(names: &Names, zone: &TimeZone, deed: &Deed) -> String {
    match deed {
        Deed::Import { pool, codes } => {
            format!("the shop brings {} into {pool}", list(codes, |code| names.code(code)))
        }
        Deed::Void { pool, codes } => {
            format!("the shop voids {} in {pool}", list(codes, |code| names.code(code)))
        }
        Deed::Buy(purchase) => bought(names, zone, purchase),
        Deed::Cancel { order } => format!("{} is cancelled", names.order(order)),
        Deed::GiveBack { order, part, parts } => {
            format!("part {part} of {parts} of {} comes back", names.order(order))
        }
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

fn bought(names: &Names, zone: &TimeZone, purchase: &Purchase) -> String {
    let who = purchase.contact.map_or("nobody known", |contact| names.person(contact));
    let mailable = if purchase.may_be_mailed { "" } else { ", who may not be mailed for it" };
    let at = local(zone, purchase.placed_at);
    format!("{who} buys {} of {at}{mailable}", names.order(&purchase.order))
}

fn accepted(names: &Names, mail: &Acceptance) -> String {
    let none = if mail.for_everybody { "the code for everybody" } else { "no code" };
    let code = mail.code.as_ref().map_or(none, |code| names.code(code));
    let orders = list(&mail.orders, |order| names.order(order));
    let (id, who) = (names.mail(mail.mail), names.person(mail.contact));
    format!("the mail service is handed {id} to {who}, with {code}, showing {orders}")
}

fn mail_row(names: &Names, row: &MailRow) -> String {
    let id = row.mail.map_or_else(String::new, |mail| format!("{} ", names.mail(mail)));
    let code = row.code.as_ref().map_or_else(String::new, |code| format!(" with {}", names.code(code)));
    let reason = row.reason.map_or_else(String::new, |reason| format!(" as {}", reason.as_str()));
    format!("{id}({}, step {}) {}{code}{reason}", names.order(&row.anchor), row.step, stage(row.stage))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checker::check;
    use crate::checker::story::Story;

    fn twice() -> Story {
        let mut story = Story::before_the_handover();
        story.sending("anna", "1", "C1");
        story.accept("anna", "1", "C1");
        story.accept("anna", "1", "C1");
        story.sent("anna", "1", "C1");
        story
    }

    #[test]
    fn a_violation_is_told_with_short_names_local_times_and_its_proof_alone() {
        let story = twice();
        let told = violation(&story, &check(&story)[0]);
        let proof = "2026-03-13 07:30:00 CET  the mail service is handed m1 to A, with c1, showing order 1";
        assert_eq!(
            told,
            format!("I4: m1 was accepted 2 times\n     40–41    {proof}\n     50–51    {proof}\n")
        );
    }

    #[test]
    fn everything_is_told_on_demand_and_no_code_and_no_id_with_it() {
        let mut story = twice();
        story.last().outcome = Outcome::Unknown;
        let told = everything(&story);
        for part in [
            "the shop brings c1 into spring",
            "A buys order 1 of 2026-03-01 11:00:00 CET",
            "A's contact in de is written: m1 (order 1, step 0) sent with c1  → nobody knows",
            "  c1 in spring is claimed, held by A for m1",
        ] {
            assert!(told.contains(part), "{part} is missing in\n{told}");
        }
        assert!(!told.contains("C1"));
    }
}
