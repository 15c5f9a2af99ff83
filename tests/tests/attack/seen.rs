//! What was seen from outside, and what the wire carried: the operations of the history.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::sync::{Mutex, PoisonError};

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::DeflateDecoder;
use jiff::Timestamp;
use jiff::civil::Date;
use nachklang_domain::contact::Contact;
use nachklang_domain::coupon::{CouponCode, Origin};
use nachklang_domain::enrolment::{Claim, StepRecord, StepState};
use nachklang_domain::id::{ContactId, MailId, OrderKey, ShopId};
use nachklang_simulation::history::{Acceptance, ContactWrite, Deed, MailRow, Operation, Outcome, Stage};
use nachklang_tests::proxy::Arrival;
use nachklang_tests::ses::Mail;
use serde_json::Value;

use super::cast::orders_shown;

/// An operation with the moments at which it was asked for and answered.
#[derive(Debug, Clone)]
pub struct Seen {
    asked: Timestamp,
    answered: Timestamp,
    deed: Deed,
    outcome: Outcome,
}

/// What whoever attacks has done and seen.
#[derive(Debug, Default)]
pub struct Log(Mutex<Vec<Seen>>);

impl Log {
    /// Notes what has just been answered.
    pub fn note(&self, asked: Timestamp, deed: Deed, outcome: Outcome) {
        let seen = Seen { asked, answered: Timestamp::now(), deed, outcome };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(seen);
    }

    /// Whether somebody did that, or may have.
    pub fn holds(&self, deed: &Deed) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|seen| seen.deed == *deed)
    }

    /// All of it so far.
    pub fn all(&self) -> Vec<Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The operations in the form of a history: moments become places.
pub fn operations(seen: Vec<Seen>) -> Vec<Operation> {
    let mut moments: Vec<Timestamp> = seen.iter().flat_map(|one| [one.asked, one.answered]).collect();
    moments.sort_unstable();
    moments.dedup();
    let places: BTreeMap<Timestamp, u64> = moments.into_iter().zip(1..).collect();
    let place = |at: Timestamp| places.get(&at).copied().unwrap_or_default();
    let operation = |Seen { asked, answered, deed, outcome }: Seen| Operation {
        asked: place(asked),
        answered: place(answered),
        at: asked,
        deed,
        outcome,
    };
    let mut operations: Vec<Operation> = seen.into_iter().map(operation).collect();
    operations.sort_by_key(|operation| operation.asked);
    operations
}

/// What the wire carried: writes of contacts, and mails that were accepted.
pub fn carried(
    arrivals: &[Arrival],
    contacts: &str,
    mails: &[Mail],
    people: &BTreeMap<String, ContactId>,
) -> anyhow::Result<Vec<Seen>> {
    let mut seen = Vec::new();
    for arrival in arrivals {
        let outcome = if arrival.status == 200 { Outcome::Done } else { Outcome::Refused };
        let deed = match arrival.what.as_str() {
            "POST /v2/email/outbound-emails" if outcome == Outcome::Done => {
                Some(Deed::Accept(acceptance(arrival, mails, people)?))
            }
            "DynamoDB_20120810.PutItem" | "DynamoDB_20120810.TransactWriteItems" => {
                contact_in(&arrival.body, contacts)?.map(|contact| Deed::Write(write(&contact)))
            }
            _ => None,
        };
        let Arrival { asked, answered, .. } = *arrival;
        seen.extend(deed.map(|deed| Seen { asked, answered, deed, outcome }));
    }
    Ok(seen)
}

/// Mails to dead mailboxes: the mail service told of each, once, that it was never seen. Who has died is known from the
/// cast; when it was heard is not.
pub fn bounced(mails: &[Mail]) -> anyhow::Result<Vec<Seen>> {
    let dead = mails.iter().filter(|mail| mail.recipients.iter().any(|to| to.starts_with("bounce+")));
    let seen = dead.map(|mail| {
        let id = mail.tags.get("mail_id").context("a mail has its id")?;
        let (at, deed) = (mail.accepted_at, Deed::NeverSeen { mail: MailId::parse(id)? });
        Ok(Seen { asked: at, answered: at, deed, outcome: Outcome::Done })
    });
    seen.collect()
}

fn acceptance(
    arrival: &Arrival,
    mails: &[Mail],
    people: &BTreeMap<String, ContactId>,
) -> anyhow::Result<Acceptance> {
    let answer: Value = serde_json::from_slice(&arrival.said)?;
    let id = answer.get("MessageId").and_then(Value::as_str).context("an acceptance has an id")?;
    let mail = mails.iter().find(|mail| mail.message_id == id).context("the sink keeps every mail")?;
    read(mail, people)
}

/// What a mail says of itself.
fn read(mail: &Mail, people: &BTreeMap<String, ContactId>) -> anyhow::Result<Acceptance> {
    let message = mail.parsed()?;
    let text = message.body_text(0).context("a mail has a text")?;
    let tag = |name: &str| mail.tags.get(name).with_context(|| format!("a mail has the tag {name}"));
    let to = mail.recipients.first().context("a mail has a recipient")?;
    Ok(Acceptance {
        mail: MailId::parse(tag("mail_id")?)?,
        shop: ShopId::parse(tag("shop")?)?,
        contact: *people.get(to).context("a mail goes to a buyer")?,
        code: code_in(&text)?,
        for_everybody: false,
        orders: orders_shown(&text)?,
    })
}

fn code_in(text: &str) -> anyhow::Result<Option<CouponCode>> {
    let code = text.split_whitespace().find(|word| word.starts_with("MERCI-"));
    Ok(code.map(CouponCode::parse).transpose()?)
}

/// The contact that a call writes, if it writes one.
fn contact_in(body: &str, table: &str) -> anyhow::Result<Option<Contact>> {
    let call: Value = serde_json::from_str(body)?;
    let items = call.get("TransactItems").and_then(Value::as_array);
    let puts = items.into_iter().flatten().filter_map(|item| item.get("Put")).chain([&call]);
    let put = puts.into_iter().find(|put| put.get("TableName").and_then(Value::as_str) == Some(table));
    let stored = put.and_then(|put| put.pointer("/Item/body"));
    stored.map(contact).transpose()
}

fn contact(stored: &Value) -> anyhow::Result<Contact> {
    if let Some(text) = stored.get("S").and_then(Value::as_str) {
        return Ok(serde_json::from_str(text)?);
    }
    let packed = stored.get("B").and_then(Value::as_str).context("a contact is text or deflated")?;
    let mut json = Vec::new();
    DeflateDecoder::new(STANDARD.decode(packed)?.as_slice()).read_to_end(&mut json)?;
    Ok(serde_json::from_slice(&json)?)
}

fn write(contact: &Contact) -> ContactWrite {
    let mails = rows(contact, |record| record.state != StepState::Waiting);
    ContactWrite { shop: contact.shop.clone(), contact: contact.id, mails }
}

/// Every mail's row of a person, but those whose day has not come.
pub fn rows_due(contact: &Contact, today: Date) -> Vec<MailRow> {
    let is_early = |record: &StepRecord| record.state == StepState::Waiting && record.due > today;
    rows(contact, |record| !is_early(record))
}

fn rows(contact: &Contact, counts: impl Fn(&StepRecord) -> bool) -> Vec<MailRow> {
    let of = |anchor: &OrderKey, step: u32, record: &StepRecord| {
        let claim = record.state.claim();
        MailRow {
            mail: claim.map(|claim| claim.mail),
            anchor: anchor.clone(),
            step,
            stage: stage(&record.state),
            code: claim.and_then(own_code),
            reason: record.state.skip_reason(),
        }
    };
    let enrolments = contact.enrolments.iter();
    let steps =
        enrolments.flat_map(|enrolment| (0..).zip(&enrolment.steps).map(|step| (&enrolment.anchor, step)));
    let counting = steps.filter(|(_, (_, record))| counts(record));
    counting.map(|(anchor, (step, record))| of(anchor, step, record)).collect()
}

fn own_code(claim: &Claim) -> Option<CouponCode> {
    let grant = claim.coupon.as_ref()?;
    matches!(grant.origin, Origin::Stock { .. }).then(|| grant.code.clone())
}

const fn stage(state: &StepState) -> Stage {
    match state {
        StepState::Waiting => Stage::Waiting,
        StepState::Claimed(_) => Stage::Claimed,
        StepState::Sending { .. } => Stage::Sending,
        StepState::Sent { .. } => Stage::Sent,
        StepState::Failed { .. } => Stage::Failed,
        StepState::Unknown { .. } => Stage::Unknown,
        StepState::Skipped { .. } => Stage::Skipped,
    }
}
