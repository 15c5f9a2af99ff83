//! What goes wrong at the database, and what a port makes of it.

use nachklang_domain::ports::PortError;
use rusqlite::ErrorCode;

/// Why a step at the database failed. No text of it holds stored data.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// SQLite said no.
    #[error("the database answered: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A row that this program cannot have written.
    #[error("the database holds {0} that cannot be read; restore the file from a backup")]
    Unreadable(&'static str),
    /// A value that the database cannot hold.
    #[error("the database cannot hold {0}")]
    Unwritable(&'static str),
    /// The caller asked for something that makes no sense.
    #[error("{0}")]
    Refused(&'static str),
    /// Others have the store and do not let go.
    #[error("a batch holds the store; try again when it has ended")]
    Held,
}

impl Fault {
    /// The port's error: `doing` completes the sentence "cannot …".
    pub(super) fn while_doing(self, doing: &str) -> PortError {
        let sentence = format!("cannot {doing}");
        let error =
            if self.is_transient() { PortError::transient(sentence) } else { PortError::permanent(sentence) };
        error.because(self)
    }

    /// A lock ends by itself; everything else stays as it is.
    fn is_transient(&self) -> bool {
        match self {
            Self::Sqlite(error) => {
                matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
            }
            Self::Held => true,
            Self::Unreadable(_) | Self::Unwritable(_) | Self::Refused(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sqlite(code: i32) -> Fault {
        Fault::Sqlite(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None))
    }

    #[test]
    fn only_a_lock_is_worth_another_try() {
        for (fault, transient) in [
            (sqlite(rusqlite::ffi::SQLITE_BUSY), true),
            (sqlite(rusqlite::ffi::SQLITE_LOCKED), true),
            (Fault::Held, true),
            (sqlite(rusqlite::ffi::SQLITE_CONSTRAINT), false),
            (sqlite(rusqlite::ffi::SQLITE_FULL), false),
            (Fault::Unreadable("an order"), false),
        ] {
            assert_eq!(fault.while_doing("save an order").is_transient(), transient);
        }
    }
}
