//! All that the sink remembers.

use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;

use super::account::Account;
use super::call::{Call, Operation, Outcome, Request};
use super::event::{EventType, event};
use super::fault::{Fault, Faults};
use super::feedback::{self, Feedback};
use super::identity::{ConfigurationSets, Identities};
use super::mail::Mail;
use super::refusal::Refusal;
use super::send;
use super::suppression::Suppression;

#[derive(Debug, Default)]
pub(super) struct State {
    pub account: Account,
    pub identities: Identities,
    pub configuration_sets: ConfigurationSets,
    pub suppression: Suppression,
    pub faults: Faults,
    pub mails: Vec<Mail>,
    pub requests: Vec<Request>,
    pub events: Vec<Value>,
    /// The event types of the event destination; all if none is named.
    pub published: Option<Vec<EventType>>,
    pub subscribers: Vec<UnboundedSender<Value>>,
}

/// What the caller gets.
pub(super) enum Reaction {
    Answer(Value),
    Refuse(Refusal),
    Cut,
}

struct Done {
    answer: Value,
    message_id: Option<String>,
}

impl State {
    /// Does what is asked, or what the faults say, and writes it down.
    pub(super) fn react(&mut self, call: Call, now: Timestamp) -> Reaction {
        let fault = self.faults.next(&call);
        let (outcome, reaction) = match fault {
            Some(Fault::CutBeforeAccept) => (Outcome::Cut, Reaction::Cut),
            Some(Fault::CutAfterAccept) => self.perform_unheard(&call, now),
            Some(fault) => answered(fault.refusal().map_or(Ok(Done::empty()), Err)),
            None => answered(self.perform(&call, now)),
        };
        self.requests.push(Request { at: now, call, outcome });
        reaction
    }

    /// The recipients of the mails accepted within this time.
    pub(super) fn sent_within(&self, span: SignedDuration, now: Timestamp) -> u32 {
        let recent = self.mails.iter().rev().take_while(|mail| now.duration_since(mail.accepted_at) < span);
        u32::try_from(recent.map(|mail| mail.recipients.len()).sum::<usize>()).unwrap_or(u32::MAX)
    }

    /// An event about a mail; `None` if there is no such mail.
    pub(super) fn report(&mut self, message_id: &str, feedback: &Feedback, now: Timestamp) -> Option<Value> {
        let mail = self.mails.iter().find(|mail| mail.message_id == message_id)?.clone();
        let recipients = feedback::recipients(&mail);
        if let Some(reason) = feedback.suppresses() {
            recipients.iter().for_each(|one| self.suppression.add(one, reason, now));
        }
        let event = feedback.event(&mail, &recipients, now);
        self.publish(&mail, feedback.kind(), &event);
        Some(event)
    }

    fn perform_unheard(&mut self, call: &Call, now: Timestamp) -> (Outcome, Reaction) {
        match self.perform(call, now) {
            Ok(done) => (Outcome::AnswerLost(done.message_id), Reaction::Cut),
            Err(refusal) => (refused(&refusal), Reaction::Cut),
        }
    }

    fn perform(&mut self, call: &Call, now: Timestamp) -> Result<Done, Refusal> {
        let resource = call.resource.as_deref().unwrap_or_default();
        let answer = match call.operation {
            Operation::SendEmail => return self.send(&call.input, now),
            Operation::GetAccount => {
                let day = self.sent_within(SignedDuration::from_hours(24), now);
                Ok(self.account.describe(self.account.sent_before.saturating_add(day)))
            }
            Operation::PutSuppressedDestination => self.suppression.put(&call.input, now),
            Operation::GetSuppressedDestination => self.suppression.get(resource),
            Operation::ListSuppressedDestinations => self.suppression.list(&call.query),
            Operation::DeleteSuppressedDestination => self.suppression.delete(resource),
            Operation::CreateEmailIdentity => self.identities.create(&call.input),
            Operation::GetEmailIdentity => self.identities.get(resource),
            Operation::CreateConfigurationSet => self.configuration_sets.create(&call.input),
            Operation::GetConfigurationSet => self.configuration_sets.get(resource),
            Operation::Unknown => Err(Refusal::new(
                StatusCode::NOT_FOUND,
                "UnknownOperationException",
                "The sink does not know this.",
            )),
        };
        answer.map(|answer| Done { answer, message_id: None })
    }

    fn send(&mut self, input: &Value, now: Timestamp) -> Result<Done, Refusal> {
        let message_id = message_id(self.mails.len(), now);
        let mail = send::accept(self, input, message_id.clone(), now)?;
        self.mails.push(mail.clone());
        self.publish(&mail, EventType::Send, &event(&mail, EventType::Send, json!({})));
        for recipient in feedback::recipients(&mail) {
            let suppressed = self.suppression.reason(recipient).is_some();
            for feedback in feedback::fate(recipient, suppressed) {
                self.publish(&mail, feedback.kind(), &feedback.event(&mail, &[recipient], now));
            }
        }
        Ok(Done { answer: json!({ "MessageId": message_id }), message_id: Some(message_id) })
    }

    /// Without a configuration set, or for a type its destination does not name, nothing is published.
    fn publish(&mut self, mail: &Mail, kind: EventType, event: &Value) {
        let wanted = self.published.as_ref().is_none_or(|published| published.contains(&kind));
        if mail.configuration_set.is_none() || !wanted {
            return;
        }
        self.events.push(event.clone());
        self.subscribers.retain(|subscriber| subscriber.send(event.clone()).is_ok());
    }
}

impl Done {
    fn empty() -> Self {
        Self { answer: json!({}), message_id: None }
    }
}

fn answered(result: Result<Done, Refusal>) -> (Outcome, Reaction) {
    match result {
        Ok(done) => (Outcome::Answered(done.message_id), Reaction::Answer(done.answer)),
        Err(refusal) => (refused(&refusal), Reaction::Refuse(refusal)),
    }
}

fn refused(refusal: &Refusal) -> Outcome {
    Outcome::Refused(refusal.status.as_u16(), refusal.code.to_owned())
}

/// The form of SES's ids in this region, such as `0107019aab…-…-000000`.
fn message_id(count: usize, now: Timestamp) -> String {
    let (milliseconds, nanoseconds) = (now.as_millisecond(), now.subsec_nanosecond());
    format!("0107{milliseconds:012x}-{nanoseconds:08x}-0000-4000-8000-{count:012x}-000000")
}
