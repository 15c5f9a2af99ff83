//! Whether mails may go at all: the switch, and what the mail service said of the account.

use std::fmt;

use jiff::Timestamp;

/// Why the whole account does not send for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Halt {
    /// Its quota of 24 hours is used up.
    Quota,
    /// Its sending is paused, suspended or not yet allowed.
    Account,
}

/// Why nothing may be sent now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standstill {
    /// Somebody has switched sending off.
    SwitchedOff,
    /// The mail service takes nothing.
    Halted(Halt),
}

/// How sending stands, as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sending {
    /// Mails may go.
    #[default]
    On,
    /// Somebody has switched it off, until it is switched on.
    Off,
    /// The mail service took nothing when it was asked last.
    Halted {
        /// Why.
        why: Halt,
        /// From when on it is tried again.
        until: Timestamp,
    },
}

impl Halt {
    /// Its word in stores.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Quota => "quota",
            Self::Account => "account",
        }
    }

    /// The halt of a stored word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Quota, Self::Account].into_iter().find(|halt| halt.as_str() == word)
    }
}

impl Standstill {
    /// Its word in logs and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SwitchedOff => "switched_off",
            Self::Halted(Halt::Quota) => "quota_used_up",
            Self::Halted(Halt::Account) => "account_paused",
        }
    }
}

impl fmt::Display for Standstill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SwitchedOff => "sending is switched off",
            Self::Halted(Halt::Quota) => "the account's quota of 24 hours is used up",
            Self::Halted(Halt::Account) => "the account's sending is paused",
        })
    }
}

impl Sending {
    /// Why nothing may be sent now, if so.
    #[must_use]
    pub fn standstill(self, now: Timestamp) -> Option<Standstill> {
        match self {
            Self::Off => Some(Standstill::SwitchedOff),
            Self::Halted { why, until } if now < until => Some(Standstill::Halted(why)),
            Self::On | Self::Halted { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_halt_ends_by_itself_and_a_switch_does_not() {
        let at = |second| Timestamp::from_second(second).unwrap();
        for why in [Halt::Quota, Halt::Account] {
            let halted = Sending::Halted { why, until: at(60) };
            let seen = [0, 59, 60, 61].map(|second| halted.standstill(at(second)));
            assert_eq!(seen, [Some(Standstill::Halted(why)), Some(Standstill::Halted(why)), None, None]);
        }
        assert_eq!(Sending::Off.standstill(Timestamp::MAX), Some(Standstill::SwitchedOff));
        assert_eq!(Sending::On.standstill(Timestamp::MIN), None);
    }

    #[test]
    fn a_stored_halt_is_found_by_its_word() {
        for halt in [Halt::Quota, Halt::Account] {
            assert_eq!(Halt::parse(halt.as_str()), Some(halt));
        }
        assert_eq!(Halt::parse("stop"), None);
    }
}
