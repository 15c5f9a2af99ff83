//! The mail service: it accepts mails, and tells later what became of them, more than once or never.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use nachklang_domain::consent::SuppressionReason;
use nachklang_domain::id::MailId;
use nachklang_domain::mail::message::OutgoingMail;
use nachklang_domain::mail_event::{MailEvent, MailEventKind};
use nachklang_domain::ports::{Halt, MailTask, SendError};

use crate::dice::Dice;
use crate::runner::{Event, Job};
use crate::world::Inner;

/// What the service knows.
#[derive(Debug)]
pub struct Post {
    dice: Dice,
    accepted: BTreeMap<MailId, u64>,
    /// Whether the account cannot send.
    pub stopped: bool,
    /// Whether it tells what became of mails.
    pub talkative: bool,
}

impl Post {
    /// A service that accepts.
    #[must_use]
    pub const fn new(dice: Dice) -> Self {
        Self { dice, accepted: BTreeMap::new(), stopped: false, talkative: true }
    }
}

impl Inner {
    /// Accepts a mail, and plans what is told of it.
    ///
    /// # Errors
    /// When the account cannot send.
    pub fn accept(&mut self, mail: &OutgoingMail) -> Result<String, SendError> {
        if self.post.stopped {
            return Err(SendError::Halted(Halt::Account, "sending is paused for this account".to_owned()));
        }
        let tags = &mail.envelope().tags;
        let count = self.post.accepted.entry(tags.mail).or_default();
        *count += 1;
        let message = format!("{}-{count}@mail.example", tags.mail);
        let task = MailTask {
            shop: tags.shop.clone(),
            contact: tags.contact,
            enrolment: tags.enrolment,
            flow: tags.flow.clone(),
            step: tags.step,
        };
        let dice = self.post.dice.named(&message);
        if self.post.talkative {
            for (at, kind) in told(dice, self.now) {
                let (message, sent_at) = (message.clone(), self.now);
                let event = MailEvent { mail: tags.mail, task: task.clone(), message, sent_at, at, kind };
                let id = dice.of(self.next_number()).name();
                self.plan(at, Event::Push { id, job: Job::Record(event) });
            }
        }
        Ok(message)
    }
}

/// What is told of an accepted mail, and when: each some times, in any order, or never.
fn told(dice: Dice, now: Timestamp) -> Vec<(Timestamp, MailEventKind)> {
    let mut told = Vec::new();
    let mut tell = |kind: MailEventKind, purpose: &str, of_thousand: u64| {
        let dice = dice.named(purpose);
        for copy in 0..3 {
            let dice = dice.of(copy);
            if dice.named("told").happens(if copy == 0 { of_thousand } else { 80 }) {
                told.push((later(dice, now), kind));
            } else if copy == 0 {
                break;
            }
        }
    };
    tell(MailEventKind::Accepted, "accepted", 850);
    tell(ending(dice), "ending", 850);
    tell(MailEventKind::Complained, "complained", 40);
    tell(MailEventKind::Delayed, "delayed", 60);
    tell(MailEventKind::Opened, "opened", 150);
    tell(MailEventKind::Clicked, "clicked", 60);
    told
}

fn ending(dice: Dice) -> MailEventKind {
    match dice.named("end").below(100) {
        0..7 => MailEventKind::HardBounced,
        7..9 => MailEventKind::Withheld(SuppressionReason::Bounced),
        9..11 => MailEventKind::Rejected,
        11..13 => MailEventKind::NotRendered,
        13..17 => MailEventKind::SoftBounced,
        _ => MailEventKind::Delivered,
    }
}

/// Mostly within seconds, sometimes within the very handover, sometimes days later.
fn later(dice: Dice, now: Timestamp) -> Timestamp {
    let millis = match dice.named("when").below(10) {
        0..3 => dice.below(30),
        3..7 => dice.between(100, 20_000),
        7..9 => dice.between(20_000, 3_600_000),
        _ => dice.between(3_600_000, 4 * 86_400_000),
    };
    now.checked_add(SignedDuration::from_millis(i64::try_from(millis).unwrap_or(0))).unwrap_or(now)
}
