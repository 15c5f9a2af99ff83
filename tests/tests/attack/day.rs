//! The day: what is told to the stack while the weather is bad.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{bail, ensure};
use jiff::Timestamp;
use nachklang_domain::id::ShopId;
use tokio::task::JoinSet;

use super::Told;
use super::cast::{Buyer, Role, SHOP};
use super::deeds::{PAUSE, TRIES};
use super::stage::Attack;

/// So many webhooks come at once.
const AT_ONCE: usize = 6;
/// How long the stations get after each morning. What is not done then meets the next bad hour.
const BAD_HOURS: Duration = Duration::from_secs(14);
/// So many times that after the first morning.
const LONG_MORNING: usize = 5;
/// So many must have a mail before some of them say no, and some buy again.
const ENOUGH: usize = 20;

impl Attack {
    /// Plays the day; answers whether all came to rest.
    pub async fn play(self: &Arc<Self>) -> anyhow::Result<bool> {
        self.weather.turn(true);
        each(self.buyers.clone(), |buyer| Arc::clone(self).comes(buyer)).await?;
        self.told("everybody has bought");
        self.first_morning().await?;
        self.until_most_are_mailed().await?;
        self.held.store(self.count_held().await?, Ordering::Relaxed);
        self.told("the first morning is over");
        self.second_morning().await?;
        self.drain(BAD_HOURS).await?;
        self.told("the second morning is over");
        self.weather.turn(false);
        let at_rest = self.come_to_rest().await?;
        self.told("all is at rest");
        Ok(at_rest)
    }

    /// On a busy machine the first morning takes longer.
    async fn until_most_are_mailed(&self) -> Told {
        for _ in 0..LONG_MORNING {
            let at_rest = self.drain(BAD_HOURS).await?;
            if at_rest || self.mailed().len() >= ENOUGH {
                break;
            }
        }
        Ok(())
    }

    fn mailed(&self) -> Vec<Buyer> {
        let plain = self.playing(Role::Plain).into_iter();
        plain.filter(|buyer| self.mail_to(buyer).is_some()).collect()
    }

    fn told(&self, what: &str) {
        println!("{} {what}: {} mails", Timestamp::now(), self.stack.sink.mails().len());
    }

    async fn comes(self: Arc<Self>, buyer: Buyer) -> Told {
        let first = buyer.first()?;
        match buyer.role {
            Role::CancelledFirst => {
                self.cancels(&buyer).await?;
                self.buys(&buyer, &first).await
            }
            Role::Cancels => {
                self.buys(&buyer, &first).await?;
                self.cancels(&buyer).await
            }
            Role::ToldTwice => {
                let (one, other) = tokio::join!(self.buys(&buyer, &first), self.buys(&buyer, &first));
                one.and(other)
            }
            Role::BuysAgainAtOnce => {
                self.buys(&buyer, &first).await?;
                self.buys(&buyer, &buyer.second()?).await
            }
            _ => self.buys(&buyer, &first).await,
        }
    }

    /// The day runs, is called a second time meanwhile, and other things happen to it.
    async fn first_morning(self: &Arc<Self>) -> Told {
        let cancels = each(self.playing(Role::CancelsMeanwhile), |buyer| {
            let this = Arc::clone(self);
            async move { this.cancels(&buyer).await }
        });
        let erased = each(self.playing(Role::ErasedMeanwhile), |buyer| Arc::clone(self).is_erased(buyer));
        let told_again = each(self.playing(Role::ToldTwice), |buyer| {
            let this = Arc::clone(self);
            async move { this.buys(&buyer, &buyer.first()?).await }
        });
        let schedule = self.stack.turn_the_page(SHOP).await?;
        // A schedule may call twice; what comes of the second call is the first one's business.
        let again = async { self.stack.call_schedule(schedule).await.ok() };
        let (ran, cancels, erased, told_again, _) =
            tokio::join!(self.is_run(), cancels, erased, told_again, again);
        ran.and(cancels).and(erased).and(told_again)
    }

    /// Some say no or are gone, and buy all the same; the shop brings codes; the day runs while others say no.
    async fn second_morning(self: &Arc<Self>) -> Told {
        let mut mailed = self.mailed();
        ensure!(mailed.len() >= ENOUGH, "only {} of the plain buyers were mailed", mailed.len());
        let (faithful, leave_meanwhile, leave) = (mailed.split_off(10), mailed.split_off(6), mailed);
        each(leave.clone(), |buyer| Arc::clone(self).unsubscribes(buyer)).await?;
        self.hear_of_the_gone().await?;
        let gone = [Role::Bounces, Role::Complains].into_iter().flat_map(|role| self.playing(role));
        let again = faithful.into_iter().take(5).chain(leave).chain(leave_meanwhile.clone()).chain(gone);
        let buys = each(again.collect(), |buyer| {
            let this = Arc::clone(self);
            async move { this.buys(&buyer, &buyer.second()?).await }
        });
        let (bought, refilled) = tokio::join!(buys, self.refill());
        bought.and(refilled)?;
        let leaves = each(leave_meanwhile, |buyer| Arc::clone(self).unsubscribes(buyer));
        let (morning, left) = tokio::join!(self.morning(), leaves);
        morning.and(left)
    }

    /// The next day comes and is run.
    pub async fn morning(&self) -> Told {
        self.stack.turn_the_page(SHOP).await?;
        self.is_run().await
    }

    /// The scheduler calls as often as it must.
    async fn is_run(&self) -> Told {
        let shop = ShopId::parse(SHOP)?;
        for _ in 0..TRIES {
            let run = self.stack.same_day_again(SHOP).await;
            match run.as_ref().map(|run| run.outcome.as_str()) {
                Ok("completed" | "already_done") => return Ok(()),
                Ok("busy") => self.stack.run_lease_ends(&shop).await?,
                Ok(other) => bail!("the run ended {other}"),
                // Another shop's run failed, or what is measured beside the runs.
                Err(_) if self.stack.has_run_today(SHOP).await? => return Ok(()),
                Err(_) => {}
            }
            tokio::time::sleep(PAUSE).await;
        }
        bail!("the day is never run")
    }

    async fn count_held(&self) -> anyhow::Result<usize> {
        let mut held = 0;
        for buyer in &self.buyers {
            let contact = self.stack.contact(&buyer.shopper).await?;
            let mut steps = contact.enrolments.iter().flat_map(|enrolment| &enrolment.steps);
            held += usize::from(steps.any(|step| step.held_since.is_some()));
        }
        Ok(held)
    }
}

/// Works on all, some at once.
pub async fn each<T, F>(all: Vec<T>, work: impl Fn(T) -> F) -> Told
where
    F: Future<Output = Told> + Send + 'static,
{
    let (mut running, mut left) = (JoinSet::new(), all.into_iter());
    loop {
        while running.len() < AT_ONCE
            && let Some(one) = left.next()
        {
            running.spawn(work(one));
        }
        match running.join_next().await {
            Some(done) => done??,
            None => return Ok(()),
        }
    }
}
