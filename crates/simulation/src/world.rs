//! The world in which one scenario runs: its clock, what is going to happen, what goes wrong, what was taken down.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use jiff::{SignedDuration, Timestamp};

use crate::dice::Dice;
use crate::fault::{Call, Fault, Faults, Spot};
use crate::history::{Deed, Outcome};
use crate::post::Post;
use crate::recorder::{Asked, Recorder};
use crate::runner::Event;
use crate::store::Store;

/// Reads that may be behind are so by no more than this.
const LONGEST_BEHIND: SignedDuration = SignedDuration::from_secs(5);

/// A call of a port, as it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Made {
    /// Where.
    pub spot: Spot,
    /// Which station makes it.
    pub station: &'static str,
    /// The method of the port.
    pub what: &'static str,
    /// Whether nothing may go wrong any more.
    pub quiet: bool,
}

/// The world; its handles share it.
#[derive(Debug, Clone)]
pub struct World {
    /// What is stored.
    pub store: Store,
    inner: Arc<Mutex<Inner>>,
}

/// What the handles share.
#[derive(Debug)]
pub struct Inner {
    /// The virtual time.
    pub now: Timestamp,
    /// What is going to happen, by time; at one time in the order in which it was planned.
    agenda: BTreeMap<(Timestamp, u64), Event>,
    planned: u64,
    sleepers: BTreeMap<u64, (u64, Waker)>,
    /// Whether the invocation that is being worked on has crashed.
    pub crashed: bool,
    faults: Faults,
    quiet_from: Timestamp,
    /// The faults that struck.
    pub struck: BTreeMap<Spot, Fault>,
    /// All calls of ports.
    pub made: Vec<Made>,
    /// What was taken down.
    pub recorder: Recorder,
    /// The mail service.
    pub post: Post,
    /// When the store had how many writes.
    writes: BTreeMap<Timestamp, u64>,
}

impl World {
    /// A world at a moment, with these faults until it becomes quiet.
    #[must_use]
    pub fn new(dice: Dice, now: Timestamp, faults: Faults, quiet_from: Timestamp) -> Self {
        let inner = Inner {
            now,
            agenda: BTreeMap::new(),
            planned: 0,
            sleepers: BTreeMap::new(),
            crashed: false,
            faults,
            quiet_from,
            struck: BTreeMap::new(),
            made: Vec::new(),
            recorder: Recorder::default(),
            post: Post::new(dice.named("post")),
            writes: BTreeMap::new(),
        };
        Self { store: Store::default(), inner: Arc::new(Mutex::new(inner)) }
    }

    /// What the handles share.
    pub fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The virtual time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.lock().now
    }

    /// Plans something.
    pub fn plan(&self, at: Timestamp, event: Event) {
        self.lock().plan(at, event);
    }

    /// The store as it was some writes ago, but not longer ago than reads are behind.
    #[must_use]
    pub fn behind(&self, writes: u64) -> Store {
        let inner = self.lock();
        let since = inner.now.checked_sub(LONGEST_BEHIND).unwrap_or(Timestamp::MIN);
        let least = inner.writes.range(..=since).next_back().map_or(0, |(_, writes)| *writes);
        self.store.behind(self.store.writes().saturating_sub(writes).max(least))
    }

    /// Goes on to what happens next; `None` when nothing does.
    pub fn next_event(&self) -> Option<Event> {
        let writes = self.store.writes();
        let mut inner = self.lock();
        let now = inner.now;
        inner.writes.insert(now, writes);
        let ((at, _), event) = inner.agenda.pop_first()?;
        inner.now = now.max(at);
        Some(event)
    }
}

impl Inner {
    /// Plans something.
    pub fn plan(&mut self, at: Timestamp, event: Event) {
        self.planned += 1;
        self.agenda.insert((at.max(self.now), self.planned), event);
    }

    /// A number that was not given before.
    pub const fn next_number(&mut self) -> u64 {
        self.planned += 1;
        self.planned
    }

    /// Whether anything may still go wrong.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.now >= self.quiet_from
    }

    /// Notes a call; answers what goes wrong at it.
    pub fn call(&mut self, made: Made, call: Call, dice: Dice) -> Option<Fault> {
        let (spot, quiet) = (made.spot, self.is_quiet());
        self.made.push(Made { quiet, ..made });
        let fault = self.faults.at(spot, call, dice).filter(|_| !self.is_quiet())?;
        self.struck.insert(spot, fault);
        Some(fault)
    }

    /// Lets an invocation sleep until a moment.
    pub fn sleep(&mut self, invocation: u64, until: Timestamp, waker: Waker) {
        let sleep = self.next_number();
        self.sleepers.insert(sleep, (invocation, waker));
        self.plan(until, Event::Wake { sleep });
    }

    /// Wakes what sleeps; answers whose it is.
    pub fn wake(&mut self, sleep: u64) -> Option<u64> {
        let (invocation, waker) = self.sleepers.remove(&sleep)?;
        waker.wake();
        Some(invocation)
    }

    /// Forgets what an invocation was about to do.
    pub fn forget(&mut self, invocation: u64) {
        self.sleepers.retain(|_, (whose, _)| *whose != invocation);
        self.recorder.give_up(invocation);
    }

    /// Takes down that an invocation asks for something.
    pub fn ask(&mut self, invocation: u64, deed: Deed) -> Asked {
        let now = self.now;
        self.recorder.ask(invocation, deed, now)
    }

    /// Takes down the answer.
    pub fn answer(&mut self, asked: Asked, outcome: Outcome) {
        self.recorder.answer(asked, Some(outcome));
    }
}
