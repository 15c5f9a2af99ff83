//! Lets the invocations go on, each up to its next call of a port.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use anyhow::{Context as _, ensure};
use jiff::{Timestamp, ToSpan};
use nachklang_domain::ports::{Ledger as _, ListKey, ListKind, Products as _};
use nachklang_domain::use_case::publish::publish_draft;

use super::Event;
use super::job::{Job, LONGEST};
use super::queue::Queues;
use super::site::Site;
use super::stations::{Ended, work};
use crate::content::{Upload, catalog};
use crate::dice::Dice;
use crate::ports::Ports;
use crate::script::{Action, Script};
use crate::store::Handed;
use crate::world::World;

/// More events than any scenario has: one that goes on so long never comes to rest.
const MOST_EVENTS: u64 = 3_000_000;

type Working = Pin<Box<dyn Future<Output = Ended> + Send>>;

/// A job that is being worked on.
struct Invocation {
    message: u64,
    handed: u64,
    working: Working,
}

/// What runs a scenario.
pub(super) struct Executor {
    pub(super) world: World,
    pub(super) queues: Queues,
    site: Arc<Site>,
    dice: Dice,
    pub(super) redriven: usize,
    invocations: BTreeMap<u64, Invocation>,
    events: u64,
}

impl Executor {
    pub(super) fn new(script: &Script) -> anyhow::Result<Self> {
        let dice = Dice::new(script.seed).named("run");
        let world = World::new(dice, script.start, script.faults.clone(), script.quiet_from);
        world.lock().post.talkative = script.weather.events;
        at_once(prepare(&world, script))?;
        script.planted.into_iter().for_each(|fault| world.store.plant(fault));
        let executor = Self {
            world,
            queues: Queues::new(dice.named("queues"), script.weather),
            site: Arc::new(Site::new(script.weather.split_over)?),
            dice,
            redriven: 0,
            invocations: BTreeMap::new(),
            events: 0,
        };
        executor.plan(script)?;
        Ok(executor)
    }

    /// Plans what the script says, and the quiet time after it.
    fn plan(&self, script: &Script) -> anyhow::Result<()> {
        let mut copies: BTreeMap<String, u64> = BTreeMap::new();
        for action in &script.actions {
            // The same action told again is another message, and the others do not change with it.
            let name = action.what.to_string();
            let copy = copies.entry(name.clone()).or_default();
            let id = self.dice.named(&name).of(*copy).name();
            *copy += 1;
            self.world.plan(action.at, Event::Push { id, job: Job::Act(action.what.clone()) });
        }
        self.world.plan(script.quiet_from, Event::Quiet);
        for shop in catalog()?.shops.values().filter(|shop| script.shops.contains(&shop.id)) {
            let first = shop.local_date(script.quiet_from);
            for day in first.series(1.day()).take_while(|day| *day <= script.last_day) {
                let id = self.dice.named("quiet run").named(shop.id.as_str()).named(&day.to_string()).name();
                let job = Job::Act(Action::Run { shop: shop.id.clone() });
                self.world.plan(shop.send_moment(day), Event::Push { id, job });
            }
        }
        Ok(())
    }

    pub(super) fn happens(&mut self, event: Event) -> anyhow::Result<()> {
        self.events += 1;
        ensure!(self.events < MOST_EVENTS, "the scenario never comes to rest");
        match event {
            Event::Wake { sleep } => {
                let woken = self.world.lock().wake(sleep);
                if let Some(invocation) = woken {
                    self.go_on(invocation);
                }
            }
            Event::Push { id, job } => self.push(id, job),
            Event::Receive { id, second } => self.receive(id, second),
            Event::TimeOut { invocation } => self.end(invocation),
            Event::Quiet => self.put_right(),
        }
        Ok(())
    }

    pub(super) fn push(&mut self, id: u64, job: Job) {
        let mut inner = self.world.lock();
        let times = self.queues.push(id, job, inner.now, inner.is_quiet());
        for (at, second) in times.into_iter().zip([false, true]) {
            inner.plan(at, Event::Receive { id, second });
        }
    }

    fn receive(&mut self, id: u64, second: bool) {
        let now = self.world.now();
        let Some(taken) = self.queues.take(id, second, now) else { return };
        let dice = self.dice.of(id).of(u64::from(taken.receives));
        let invocation = dice.name();
        let job = taken.job;
        let (site, ports) = (Arc::clone(&self.site), Ports::new(self.world.clone(), job.station(), dice));
        let working: Working = Box::pin(async move { work(&site, &ports, &job).await });
        self.invocations.insert(invocation, Invocation { message: id, handed: 0, working });
        self.world.plan(taken.again_at, Event::Receive { id, second: false });
        self.world.plan(now.checked_add(LONGEST).unwrap_or(now), Event::TimeOut { invocation });
        self.go_on(invocation);
    }

    /// Lets an invocation go on to its next call.
    fn go_on(&mut self, id: u64) {
        let Some(invocation) = self.invocations.get_mut(&id) else { return };
        self.world.lock().crashed = false;
        let polled = invocation.working.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        let message = invocation.message;
        self.hand_on(id);
        let crashed = self.world.lock().crashed;
        match polled {
            _ if crashed => self.end(id),
            Poll::Pending => {}
            Poll::Ready(ended) => {
                match ended {
                    Ended::Done => self.queues.done(message),
                    Ended::GivenUp(_) => self.queues.give_up(message),
                    Ended::Failed(_) => {}
                }
                self.end(id);
            }
        }
    }

    /// Puts what an invocation has handed on into the queues.
    fn hand_on(&mut self, id: u64) {
        for handed in self.world.store.take_handed() {
            let Some(invocation) = self.invocations.get_mut(&id) else { return };
            invocation.handed += 1;
            let message = self.dice.of(id).of(invocation.handed).name();
            let now = self.world.now();
            let (job, at) = match handed {
                Handed::Assignment(task) => (Job::Assign(task), now),
                Handed::Delivery(task) => (Job::Deliver(task), now),
                Handed::Later(task, delay) => (Job::Deliver(task), now.checked_add(delay).unwrap_or(now)),
                Handed::Part(part) => (Job::Plan(part), now),
            };
            self.world.plan(at, Event::Push { id: message, job });
        }
    }

    /// Ends an invocation, wherever it is.
    fn end(&mut self, id: u64) {
        if self.invocations.remove(&id).is_some() {
            self.world.lock().forget(id);
        }
    }

    /// The switch is on, the account sends, and what was set aside is tried again.
    fn put_right(&mut self) {
        self.world.lock().post.stopped = false;
        let id = self.dice.named("switch on").name();
        let on = Job::Act(Action::Switch { stopped: false });
        self.push(id, on.clone());
        // A try to switch it off that was refused before comes again meanwhile.
        let later = self.world.now().checked_add(1.hour()).unwrap_or(Timestamp::MAX);
        self.world.plan(later, Event::Push { id: self.dice.named("switch on again").name(), job: on });
        let set_aside = self.queues.redrive();
        self.redriven += set_aside.len();
        for (id, job) in set_aside {
            self.push(id, job);
        }
    }
}

/// Content, products, and a first run: what was there before the scenario begins.
async fn prepare(world: &World, script: &Script) -> anyhow::Result<()> {
    publish_draft(&world.store, Upload::First.draft()).await?;
    for shop in catalog()?.shops.values() {
        world.store.replace_lists(&shop.id, ListKind::Topsellers, &[(ListKey::Shop, Vec::new())]).await?;
        let yesterday = shop.local_date(script.start).checked_sub(2.days())?;
        world.store.finish_run(&shop.id, yesterday).await?;
    }
    Ok(())
}

/// Drives something that never waits.
fn at_once<T>(future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => None.context("the store of a scenario never waits"),
    }
}
