//! A store that counts the calls of each port's method and passes them on, so that a mail's price can be told. Something
//! may stand in their way: another's turn, or a program that ends before or after a call.

mod records;
mod services;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::future::Future;
use std::sync::{Mutex, PoisonError};

use nachklang_domain::contact::Contact;
use nachklang_domain::order::Order;
use nachklang_domain::ports::{PortResult, Version};

/// Calls by method. Lists of keys, entries and codes are in the name where they make the price.
pub type Calls = BTreeMap<String, u64>;

/// What a glance shows. It may be behind, and these are the two worst ways to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// Everything.
    Clear,
    /// Nothing, ever.
    Blind,
    /// What was there when it was first looked at.
    Frozen,
}

/// What stands in the way of calls.
pub trait Trouble: Debug + Send + Sync {
    /// What comes before a call is made: others get their turn here.
    ///
    /// # Errors
    /// When the program ends before the call.
    fn before(&self, call: &str) -> impl Future<Output = PortResult<()>> + Send;

    /// What comes after a call was made.
    ///
    /// # Errors
    /// When the program ends after the call: it happened, and its caller never learns so.
    fn after(&self, call: &str) -> PortResult<()>;
}

/// Nothing stands in the way.
#[derive(Debug, Clone, Copy, Default)]
pub struct Calm;

impl Trouble for Calm {
    async fn before(&self, _call: &str) -> PortResult<()> {
        Ok(())
    }

    fn after(&self, _call: &str) -> PortResult<()> {
        Ok(())
    }
}

type Seen<K, T> = Mutex<BTreeMap<K, Option<(T, Version)>>>;

/// A store that counts.
#[derive(Debug)]
pub struct Counting<S, T = Calm> {
    /// Where the calls go.
    pub inner: S,
    /// What stands in their way.
    pub trouble: T,
    sight: Sight,
    calls: Mutex<Calls>,
    contacts: Seen<String, Contact>,
    orders: Seen<String, Order>,
}

impl<S> Counting<S> {
    /// Counts what a store is asked.
    #[must_use]
    pub fn new(inner: S) -> Self {
        Self::with_sight(inner, Sight::Clear)
    }

    /// Counts what a store is asked, and lets glances be behind.
    #[must_use]
    pub fn with_sight(inner: S, sight: Sight) -> Self {
        Self::over(inner, Calm, sight)
    }
}

impl<S, T> Counting<S, T> {
    /// Counts what a store is asked, with something in the way.
    #[must_use]
    pub fn with_trouble(inner: S, trouble: T) -> Self {
        Self::over(inner, trouble, Sight::Clear)
    }

    fn over(inner: S, trouble: T, sight: Sight) -> Self {
        let (calls, contacts, orders) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self { inner, trouble, sight, calls, contacts, orders }
    }

    /// What was asked since the last time.
    #[must_use]
    pub fn take(&self) -> Calls {
        std::mem::take(&mut *self.calls.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, name: &str) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        match calls.get_mut(name) {
            Some(count) => *count += 1,
            None => drop(calls.insert(name.to_owned(), 1)),
        }
    }

    /// What a glance shows of something that now is as it is.
    fn seen<V: Clone>(
        &self,
        known: &Seen<String, V>,
        key: String,
        now: Option<(V, Version)>,
    ) -> Option<(V, Version)> {
        match self.sight {
            Sight::Clear => now,
            Sight::Blind => None,
            Sight::Frozen => {
                let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
                known.entry(key).or_insert(now).clone()
            }
        }
    }
}

impl<S: Sync, T: Trouble> Counting<S, T> {
    /// Makes a call, counted.
    async fn pass<R>(
        &self,
        name: impl Into<String> + Send,
        call: impl Future<Output = PortResult<R>> + Send,
    ) -> PortResult<R> {
        let name = name.into();
        self.trouble.before(&name).await?;
        self.note(&name);
        let answer = call.await?;
        self.trouble.after(&name)?;
        Ok(answer)
    }
}
