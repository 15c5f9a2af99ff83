//! Why the outside world did not do what was asked.

/// Why the outside world did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct PortError {
    what: String,
    transient: bool,
    too_large: bool,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl PortError {
    /// Something that may work in a moment: throttling, a lock, a lost connection.
    #[must_use]
    pub fn transient(what: impl Into<String>) -> Self {
        Self { what: what.into(), transient: true, too_large: false, source: None }
    }

    /// Something that will not work however often it is tried.
    #[must_use]
    pub fn permanent(what: impl Into<String>) -> Self {
        Self { what: what.into(), transient: false, too_large: false, source: None }
    }

    /// Something that will never be stored, because a single value takes no more. Others can be.
    #[must_use]
    pub fn too_large(what: impl Into<String>) -> Self {
        Self { too_large: true, ..Self::permanent(what) }
    }

    /// Keeps the cause.
    #[must_use]
    pub fn because(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }

    /// Whether trying again can help.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        self.transient
    }

    /// Whether a single value was too large to be stored.
    #[must_use]
    pub const fn is_too_large(&self) -> bool {
        self.too_large
    }
}

/// The result of a port's method.
pub type PortResult<T> = Result<T, PortError>;
