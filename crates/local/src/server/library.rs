//! The stories of all mails, read once each: an accepted mail never changes.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use nachklang_domain::id::MailId;
use nachklang_domain::story::MailStory;

use crate::outbox::Outbox;

/// The stories that were read so far.
#[derive(Debug, Default)]
pub struct Library(Mutex<BTreeMap<MailId, Arc<MailStory>>>);

/// The mails in the outbox.
#[derive(Debug, Default)]
pub struct Stories {
    /// The stories, newest first.
    pub told: Vec<Arc<MailStory>>,
    /// Mails whose story cannot be read.
    pub untold: Vec<MailId>,
}

impl Library {
    /// The stories of the mails that are in the outbox now.
    ///
    /// # Errors
    /// When the outbox cannot be read.
    pub fn stories(&self, outbox: &Outbox) -> anyhow::Result<Stories> {
        let mut stories = Stories::default();
        for mail in outbox.accepted()? {
            match self.story(outbox, mail) {
                Some(story) => stories.told.push(story),
                None => stories.untold.push(mail),
            }
        }
        stories.told.sort_by_key(|story| (Reverse(story.made_at), story.mail));
        Ok(stories)
    }

    fn story(&self, outbox: &Outbox, mail: MailId) -> Option<Arc<MailStory>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(story) = known.get(&mail) {
            return Some(Arc::clone(story));
        }
        let story = Arc::new(outbox.story(mail).ok()??);
        known.insert(mail, Arc::clone(&story));
        Some(story)
    }
}
