//! The mail service of one machine: every mail is kept as a complete `.eml`, with its story beside it.
//!
//! A mail is accepted once its file has its name. A second handover of the same mail is answered with the first one's
//! id, so here even the unknown case is settled.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use nachklang_domain::id::{ContactId, MailId, ShopId};
use nachklang_domain::mail::message::{MessageId, OutgoingMail};
use nachklang_domain::ports::{Journal, Mailer, PortError, PortResult, SendError, Settlement};
use nachklang_domain::story::MailStory;

/// The folder of the mails.
#[derive(Debug, Clone)]
pub struct Outbox {
    folder: PathBuf,
}

impl Outbox {
    /// An outbox in a folder.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Where a mail is kept.
    #[must_use]
    pub fn eml(&self, id: MailId) -> PathBuf {
        self.folder.join(format!("{id}.eml"))
    }

    fn story_file(&self, id: MailId) -> PathBuf {
        self.folder.join(format!("{id}.json"))
    }

    /// The story of a mail that was accepted.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn story(&self, id: MailId) -> anyhow::Result<Option<MailStory>> {
        if !self.eml(id).exists() {
            return Ok(None);
        }
        Ok(Some(serde_json::from_slice(&std::fs::read(self.story_file(id))?)?))
    }

    /// The stories of all mails that were accepted, newest first.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn stories(&self) -> anyhow::Result<Vec<MailStory>> {
        let mut stories = Vec::new();
        for id in self.accepted()? {
            stories.extend(self.story(id)?);
        }
        stories.sort_by_key(|story: &MailStory| (std::cmp::Reverse(story.made_at), story.mail));
        Ok(stories)
    }

    /// The mails that were accepted.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn accepted(&self) -> anyhow::Result<Vec<MailId>> {
        self.with_ending(".eml")
    }

    /// The mails that were about to be handed over, accepted or not.
    fn noted(&self) -> anyhow::Result<Vec<MailId>> {
        self.with_ending(".json")
    }

    fn with_ending(&self, ending: &str) -> anyhow::Result<Vec<MailId>> {
        let entries = match std::fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        Ok(names.filter_map(|name| MailId::parse(name.strip_suffix(ending)?).ok()).collect())
    }

    /// Throws away the mails to a person, and why they looked as they did; answers how many. Those that are underway are
    /// left: their end is still to be found out here.
    ///
    /// # Errors
    /// When the folder cannot be read or changed.
    pub fn forget(
        &self,
        contact: ContactId,
        of: impl Fn(&ShopId) -> bool,
        underway: &[MailId],
    ) -> anyhow::Result<u64> {
        let mut forgotten = 0;
        for id in self.noted()?.into_iter().filter(|id| !underway.contains(id)) {
            let story: MailStory = serde_json::from_slice(&std::fs::read(self.story_file(id))?)?;
            if story.contact == contact && of(&story.shop) {
                crate::file::remove(&self.eml(id))?;
                // The story goes last: it is what tells whose the mail is.
                crate::file::remove(&self.story_file(id))?;
                forgotten += 1;
            }
        }
        Ok(forgotten)
    }

    /// Keeps a mail to staff, such as an alert.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep_notice(&self, name: &str, eml: &[u8]) -> anyhow::Result<()> {
        crate::file::write_whole(&self.folder.join("staff").join(format!("{name}.eml")), eml)
    }

    /// The mails to staff, newest name first.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn notices(&self) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
        let folder = self.folder.join("staff");
        if !folder.exists() {
            return Ok(Vec::new());
        }
        let mut notices = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_stem().and_then(|name| name.to_str()).map(str::to_owned);
            if let (Some(name), Some("eml")) = (name, path.extension().and_then(|ending| ending.to_str())) {
                notices.push((name, std::fs::read(&path)?));
            }
        }
        notices.sort_by(|a, b| b.0.cmp(&a.0));
        Ok(notices)
    }
}

/// The id under which the outbox accepts a mail.
fn message_id(id: MailId) -> String {
    format!("{id}@outbox.localhost")
}

impl Mailer for Outbox {
    async fn send(&self, mail: &OutgoingMail, id: MailId, now: Timestamp) -> Result<String, SendError> {
        let message = message_id(id);
        if self.eml(id).exists() {
            return Ok(message);
        }
        let header = MessageId::parse(&message).map_err(|error| SendError::Rejected(error.to_string()))?;
        crate::file::write_whole(&self.eml(id), &mail.to_eml(&header, now))
            .map_err(|_| SendError::Ambiguous)?;
        Ok(message)
    }

    async fn settle(&self, id: MailId) -> PortResult<Settlement> {
        Ok(if self.eml(id).exists() { Settlement::Accepted(message_id(id)) } else { Settlement::NotAccepted })
    }
}

impl Journal for Outbox {
    async fn note(&self, story: &MailStory) -> PortResult<()> {
        let wrong = |error: anyhow::Error| {
            PortError::transient(format!("the mail's story cannot be kept: {error:#}"))
        };
        let json = serde_json::to_vec_pretty(story).map_err(|error| wrong(error.into()))?;
        crate::file::write_whole(&self.story_file(story.mail), &json).map_err(wrong)
    }
}
