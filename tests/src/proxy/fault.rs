//! What goes wrong with a call.

/// A fault on the wire, or at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// The connection breaks once the call was sent; the call never arrives.
    CutBefore,
    /// The call arrives; the connection breaks before the answer does.
    CutAfter,
    /// The service says that it is broken, and does nothing.
    BrokenBefore,
    /// The service does what it was asked, and says that it is broken.
    BrokenAfter,
    /// The service asks to slow down, and does nothing.
    Throttled,
    /// The answer comes in small pieces.
    Slow,
    /// The service does not work for several calls, whatever they are.
    Outage,
    /// The calling process dies; the call never arrives.
    KilledBefore,
    /// The calling process dies; the call arrives.
    KilledAfter,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Self; 9] = [
        Self::CutBefore,
        Self::CutAfter,
        Self::BrokenBefore,
        Self::BrokenAfter,
        Self::Throttled,
        Self::Slow,
        Self::Outage,
        Self::KilledBefore,
        Self::KilledAfter,
    ];

    /// Whether the calling process dies of it.
    #[must_use]
    pub const fn kills(self) -> bool {
        matches!(self, Self::KilledBefore | Self::KilledAfter)
    }
}
