//! A wait on the virtual clock.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use jiff::Timestamp;

use crate::world::World;

/// Ready from a moment on.
#[derive(Debug)]
pub(super) struct Sleep<'a> {
    world: &'a World,
    invocation: u64,
    until: Timestamp,
    planned: bool,
}

impl<'a> Sleep<'a> {
    pub(super) const fn new(world: &'a World, invocation: u64, until: Timestamp) -> Self {
        Self { world, invocation, until, planned: false }
    }
}

impl Future for Sleep<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut inner = self.world.lock();
        // Even a call that takes no time lets others go first.
        if self.planned && inner.now >= self.until {
            return Poll::Ready(());
        }
        if !self.planned {
            inner.sleep(self.invocation, self.until, context.waker().clone());
            drop(inner);
            self.planned = true;
        }
        Poll::Pending
    }
}
