//! The day: what is told to the stack while the weather is bad, and how it comes to rest when the weather is fair.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use jiff::Timestamp;
use jiff::civil::Date;
use nachklang_domain::coupon::CouponCode;
use nachklang_domain::email::EmailAddress;
use nachklang_domain::id::{ContactId, PoolId, ShopId};
use nachklang_domain::secret::SecretBytes;
use nachklang_simulation::history::{Deed, Outcome, Purchase as Bought};
use nachklang_tests::emulator;
use nachklang_tests::proxy::{Weather, Wire, can_be_killed};
use nachklang_tests::ses::{Mail, Sink};
use nachklang_tests::stack::{Doors, Order, Stack};
use tokio::task::JoinSet;

use super::Told;
use super::cast::{Buyer, Purchase, Role, SHOP, everybody};
use super::seen::Log;

/// What comes again comes after seconds instead of many minutes; a file takes longer than a mail.
const VISIBILITY: [(&str, u32); 5] = [
    ("PlanningQueue", 5),
    ("AssignmentQueue", 3),
    ("DeliveryQueue", 4),
    ("EventsQueue", 3),
    ("UploadsQueue", 8),
];
/// The queues, and where their messages go that nobody could work on.
const QUEUES: [(&str, &str); 5] = [
    ("PlanningQueue", "PlanningDeadLetters"),
    ("AssignmentQueue", "AssignmentDeadLetters"),
    ("DeliveryQueue", "DeliveryDeadLetters"),
    ("EventsQueue", "EventsDeadLetters"),
    ("UploadsQueue", "UploadsDeadLetters"),
];
const SCHEDULE: &str = "DailyRunSchedule";
const POOL: &str = "thanks-chf";
const REFILL: &str = "coupons/thanks-chf/2026-12.csv";
const REFILLED: u32 = 40;
const MAIL_TEXT: &str = "mails/topsellers/mail.txt";
const ALL_BOUGHT: &str = "\n{%- for one in bought %}\n+ {{ one.title }}\n{%- endfor %}\n";
const CODES_END: &str = "2027-12-31";
/// So many webhooks come at once.
const AT_ONCE: usize = 6;
/// Shops and schedulers try again; so often here, which is less often than they do.
const TRIES: usize = 60;
const PAUSE: Duration = Duration::from_millis(150);
/// How long the stations get after each morning. What is not done then meets the next bad hour.
const BAD_HOURS: Duration = Duration::from_secs(14);
/// After that much fair weather no handover is under way any more: the slowest answer of SES takes less.
const CALM: Duration = Duration::from_secs(7);
const TO_REST: Duration = Duration::from_secs(45);
/// How long the news of a dead mailbox may be on its way before somebody buys again.
const NEWS: Duration = Duration::from_secs(6);

/// The stack, the wire before it, and what has been seen.
pub struct Attack {
    pub seed: u64,
    pub stack: Stack,
    pub weather: Arc<Weather>,
    pub log: Log,
    pub buyers: Vec<Buyer>,
    /// The keyed hash of each address.
    pub people: BTreeMap<String, ContactId>,
    pub code_ends: Vec<(CouponCode, Date)>,
    redriven: AtomicUsize,
    held: AtomicUsize,
    _wires: [Wire; 2],
}

impl Attack {
    /// Deploys the stack behind the wire; none if the tests of AWS are skipped.
    pub async fn prepare(seed: u64) -> anyhow::Result<Option<Arc<Self>>> {
        let Some(emulator) = emulator::shared().await? else { return Ok(None) };
        if !can_be_killed() {
            // Not eprintln: the test harness would keep that for itself.
            writeln!(
                std::io::stderr(),
                "skipped: no process dies in mid-batch here, which needs Linux's /proc"
            )?;
        }
        let (sink, weather) = (Sink::start().await?, Arc::new(Weather::of_seed(seed)));
        sink.change_account(|account| account.max_send_rate = 60);
        let wires = [
            Wire::along(&emulator.endpoint(), Arc::<Weather>::clone(&weather)).await?,
            Wire::along(&sink.endpoint(), Arc::<Weather>::clone(&weather)).await?,
        ];
        let [aws, ses] = wires.each_ref().map(|wire| wire.endpoint().to_owned());
        let stack = Stack::deployed(emulator, sink, Doors { aws, ses }, is_of_the_day).await?;
        show_all_that_was_bought(&stack).await?;
        for (queue, seconds) in VISIBILITY {
            stack.set_visibility(queue, seconds).await?;
        }
        let buyers = everybody();
        let people = people(&stack, &buyers).await?;
        let attack = Self {
            seed,
            stack,
            weather,
            log: Log::default(),
            buyers,
            people,
            code_ends: Vec::new(),
            redriven: AtomicUsize::new(0),
            held: AtomicUsize::new(0),
            _wires: wires,
        };
        Ok(Some(Arc::new(attack.with_the_codes_of_the_shop()?)))
    }

    /// How many messages were put back from the dead letters.
    pub fn redriven(&self) -> usize {
        self.redriven.load(Ordering::Relaxed)
    }

    /// How many people waited for codes after the first morning.
    pub fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    /// Plays the day; answers whether all came to rest.
    pub async fn play(self: &Arc<Self>) -> anyhow::Result<bool> {
        self.weather.turn(true);
        each(self.buyers.clone(), |buyer| Arc::clone(self).comes(buyer)).await?;
        self.told("everybody has bought");
        self.first_morning().await?;
        self.drain(BAD_HOURS).await?;
        self.held.store(self.count_held().await?, Ordering::Relaxed);
        self.told("the first morning is over");
        self.second_morning().await?;
        self.drain(BAD_HOURS).await?;
        self.told("the second morning is over");
        self.weather.turn(false);
        self.come_to_rest().await
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
        let told_again = each(self.playing(Role::ToldTwice), |buyer| {
            let this = Arc::clone(self);
            async move { this.buys(&buyer, &buyer.first()?).await }
        });
        // A schedule may call twice; what comes of the second call is the first one's business.
        let again = async { self.stack.call_schedule(SCHEDULE).await.ok() };
        let (morning, cancels, told_again, _) = tokio::join!(self.morning(), cancels, told_again, again);
        morning.and(cancels).and(told_again)
    }

    /// Some say no or are gone, and buy all the same; the shop brings codes; the day runs while others say no.
    async fn second_morning(self: &Arc<Self>) -> Told {
        let mut mailed: Vec<Buyer> =
            self.playing(Role::Plain).into_iter().filter(|buyer| self.mail_to(buyer).is_some()).collect();
        ensure!(mailed.len() >= 15, "only {} of the plain buyers were mailed", mailed.len());
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

    /// The next day comes, as often as the scheduler must call.
    async fn morning(&self) -> Told {
        let shop = ShopId::parse(SHOP)?;
        let mut run = self.stack.morning(SHOP).await;
        for _ in 0..TRIES {
            match run.as_ref().map(|run| run.outcome.as_str()) {
                Ok("completed" | "already_done") => return Ok(()),
                Ok("busy") => self.stack.run_lease_ends(&shop).await?,
                Ok(other) => bail!("the run ended {other}"),
                // Another shop's run failed, or what is measured beside the runs.
                Err(_) if self.stack.has_run_today(SHOP).await? => return Ok(()),
                Err(_) => {}
            }
            tokio::time::sleep(PAUSE).await;
            run = self.stack.same_day_again(SHOP).await;
        }
        run.map(drop).context("the day is never run")
    }

    /// Tells of a purchase until it is taken.
    async fn buys(&self, buyer: &Buyer, purchase: &Purchase) -> Told {
        let bought = Bought {
            order: purchase.key.clone(),
            contact: Some(self.person(buyer)?),
            placed_at: purchase.placed_at,
            may_be_mailed: true,
        };
        self.tell(&purchase.webhook, Deed::Buy(bought)).await
    }

    async fn cancels(&self, buyer: &Buyer) -> Told {
        let (webhook, order) = buyer.cancels()?;
        self.tell(&webhook, Deed::Cancel { order }).await
    }

    async fn tell(&self, webhook: &Order, deed: Deed) -> Told {
        let asked = Timestamp::now();
        for _ in 0..TRIES {
            let answer = self.stack.post(webhook).await?;
            match answer.status {
                200 => {
                    self.log.note(asked, deed, Outcome::Done);
                    return Ok(());
                }
                500.. => tokio::time::sleep(PAUSE).await,
                // Parked, or refused: bad weather is no reason for either.
                status => bail!("a good webhook is answered with {status}: {}", answer.body),
            }
        }
        bail!("a webhook is never taken")
    }

    async fn unsubscribes(self: Arc<Self>, buyer: Buyer) -> Told {
        let mail = self.mail_to(&buyer).context("who says no has a mail")?;
        let path = unsubscribe_path(&mail)?;
        let form = [("content-type", "application/x-www-form-urlencoded".to_owned())];
        let asked = Timestamp::now();
        for _ in 0..TRIES {
            let answer = self.stack.ask("POST", &path, &form, b"List-Unsubscribe=One-Click").await?;
            match answer.status {
                200 => {
                    self.objects(&buyer, asked, Outcome::Done)?;
                    return Ok(());
                }
                500.. => tokio::time::sleep(PAUSE).await,
                status => bail!("a click is answered with {status}: {}", answer.body),
            }
        }
        bail!("nobody hears her no")
    }

    /// Waits a moment until it is stored that mailboxes are dead and people angry. What is not stored by then may be at
    /// any moment.
    async fn hear_of_the_gone(&self) -> Told {
        let until = Instant::now() + NEWS;
        for buyer in [Role::Bounces, Role::Complains].into_iter().flat_map(|role| self.playing(role)) {
            let Some(mail) = self.mail_to(&buyer) else { continue };
            while !self.is_suppressed(&buyer).await? && Instant::now() < until {
                tokio::time::sleep(PAUSE).await;
            }
            let outcome = if self.is_suppressed(&buyer).await? { Outcome::Done } else { Outcome::Unknown };
            self.objects(&buyer, mail.accepted_at, outcome)?;
        }
        Ok(())
    }

    fn objects(&self, buyer: &Buyer, asked: Timestamp, outcome: Outcome) -> Told {
        let deed = Deed::Object { shop: ShopId::parse(SHOP)?, contact: self.person(buyer)? };
        self.log.note(asked, deed, outcome);
        Ok(())
    }

    async fn is_suppressed(&self, buyer: &Buyer) -> anyhow::Result<bool> {
        Ok(self.stack.contact(&buyer.shopper).await?.suppressed.is_some())
    }

    /// The shop uploads more codes.
    async fn refill(&self) -> Told {
        let codes = refilled_codes()?;
        let rows = codes.iter().map(|code| format!("{},{CODES_END}\n", code.expose())).collect::<String>();
        let asked = Timestamp::now();
        let at = self.stack.upload(REFILL, format!("Coupon Code,Expires\n{rows}").into_bytes()).await?;
        let report = self.stack.report(REFILL, at).await?;
        ensure!(report.get("state").is_some_and(|state| state == "taken"), "codes are not taken: {report:#}");
        self.log.note(asked, Deed::Import { pool: PoolId::parse(POOL)?, codes }, Outcome::Done);
        Ok(())
    }

    /// Works off what lies in the queues, dead or alive; answers whether nothing is left.
    async fn drain(&self, within: Duration) -> anyhow::Result<bool> {
        let (until, mut empty) = (Instant::now() + within, 0);
        while Instant::now() < until {
            let mut left = 0;
            for (queue, dead) in QUEUES {
                let put_back = self.stack.redrive(dead, queue).await?.len();
                self.redriven.fetch_add(put_back, Ordering::Relaxed);
                left += self.stack.messages(queue).await?;
            }
            empty = if left == 0 { empty + 1 } else { 0 };
            if empty == 3 {
                return Ok(true);
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(false)
    }

    /// The weather is fair: what is under way ends, leases end, the next day comes, and nothing is left to do.
    async fn come_to_rest(self: &Arc<Self>) -> anyhow::Result<bool> {
        let calm = Instant::now() + CALM;
        self.drain(CALM).await?;
        tokio::time::sleep(calm.saturating_duration_since(Instant::now())).await;
        let shop = ShopId::parse(SHOP)?;
        for person in self.people.values() {
            self.stack.handover_ends(&shop, *person).await?;
        }
        self.drain(TO_REST).await?;
        // Nobody waits for the day on which their mails would be due.
        each(self.playing(Role::JustBought), |buyer| {
            let this = Arc::clone(self);
            async move { this.cancels(&buyer).await }
        })
        .await?;
        self.morning().await?;
        let at_rest = self.drain(TO_REST).await?;
        self.told("all is at rest");
        Ok(at_rest)
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

    fn playing(&self, role: Role) -> Vec<Buyer> {
        self.buyers.iter().filter(|buyer| buyer.role == role).cloned().collect()
    }

    fn mail_to(&self, buyer: &Buyer) -> Option<Mail> {
        self.stack.mails_to(&buyer.shopper).into_iter().next()
    }

    fn person(&self, buyer: &Buyer) -> anyhow::Result<ContactId> {
        self.people.get(&buyer.shopper.email).copied().context("a buyer is known")
    }

    /// The codes of `templates/` were taken when the stack was deployed.
    fn with_the_codes_of_the_shop(mut self) -> anyhow::Result<Self> {
        for pool in ["thanks-chf", "thanks-eur", "thanks-gbp"] {
            let file = self.stack.template(&format!("coupons/{pool}/2026-11.csv"))?;
            let rows = file.lines().skip(1).filter_map(|row| row.split_once(','));
            let rows = rows.map(|(code, end)| anyhow::Ok((CouponCode::parse(code)?, end.parse()?)));
            let rows: Vec<(CouponCode, Date)> = rows.collect::<Result<_, _>>()?;
            let codes = rows.iter().map(|(code, _)| code.clone()).collect();
            self.log.note(
                Timestamp::now(),
                Deed::Import { pool: PoolId::parse(pool)?, codes },
                Outcome::Done,
            );
            self.code_ends.extend(rows);
        }
        let end = CODES_END.parse()?;
        self.code_ends.extend(refilled_codes()?.into_iter().map(|code| (code, end)));
        Ok(self)
    }
}

/// Works on all, some at once.
async fn each<T, F>(all: Vec<T>, work: impl Fn(T) -> F) -> Told
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

/// The other shops would only be counted and looked through at each run.
fn is_of_the_day(template: &str) -> bool {
    match template.split_once('/') {
        Some(("shops", file)) => [format!("{SHOP}.toml").as_str(), "brand.toml"].contains(&file),
        Some(("feeds", path)) => path.starts_with(SHOP),
        _ => true,
    }
}

/// The mail of `templates/` names one piece of a joint mail; whoever judges must see which orders it is about.
async fn show_all_that_was_bought(stack: &Stack) -> Told {
    let layout = stack.template(MAIL_TEXT)? + ALL_BOUGHT;
    let at = stack.upload(MAIL_TEXT, layout.into_bytes()).await?;
    let report = stack.report(MAIL_TEXT, at).await?;
    ensure!(report.get("state").is_some_and(|state| state == "published"), "the mail is refused: {report:#}");
    Ok(())
}

async fn people(stack: &Stack, buyers: &[Buyer]) -> anyhow::Result<BTreeMap<String, ContactId>> {
    let key: SecretBytes = stack.contact_key().await?;
    let id = |email: &str| anyhow::Ok((email.to_owned(), ContactId::of(&EmailAddress::parse(email)?, &key)));
    buyers.iter().map(|buyer| id(&buyer.shopper.email)).collect()
}

fn refilled_codes() -> anyhow::Result<Vec<CouponCode>> {
    let code = |number: u32| CouponCode::parse(&format!("MERCI-NEXT-{number:04}"));
    Ok((1..=REFILLED).map(code).collect::<Result<_, _>>()?)
}

fn unsubscribe_path(mail: &Mail) -> anyhow::Result<String> {
    let message = mail.parsed()?;
    let header = message.header_raw("List-Unsubscribe").context("a List-Unsubscribe")?;
    let link: String = header.split_whitespace().collect();
    let path = link.strip_prefix("<https://mail.lunaria.example").and_then(|link| link.strip_suffix('>'));
    path.map(str::to_owned).with_context(|| format!("no link of the portal: {link}"))
}
