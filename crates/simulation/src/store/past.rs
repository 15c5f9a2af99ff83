//! A value together with all that it ever was.

/// The versions of a value, each with the write after which it held.
#[derive(Debug, Clone)]
pub(super) struct Past<T>(Vec<(u64, T)>);

impl<T> Default for Past<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Past<T> {
    /// What holds from the write on.
    pub(super) fn set(&mut self, write: u64, value: T) {
        self.0.push((write, value));
    }

    /// What holds now.
    pub(super) fn now(&self) -> Option<&T> {
        self.0.last().map(|(_, value)| value)
    }

    /// What held after so many writes.
    pub(super) fn seen(&self, writes: u64) -> Option<&T> {
        self.0.iter().rev().find(|(write, _)| *write <= writes).map(|(_, value)| value)
    }

    /// How often it was set up to so many writes: its version then.
    pub(super) fn version(&self, writes: u64) -> u64 {
        u64::try_from(self.0.iter().filter(|(write, _)| *write <= writes).count()).unwrap_or(u64::MAX)
    }
}
