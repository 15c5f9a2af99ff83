//! What every mail service keeps. The mail is the starter content's, as the delivery makes it.

use std::sync::{Mutex, PoisonError};

use anyhow::Context as _;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use nachklang_domain::id::MailId;
use nachklang_domain::mail::message::OutgoingMail;
use nachklang_domain::ports::{Journal, Mailer, PortResult, SendError, Settlement};
use nachklang_domain::story::MailStory;
use nachklang_domain::use_case::compose::Postbox;
use nachklang_domain::use_case::deliver_mail::deliver_mail;

use super::Kept;
use crate::world::World;

const BOUGHT: Date = date(2026, 11, 2);
const DUE: Date = date(2026, 11, 14);

/// A mail service with a look behind it.
pub trait Post {
    /// The service.
    fn mailer(&self) -> &impl Mailer;

    /// What it has accepted: its id of each mail, and the whole message.
    fn arrived(&self) -> anyhow::Result<Vec<(String, Vec<u8>)>>;

    /// Lets the answer to the next handover get lost after the mail was accepted; `false` where answers cannot get lost.
    fn lose_the_next_answer(&self) -> bool;
}

pub async fn what_is_accepted_has_arrived_once_and_whole(post: &impl Post) -> Kept {
    let (mail, id, now) = a_mail().await?;
    let answered = post.mailer().send(&mail, id, now).await?;
    let arrived = post.arrived()?;
    let [(known_as, message)] = arrived.as_slice() else { anyhow::bail!("one mail, not {}", arrived.len()) };
    assert_eq!(*known_as, answered);
    let message = mail_parser::MessageParser::default().parse(message).context("a message")?;
    assert_eq!(message.subject(), Some(mail.content().subject()));
    let to = message.to().and_then(|to| to.first()).and_then(|to| to.address());
    assert_eq!(to, Some(mail.envelope().to.expose()));
    for (name, value) in mail.headers() {
        assert_eq!(message.header_raw(name).map(str::trim), Some(value.as_str()), "{name}");
    }
    // Line ends are the transport's.
    let html = message.body_html(0).context("an HTML part")?;
    assert!(html.lines().eq(mail.content().html().lines()));
    Ok(())
}

pub async fn an_accepted_mail_is_never_settled_as_not_accepted(post: &impl Post) -> Kept {
    let (mail, id, now) = a_mail().await?;
    let answered = post.mailer().send(&mail, id, now).await?;
    match post.mailer().settle(id).await? {
        Settlement::Accepted(known_as) => assert_eq!(known_as, answered),
        Settlement::Unknown => {}
        Settlement::NotAccepted => anyhow::bail!("it was accepted as {answered}"),
    }
    Ok(())
}

pub async fn a_mail_that_was_never_handed_over_is_never_settled_as_accepted(post: &impl Post) -> Kept {
    let (_, id, _) = a_mail().await?;
    assert!(!matches!(post.mailer().settle(id).await?, Settlement::Accepted(_)));
    assert!(post.arrived()?.is_empty());
    Ok(())
}

pub async fn a_mail_whose_answer_was_lost_is_not_handed_over_again(post: &impl Post) -> Kept {
    let (mail, id, now) = a_mail().await?;
    if !post.lose_the_next_answer() {
        return Ok(());
    }
    assert_eq!(post.mailer().send(&mail, id, now).await, Err(SendError::Ambiguous));
    assert_eq!(post.arrived()?.len(), 1);
    assert_ne!(post.mailer().settle(id).await?, Settlement::NotAccepted);
    Ok(())
}

/// Anna's mail with its coupon, as it is handed over.
async fn a_mail() -> anyhow::Result<(OutgoingMail, MailId, Timestamp)> {
    let world = World::new().await?;
    world.codes("thanks-eur", &["DANKE-1"], None).await?;
    world.buys("anna", "1", BOUGHT).await?;
    world.claim(DUE).await?;
    let task = world.first_mail_of("anna").await?;
    let (catcher, catalog, now) = (Catcher::default(), world.site.catalog()?, world.morning(DUE)?);
    let own = world.site.postbox();
    let postbox = Postbox { mailer: &catcher, keys: own.keys, shelf: own.shelf };
    deliver_mail(world.site.desk(&catalog), postbox, &task, now).await?;
    let caught = catcher.caught.into_inner().unwrap_or_else(PoisonError::into_inner);
    let (mail, id) = caught.context("a mail is handed over")?;
    Ok((mail, id, now))
}

/// Keeps the mail that is handed over.
#[derive(Debug, Default)]
struct Catcher {
    caught: Mutex<Option<(OutgoingMail, MailId)>>,
}

impl Mailer for Catcher {
    async fn send(&self, mail: &OutgoingMail, id: MailId, _: Timestamp) -> Result<String, SendError> {
        *self.caught.lock().unwrap_or_else(PoisonError::into_inner) = Some((mail.clone(), id));
        Ok("caught".to_owned())
    }

    async fn settle(&self, _: MailId) -> PortResult<Settlement> {
        Ok(Settlement::Unknown)
    }
}

impl Journal for Catcher {
    async fn note(&self, _: &MailStory) -> PortResult<()> {
        Ok(())
    }
}
