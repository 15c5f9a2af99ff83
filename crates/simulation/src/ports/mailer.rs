//! The mail service and the journal, as one invocation has them.

use jiff::Timestamp;
use nachklang_domain::id::{ContactId, MailId};
use nachklang_domain::mail::message::OutgoingMail;
use nachklang_domain::ports::{Halt, Journal, Mailer, PortResult, SendError, Settlement};
use nachklang_domain::story::MailStory;

use super::Ports;
use crate::content::{is_for_everybody, seen_in};
use crate::fault::{Call, Fault};
use crate::history::{Acceptance, Deed, Outcome};
use crate::keys::contact_key;
use crate::planted::Planted;

impl Journal for Ports {
    async fn note(&self, _story: &MailStory) -> PortResult<()> {
        let line = self.write("note").await?;
        line.twice(|| async { Ok(()) }).await
    }
}

impl Mailer for Ports {
    async fn send(&self, mail: &OutgoingMail, _id: MailId, _now: Timestamp) -> Result<String, SendError> {
        let asked = self.world.lock().ask(self.invocation, Deed::Accept(acceptance(mail)));
        let line = self.line("send", Call::Send).await;
        let accepted = self.accept(mail, line.fault);
        if accepted.is_ok() {
            let mut inner = self.world.lock();
            let now = inner.now;
            inner.recorder.took_effect(asked, now);
        }
        line.home().await;
        let outcome = if accepted.is_ok() { Outcome::Done } else { Outcome::Refused };
        self.world.lock().answer(asked, outcome);
        match line.fault {
            Some(Fault::AnswerLost | Fault::TriedTwice) if self.store().breaks(Planted::SentAgain) => {
                self.again(mail)
            }
            Some(Fault::AnswerLost | Fault::TriedTwice) => Err(SendError::Ambiguous),
            _ => accepted,
        }
    }

    /// As SES: it cannot be asked, only an event settles a mail.
    async fn settle(&self, _id: MailId) -> PortResult<Settlement> {
        let line = self.read("settle").await?;
        line.back(async { Ok(Settlement::Unknown) }).await
    }
}

impl Ports {
    /// What no client may do by itself.
    fn again(&self, mail: &OutgoingMail) -> Result<String, SendError> {
        let mut inner = self.world.lock();
        let asked = inner.ask(self.invocation, Deed::Accept(acceptance(mail)));
        let accepted = inner.accept(mail);
        inner.answer(asked, if accepted.is_ok() { Outcome::Done } else { Outcome::Refused });
        accepted
    }

    fn accept(&self, mail: &OutgoingMail, fault: Option<Fault>) -> Result<String, SendError> {
        match fault {
            Some(Fault::Refused) => Err(SendError::Throttled),
            Some(Fault::LostBefore) => Err(SendError::Ambiguous),
            Some(Fault::Rejected) => Err(SendError::Rejected("the content is not allowed".to_owned())),
            Some(Fault::AccountStopped) => {
                Err(SendError::Halted(Halt::Quota, "the daily quota is used up".to_owned()))
            }
            Some(Fault::Denied) => Err(SendError::SenderStopped("the sender is not verified".to_owned())),
            Some(Fault::CallerStopped) => {
                Err(SendError::AccountStopped("the credentials have run out".to_owned()))
            }
            _ => self.world.lock().accept(mail),
        }
    }
}

/// What is handed over, as its reader sees it.
fn acceptance(mail: &OutgoingMail) -> Acceptance {
    let envelope = mail.envelope();
    let tag = |name: &str| mail.tags().into_iter().find(|(tag, _)| *tag == name).map(|(_, value)| value);
    let (seen, numbers) = seen_in(mail.content().text());
    let code = seen.clone().filter(|code| !is_for_everybody(&envelope.tags.shop, code));
    Acceptance {
        mail: tag("mail_id").and_then(|id| MailId::parse(&id).ok()).unwrap_or(envelope.tags.mail),
        shop: envelope.tags.shop.clone(),
        contact: ContactId::of(&envelope.to, contact_key()),
        for_everybody: seen != code,
        code,
        orders: numbers
            .into_iter()
            .map(|number| crate::content::order_key(&envelope.tags.shop, number))
            .collect(),
    }
}
