//! The way of one call to a service and back.

use std::future::{Future, pending};

use jiff::SignedDuration;
use nachklang_domain::ports::{PortError, PortResult};

use super::Ports;
use super::sleep::Sleep;
use crate::dice::Dice;
use crate::fault::Fault;

/// One call on its way.
#[derive(Debug)]
pub(super) struct Line<'a> {
    pub(super) ports: &'a Ports,
    pub(super) fault: Option<Fault>,
    pub(super) dice: Dice,
}

impl Line<'_> {
    /// The way to the service.
    pub(super) async fn there(&self) {
        if self.fault == Some(Fault::CrashBefore) {
            self.crash().await;
        }
        if let Some(Fault::Slow(seconds)) = self.fault {
            self.sleep(SignedDuration::from_secs(i64::from(seconds))).await;
        }
        self.sleep(self.time("there")).await;
    }

    /// The way back, with the answer.
    pub(super) async fn back<T>(self, answer: impl Future<Output = PortResult<T>>) -> PortResult<T> {
        let answer = answer.await;
        self.home().await;
        match self.fault {
            Some(Fault::AnswerLost) => Err(PortError::transient("the store's answer was lost")),
            _ => answer,
        }
    }

    /// The way back of a write, which the client may have tried a second time by itself.
    pub(super) async fn twice<T, F>(self, effect: impl Fn() -> F) -> PortResult<T>
    where
        F: Future<Output = PortResult<T>>,
    {
        if self.fault == Some(Fault::TriedTwice) {
            effect().await.ok();
        }
        self.back(effect()).await
    }

    /// The way back.
    pub(super) async fn home(&self) {
        if self.fault == Some(Fault::CrashAfter) {
            self.crash().await;
        }
        self.sleep(self.time("back")).await;
    }

    pub(super) fn unless_refused(self) -> PortResult<Self> {
        match self.fault {
            Some(Fault::Refused) => Err(PortError::transient("the store asks to slow down")),
            Some(Fault::Denied) => Err(PortError::permanent("the store denies the call")),
            _ => Ok(self),
        }
    }

    /// The invocation ends here.
    async fn crash(&self) {
        self.ports.world.lock().crashed = true;
        pending::<()>().await;
    }

    /// Mostly some milliseconds, now and then none, now and then a second.
    fn time(&self, way: &str) -> SignedDuration {
        let dice = self.dice.named(way);
        let millis = match dice.below(20) {
            0..4 => 0,
            19 => dice.named("long").between(200, 1_500),
            _ => dice.named("short").between(1, 25),
        };
        SignedDuration::from_millis(i64::try_from(millis).unwrap_or(0))
    }

    async fn sleep(&self, time: SignedDuration) {
        let world = &self.ports.world;
        let now = world.now();
        Sleep::new(world, self.ports.invocation, now.checked_add(time).unwrap_or(now)).await;
    }
}
