//! The ports as one invocation has them: each call takes its time, may go wrong, and is counted.

mod contacts;
mod line;
mod mailer;
mod records;
mod services;
mod sleep;

use std::sync::atomic::{AtomicU32, Ordering};

use jiff::SignedDuration;
use nachklang_domain::ports::{MailTask, PortResult};

use self::line::Line;
use crate::dice::Dice;
use crate::fault::{Call, Fault, Spot};
use crate::store::Store;
use crate::world::{Made, World};

/// The ports of one invocation.
#[derive(Debug)]
pub struct Ports {
    world: World,
    station: &'static str,
    invocation: u64,
    dice: Dice,
    calls: AtomicU32,
}

impl Ports {
    /// The ports of an invocation.
    #[must_use]
    pub const fn new(world: World, station: &'static str, invocation: Dice) -> Self {
        Self { world, station, invocation: invocation.name(), dice: invocation, calls: AtomicU32::new(0) }
    }

    /// The world.
    #[must_use]
    pub const fn world(&self) -> &World {
        &self.world
    }

    /// The invocation.
    #[must_use]
    pub const fn invocation(&self) -> u64 {
        self.invocation
    }

    /// Hands a mail to the delivery, which sees it after a delay.
    ///
    /// # Errors
    /// When the call goes wrong.
    pub async fn keep_back(&self, task: &MailTask, delay: SignedDuration) -> PortResult<()> {
        let line = self.write("keep_back").await?;
        line.twice(|| self.store().keep_back(task, delay)).await
    }

    const fn store(&self) -> &Store {
        &self.world.store
    }

    /// Begins a read that sees everything.
    async fn read(&self, what: &'static str) -> PortResult<Line<'_>> {
        self.line(what, Call::Sure).await.unless_refused()
    }

    /// Begins a read that may be behind; answers what it sees.
    async fn glance(&self, what: &'static str) -> PortResult<(Line<'_>, Store)> {
        let line = self.line(what, Call::Glance).await.unless_refused()?;
        let seen = match line.fault {
            Some(Fault::Behind(writes)) => self.world.behind(writes),
            _ => self.store().clone(),
        };
        Ok((line, seen))
    }

    /// Begins a write.
    async fn write(&self, what: &'static str) -> PortResult<Line<'_>> {
        self.line(what, Call::Write).await.unless_refused()
    }

    /// The way to the service, and what goes wrong at it.
    async fn line(&self, what: &'static str, call: Call) -> Line<'_> {
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        let dice = self.dice.of(u64::from(number));
        let spot = Spot { invocation: self.invocation, call: number };
        let made = Made { spot, station: self.station, what, quiet: false };
        let fault = self.world.lock().call(made, call, dice);
        let line = Line { ports: self, fault, dice };
        line.there().await;
        line
    }
}
