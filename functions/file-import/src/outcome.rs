//! What became of a file, or why its message must come again.

use nachklang_domain::ports::PortError;
use nachklang_domain::use_case::UseCaseError;

/// What became of a data file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Took {
    /// It is gone, or it was taken in before.
    Nothing,
    /// It was looked at; its report tells.
    Looked {
        /// Whether somebody has to mend something.
        rejected: bool,
    },
}

/// Why the message must come again.
#[derive(Debug, thiserror::Error)]
pub enum Again {
    /// The store or the bucket does not answer.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The same from within a use case.
    #[error(transparent)]
    UseCase(#[from] UseCaseError),
    /// Another one reads the same file.
    #[error("another invocation reads this file")]
    Busy,
    /// What the file belongs to is not published.
    #[error("what the file belongs to is not published yet")]
    NoShop,
    /// The time is up.
    #[error("{0} receipts or rows are taken; the rest comes next time")]
    Unfinished(u64),
    /// The bucket broke off.
    #[error("the bucket broke off in the middle of the file")]
    BrokenOff,
    /// The reading thread panicked.
    #[error("reading the file panicked: the log says where")]
    Panicked,
}
