//! What goes wrong at a call of a port, and where.

use std::collections::BTreeMap;
use std::fmt;

use crate::dice::Dice;

/// A place at which something can go wrong: a call of one invocation. It stays what it is when other actions or faults
/// are taken out of a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Spot {
    /// The invocation.
    pub invocation: u64,
    /// The call within it, from 0.
    pub call: u32,
}

/// What goes wrong at a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is refused, and nothing happened. The mail service asks to slow down.
    Refused,
    /// It is refused, and nothing happened: trying again helps nothing until somebody has put it right.
    Denied,
    /// It happened, and the answer is lost.
    AnswerLost,
    /// It happened, the answer was lost on the way, and the client tried again by itself: the answer is that of the
    /// second try. At the mail service, which is never tried twice: the answer is lost.
    TriedTwice,
    /// The invocation ends before it.
    CrashBefore,
    /// The invocation ends after it.
    CrashAfter,
    /// It shows the store as it was so many writes ago.
    Behind(u64),
    /// It takes so many seconds.
    Slow(u32),
    /// The mail service did not get it, and nobody tells so.
    LostBefore,
    /// The mail service refuses the mail for good.
    Rejected,
    /// The mail service's account cannot send.
    AccountStopped,
    /// This caller cannot send: its credentials have run out.
    CallerStopped,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused => f.write_str("refused"),
            Self::Denied => f.write_str("denied until it is put right"),
            Self::AnswerLost => f.write_str("done, answer lost"),
            Self::TriedTwice => f.write_str("done, answered by a second try"),
            Self::CrashBefore => f.write_str("crash before"),
            Self::CrashAfter => f.write_str("crash after"),
            Self::Behind(writes) => write!(f, "{writes} writes behind"),
            Self::Slow(seconds) => write!(f, "takes {seconds} s"),
            Self::LostBefore => f.write_str("not done, answer lost"),
            Self::Rejected => f.write_str("refused for good"),
            Self::AccountStopped => f.write_str("account stopped"),
            Self::CallerStopped => f.write_str("caller stopped"),
        }
    }
}

/// What kind of call it is: which faults it can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// A read that sees every write that has returned.
    Sure,
    /// A read that may be behind.
    Glance,
    /// A write.
    Write,
    /// A handover to the mail service.
    Send,
}

/// Which faults there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Faults {
    /// These and no others.
    Exactly(BTreeMap<Spot, Fault>),
    /// So many of a thousand calls have one.
    Often(u64),
}

impl Faults {
    /// None at all.
    pub const NONE: Self = Self::Exactly(BTreeMap::new());

    /// What goes wrong at a call.
    #[must_use]
    pub fn at(&self, spot: Spot, call: Call, dice: Dice) -> Option<Fault> {
        match self {
            Self::Exactly(faults) => faults.get(&spot).copied(),
            Self::Often(of_thousand) => drawn(*of_thousand, call, dice.named("fault")),
        }
    }
}

fn drawn(of_thousand: u64, call: Call, dice: Dice) -> Option<Fault> {
    let which = dice.named("which").below(100);
    // A glance is behind far more often than anything fails, and a handover is the place to attack.
    let of_thousand = match call {
        Call::Glance => of_thousand.saturating_mul(4),
        Call::Send => of_thousand.saturating_mul(8).min(600),
        Call::Sure | Call::Write => of_thousand,
    };
    dice.happens(of_thousand).then(|| match (call, which) {
        (_, 0..15) => Fault::CrashBefore,
        (_, 15..30) => Fault::CrashAfter,
        (_, 30..38) => slow(dice),
        (Call::Glance, 38..45) => Fault::Refused,
        (Call::Glance, 45..48) | (Call::Sure, 38..46) | (Call::Write, 38..46) => Fault::Denied,
        (Call::Glance, 48..) => Fault::Behind(dice.named("behind").between(1, 30)),
        (Call::Send, 38..58) => Fault::AnswerLost,
        (Call::Send, 58..72) => Fault::LostBefore,
        (Call::Send, 72..80) => Fault::Rejected,
        (Call::Send, 80..85) => Fault::AccountStopped,
        (Call::Send, 85..88) => Fault::CallerStopped,
        (Call::Send, 88..93) => Fault::Refused,
        (Call::Send, 93..95) => Fault::Denied,
        (Call::Sure, _) | (_, 38..60) => Fault::Refused,
        (_, 60..80) => Fault::TriedTwice,
        (_, _) => Fault::AnswerLost,
    })
}

fn slow(dice: Dice) -> Fault {
    Fault::Slow(u32::try_from(dice.named("slow").between(2, 100)).unwrap_or(2))
}
