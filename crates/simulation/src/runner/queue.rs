//! The queues: at least once, in any order, early or late, and set aside after too many receives.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::job::Job;
use crate::dice::Dice;
use crate::history::MailTaskRef;
use crate::script::Weather;

/// A message.
#[derive(Debug, Clone)]
struct Message {
    job: Job,
    receives: u32,
    visible_from: Timestamp,
}

/// A message that was taken.
#[derive(Debug, Clone)]
pub(super) struct Taken {
    pub(super) job: Job,
    pub(super) receives: u32,
    /// When it comes again unless it is done by then.
    pub(super) again_at: Timestamp,
}

/// All messages of all queues.
#[derive(Debug)]
pub(super) struct Queues {
    dice: Dice,
    weather: Weather,
    messages: BTreeMap<u64, Message>,
    dead: BTreeMap<u64, Job>,
}

impl Queues {
    pub(super) const fn new(dice: Dice, weather: Weather) -> Self {
        Self { dice, weather, messages: BTreeMap::new(), dead: BTreeMap::new() }
    }

    /// Takes a message in; answers when it comes out, and whether a second time too.
    pub(super) fn push(&mut self, id: u64, job: Job, now: Timestamp, quiet: bool) -> Vec<Timestamp> {
        let dice = self.dice.of(id);
        let queued = job.is_queued();
        let mischief = queued && !quiet;
        let wait = |dice: Dice| {
            let late = mischief && dice.named("late").happens(self.weather.late);
            let longest = if late { 4 * 3_600_000 } else { 300 };
            let millis = if queued { dice.named("wait").below(longest) } else { 0 };
            now.checked_add(SignedDuration::from_millis(i64::try_from(millis).unwrap_or(0))).unwrap_or(now)
        };
        self.messages.insert(id, Message { job, receives: 0, visible_from: now });
        let mut times = vec![wait(dice)];
        if mischief && dice.named("twice").happens(self.weather.twice) {
            times.push(wait(dice.named("second")));
        }
        times
    }

    /// Takes a message out, if it is to be had. A queue that hands out twice does so although it is being worked on.
    pub(super) fn take(&mut self, id: u64, second: bool, now: Timestamp) -> Option<Taken> {
        let message = self.messages.get_mut(&id).filter(|message| second || message.visible_from <= now)?;
        if message.receives >= message.job.most_receives() {
            self.set_aside(id);
            return None;
        }
        message.receives += 1;
        let again = message.job.again_after(message.receives);
        message.visible_from = now.checked_add(again).unwrap_or(now);
        Some(Taken { job: message.job.clone(), receives: message.receives, again_at: message.visible_from })
    }

    /// A message that is done with never comes again.
    pub(super) fn done(&mut self, id: u64) {
        self.messages.remove(&id);
    }

    /// Sets aside a message that trying again does not help. Who stands at no queue tries again all the same.
    pub(super) fn give_up(&mut self, id: u64) {
        if self.messages.get(&id).is_some_and(|message| message.job.has_dead_letters()) {
            self.set_aside(id);
        }
    }

    fn set_aside(&mut self, id: u64) {
        let message = self.messages.remove(&id).filter(|message| message.job.has_dead_letters());
        self.dead.extend(message.map(|message| (id, message.job)));
    }

    /// An operator puts everything that was set aside back; answers what it was.
    pub(super) fn redrive(&mut self) -> Vec<(u64, Job)> {
        std::mem::take(&mut self.dead).into_iter().collect()
    }

    /// The mails whose tasks are set aside.
    pub(super) fn dead_letters(&self) -> Vec<MailTaskRef> {
        let tasks = self.dead.values().filter_map(Job::mail);
        tasks
            .map(|task| MailTaskRef {
                contact: task.contact,
                shop: task.shop.clone(),
                flow: task.flow.clone(),
                step: task.step,
            })
            .collect()
    }

    /// Whether anything is still to be done.
    pub(super) fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }
}
