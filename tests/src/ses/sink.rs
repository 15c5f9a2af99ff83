//! The sink itself.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{MutexGuard, PoisonError};

use anyhow::Context as _;
use jiff::Timestamp;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;

use super::account::Account;
use super::call::{Call, Operation, Request};
use super::connection::{Connections, Scissors};
use super::event::EventType;
use super::fault::Fault;
use super::feedback::Feedback;
use super::mail::Mail;
use super::routes::{Book, router};
use super::state::State;
use super::suppression::Reason;

/// A running sink: an account in production that has no verified identity, no configuration set and no mail yet.
///
/// It ends when it is dropped, or with the runtime that started it.
#[derive(Debug)]
pub struct Sink {
    address: SocketAddr,
    book: Book,
    server: JoinHandle<()>,
}

impl Sink {
    /// Starts a sink on a free port of the loopback interface.
    ///
    /// # Errors
    /// If no port is free.
    pub async fn start() -> anyhow::Result<Self> {
        Self::start_on((Ipv4Addr::LOCALHOST, 0).into()).await
    }

    /// Starts a sink on this address.
    ///
    /// # Errors
    /// If the address is taken.
    pub async fn start_on(address: SocketAddr) -> anyhow::Result<Self> {
        let listener =
            TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
        let address = listener.local_addr()?;
        let book = Book::default();
        let service = router(book.clone()).into_make_service_with_connect_info::<Scissors>();
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(Connections(listener), service).await {
                eprintln!("the SES sink ended: {error}");
            }
        });
        Ok(Self { address, book, server })
    }

    /// The value for `AWS_ENDPOINT_URL_SESV2`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Verifies an address or a domain, so that mail may come from it (in the sandbox: go to it).
    pub fn verify(&self, identity: &str) {
        self.state().identities.verify(identity);
    }

    /// Adds a configuration set, with an event destination for every type of event.
    pub fn add_configuration_set(&self, name: &str) {
        self.state().configuration_sets.add(name);
    }

    /// Changes the account.
    pub fn change_account(&self, change: impl FnOnce(&mut Account)) {
        change(&mut self.state().account);
    }

    /// Puts an address on the suppression list of the account: mail to it is accepted and bounces by event.
    pub fn suppress(&self, address: &str, reason: Reason) {
        self.state().suppression.add(address, reason, Timestamp::now());
    }

    /// Why an address is on the suppression list.
    pub fn suppressed(&self, address: &str) -> Option<Reason> {
        self.state().suppression.reason(address)
    }

    /// The accepted mails in order.
    pub fn mails(&self) -> Vec<Mail> {
        self.state().mails.clone()
    }

    /// An accepted mail by its message id.
    pub fn mail(&self, message_id: &str) -> Option<Mail> {
        self.state().mails.iter().find(|mail| mail.message_id == message_id).cloned()
    }

    /// How many mails were accepted for each value of a tag: an invariant such as "one mail per `mail_id`" counts here.
    pub fn accepted_by_tag(&self, name: &str) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for value in self.state().mails.iter().filter_map(|mail| mail.tags.get(name)) {
            *counts.entry(value.clone()).or_default() += 1;
        }
        counts
    }

    /// Every call in order, also the refused and the lost ones.
    pub fn requests(&self) -> Vec<Request> {
        self.state().requests.clone()
    }

    /// The next `SendEmail` meets this fault. Several faults wait for one mail each, in order.
    pub fn fail_next(&self, fault: Fault) {
        self.fail_next_call(Operation::SendEmail, fault);
    }

    /// The next call of this operation meets this fault.
    pub fn fail_next_call(&self, operation: Operation, fault: Fault) {
        self.state().faults.push(operation, fault);
    }

    /// Asks this rule about every call that no waiting fault meets. It replaces the rule before it.
    pub fn fail_if(&self, rule: impl FnMut(&Call) -> Option<Fault> + Send + 'static) {
        self.state().faults.set_rule(Some(Box::new(rule)));
    }

    /// Takes the rule away.
    pub fn fail_no_more(&self) {
        self.state().faults.set_rule(None);
    }

    /// The published events in order, as their JSON.
    pub fn events(&self) -> Vec<Value> {
        self.state().events.clone()
    }

    /// Every event that is published from now on.
    pub fn subscribe(&self) -> UnboundedReceiver<Value> {
        let (subscriber, events) = unbounded_channel();
        self.state().subscribers.push(subscriber);
        events
    }

    /// Limits the event destination to these types; none of them means silence.
    pub fn publish_only(&self, types: &[EventType]) {
        self.state().published = Some(types.to_vec());
    }

    /// Something becomes of an accepted mail: publishes the event for all its recipients, and returns it.
    ///
    /// # Errors
    /// If there is no such mail.
    pub fn report(&self, message_id: &str, feedback: &Feedback) -> anyhow::Result<Value> {
        let event = self.state().report(message_id, feedback, Timestamp::now());
        event.with_context(|| format!("no accepted mail has the id {message_id}"))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.server.abort();
    }
}
