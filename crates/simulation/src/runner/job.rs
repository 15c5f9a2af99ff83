//! What is there to be done: each job by one invocation of one station, again and again until it is done.

use jiff::SignedDuration;
use nachklang_domain::mail_event::MailEvent;
use nachklang_domain::ports::{MailTask, ShardTask};

use crate::script::Action;

/// Something to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Job {
    /// What somebody does.
    Act(Action),
    /// A part of a run.
    Plan(ShardTask),
    /// A mail that is to get its coupon.
    Assign(MailTask),
    /// A mail that is to be handed over.
    Deliver(MailTask),
    /// What the mail service tells.
    Record(MailEvent),
}

/// After so many receives a message of a queue is set aside.
const MAX_RECEIVES: u32 = 5;
/// A message that was taken and not done with comes again after this time: longer than an invocation lasts.
const VISIBILITY: SignedDuration = SignedDuration::from_secs(180);
/// The longest that an invocation lasts.
pub(super) const LONGEST: SignedDuration = SignedDuration::from_secs(120);

impl Job {
    /// Which station works on it.
    pub(super) const fn station(&self) -> &'static str {
        match self {
            Self::Act(Action::Run { .. }) => "run",
            Self::Act(_) => "act",
            Self::Plan(_) => "part",
            Self::Assign(_) => "assignment",
            Self::Deliver(_) => "delivery",
            Self::Record(_) => "events",
        }
    }

    /// When it comes again unless it is done by then.
    pub(super) fn again_after(&self, receives: u32) -> SignedDuration {
        match self {
            Self::Act(_) => SignedDuration::from_secs(130) * receives.min(60).cast_signed(),
            _ => VISIBILITY,
        }
    }

    /// How often it is tried. Shops, people and operators try until it is done.
    pub(super) const fn most_receives(&self) -> u32 {
        match self {
            Self::Act(Action::Run { .. }) => 3,
            Self::Act(_) => u32::MAX,
            _ => MAX_RECEIVES,
        }
    }

    /// Whether it is set aside for an operator when it cannot be done, and not just dropped.
    pub(super) const fn has_dead_letters(&self) -> bool {
        !matches!(self, Self::Act(_))
    }

    /// Whether a queue may hand it out late or twice.
    pub(super) const fn is_queued(&self) -> bool {
        self.has_dead_letters()
    }

    /// The mail that it is about.
    pub(super) const fn mail(&self) -> Option<&MailTask> {
        match self {
            Self::Assign(task) | Self::Deliver(task) => Some(task),
            Self::Record(event) => Some(&event.task),
            Self::Act(_) | Self::Plan(_) => None,
        }
    }
}
