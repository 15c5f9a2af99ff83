//! What the stations hand on, and runs that are split into parts.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use jiff::civil::Date;
use nachklang_domain::id::ShopId;
use nachklang_domain::ports::{MailTask, PortResult, Queues, ShardTask};

use super::{State, Store};
use crate::planted::Planted;

/// Something that was handed to a queue; when it comes out, and how often, is for the queue to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handed {
    /// To the coupon assignment.
    Assignment(MailTask),
    /// To the delivery.
    Delivery(MailTask),
    /// To the delivery, after a delay.
    Later(MailTask, SignedDuration),
    /// To whoever looks through parts of a run.
    Part(ShardTask),
}

/// The parts of a run that are through.
pub(super) type Parts = BTreeMap<(ShopId, Date), BTreeSet<String>>;

impl Store {
    /// What was handed on since this was asked last.
    #[must_use]
    pub fn take_handed(&self) -> Vec<Handed> {
        std::mem::take(&mut self.lock().handed)
    }

    /// Hands a mail to the delivery, which sees it after a delay.
    ///
    /// # Errors
    /// Never: a store in memory always answers.
    pub async fn keep_back(&self, task: &MailTask, delay: SignedDuration) -> PortResult<()> {
        self.write().handed.push(Handed::Later(task.clone(), delay));
        Ok(())
    }
}

impl State {
    fn hand(&mut self, tasks: impl Iterator<Item = Handed>) {
        let lost = usize::from(self.strikes(Planted::TaskLost));
        self.handed.extend(tasks.skip(lost));
    }
}

impl Queues for Store {
    async fn to_assignment(&self, tasks: &[MailTask]) -> PortResult<()> {
        self.write().hand(tasks.iter().cloned().map(Handed::Assignment));
        Ok(())
    }

    async fn to_delivery(&self, tasks: &[MailTask]) -> PortResult<()> {
        self.write().hand(tasks.iter().cloned().map(Handed::Delivery));
        Ok(())
    }
}

impl nachklang_domain::ports::Parts for Store {
    async fn to_planning(&self, tasks: &[ShardTask]) -> PortResult<()> {
        self.write().handed.extend(tasks.iter().cloned().map(Handed::Part));
        Ok(())
    }

    async fn finish_part(&self, shop: &ShopId, run_day: Date, part: &str) -> PortResult<u64> {
        let mut state = self.write();
        let through = state.parts.entry((shop.clone(), run_day)).or_default();
        through.insert(part.to_owned());
        Ok(u64::try_from(through.len()).unwrap_or(u64::MAX))
    }
}
