//! Faults that are planted on purpose: the proof that the judge bites.
//!
//! Here are the ports that break a promise of theirs. Those in the product's source are in [`source`].

use crate::checker::Invariant;

pub mod hunt;
pub mod source;
pub mod workshop;

/// Within so many seeds each of them must be caught.
pub const SEEDS: u64 = 200;

/// A port that breaks one promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Planted {
    /// A code is claimed though it is not free.
    CodeTaken,
    /// A contact is written though somebody wrote it since it was read.
    ContactVersion,
    /// An order is written though somebody wrote it since it was read.
    OrderVersion,
    /// Now and then a contact is written and its codes are not.
    HalfACommit,
    /// A read that must see every write that has returned is some writes behind.
    SureReadBehind,
    /// Codes that are voided stay free.
    VoidIgnored,
    /// A code that is known already is added as a free one.
    AddedAgain,
    /// Now and then a due entry is not written.
    DueEntryLost,
    /// Now and then a queue drops what it was given.
    TaskLost,
    /// The lease of a run that broke off never ends.
    EndlessLease,
    /// A mail whose answer is lost is handed over again, as an SDK does that retries by itself.
    SentAgain,
}

impl Planted {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::CodeTaken,
        Self::ContactVersion,
        Self::OrderVersion,
        Self::HalfACommit,
        Self::SureReadBehind,
        Self::VoidIgnored,
        Self::AddedAgain,
        Self::DueEntryLost,
        Self::TaskLost,
        Self::EndlessLease,
        Self::SentAgain,
    ];

    /// Its name on a command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CodeTaken => "code-taken",
            Self::ContactVersion => "contact-version",
            Self::OrderVersion => "order-version",
            Self::HalfACommit => "half-a-commit",
            Self::SureReadBehind => "sure-read-behind",
            Self::VoidIgnored => "void-ignored",
            Self::AddedAgain => "added-again",
            Self::DueEntryLost => "due-entry-lost",
            Self::TaskLost => "task-lost",
            Self::EndlessLease => "endless-lease",
            Self::SentAgain => "sent-again",
        }
    }

    /// What it stands for.
    #[must_use]
    pub const fn stands_for(self) -> &'static str {
        match self {
            Self::CodeTaken => "a claim without the condition that the code is free",
            Self::ContactVersion => "a contact written without the condition on its version",
            Self::OrderVersion => "an order saved without the condition on its version",
            Self::HalfACommit => "two writes where one transaction is needed",
            Self::SureReadBehind => "an eventually consistent read, or an index, that is trusted",
            Self::VoidIgnored => "a shop that takes codes back in vain",
            Self::AddedAgain => "an import without the condition that the code is new",
            Self::DueEntryLost => "unprocessed items of a batch write that nobody writes again",
            Self::TaskLost => "failed entries of a batch to a queue that nobody sends again",
            Self::EndlessLease => "a lease without a deadline",
            Self::SentAgain => "the SDK's own retries left on at the mail service",
        }
    }

    /// By which invariants it must be caught: one of them at least.
    #[must_use]
    pub const fn caught_by(self) -> &'static [Invariant] {
        match self {
            Self::CodeTaken => &[Invariant::I1, Invariant::I3],
            Self::ContactVersion => {
                &[Invariant::I4, Invariant::I5, Invariant::I7, Invariant::I3, Invariant::NeverLost]
            }
            Self::OrderVersion => &[Invariant::I5, Invariant::I6, Invariant::NeverLost],
            Self::HalfACommit => &[Invariant::I3],
            Self::SureReadBehind => &[Invariant::I5, Invariant::I6, Invariant::NeverLost],
            Self::VoidIgnored | Self::AddedAgain => &[Invariant::I1, Invariant::I3],
            Self::DueEntryLost | Self::TaskLost | Self::EndlessLease => &[Invariant::I6],
            Self::SentAgain => &[Invariant::I4],
        }
    }

    /// Whether what happens now and then happens at the store's write with this number.
    #[must_use]
    pub const fn strikes_at(write: u64) -> bool {
        write.is_multiple_of(5)
    }
}
