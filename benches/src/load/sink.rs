//! A mail service that takes every mail and keeps none, but counts.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use nachklang_domain::id::MailId;
use nachklang_domain::mail::message::OutgoingMail;
use nachklang_domain::ports::{Journal, Mailer, PortResult, SendError, Settlement};
use nachklang_domain::story::MailStory;

/// What a sink took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Taken {
    /// Mails, each counted once.
    pub mails: u64,
    /// Mails that came more than once.
    pub twice: u64,
    /// Bytes of all messages.
    pub bytes: u64,
}

/// A mail service that takes everything. Each mail is made into a whole MIME message first.
#[derive(Debug, Default)]
pub struct Sink(Mutex<(BTreeMap<MailId, u32>, u64)>);

impl Sink {
    /// What it took so far.
    #[must_use]
    pub fn taken(&self) -> Taken {
        let (times, bytes) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = |mails: usize| u64::try_from(mails).unwrap_or(u64::MAX);
        let twice = times.values().filter(|times| **times > 1).count();
        Taken { mails: count(times.len()), twice: count(twice), bytes: *bytes }
    }
}

impl Mailer for Sink {
    async fn send(&self, mail: &OutgoingMail, id: MailId, now: Timestamp) -> Result<String, SendError> {
        let header = mail.message_id().map_err(|error| SendError::Rejected(error.to_string()))?;
        let length = u64::try_from(mail.to_eml(&header, now).len()).unwrap_or(u64::MAX);
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *taken.0.entry(id).or_default() += 1;
        taken.1 = taken.1.saturating_add(length);
        Ok(id.to_string())
    }

    async fn settle(&self, _id: MailId) -> PortResult<Settlement> {
        Ok(Settlement::Unknown)
    }
}

impl Journal for Sink {
    async fn note(&self, _story: &MailStory) -> PortResult<()> {
        Ok(())
    }
}
