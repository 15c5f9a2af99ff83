//! What an order costs on its way to its mail: the calls of every port, written down, so that one more is seen.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};
use nachklang_domain::enrolment::{Enrolment, StepState};
use nachklang_domain::id::MailId;
use nachklang_domain::mail::message::OutgoingMail;
use nachklang_domain::order::DeadOrder;
use nachklang_domain::ports::{Journal, Ledger, MailTask, Mailer, PortResult, SendError, Settlement};
use nachklang_domain::story::MailStory;
use nachklang_domain::use_case::Desk;
use nachklang_domain::use_case::assign_coupon::{Assignment, assign_coupon};
use nachklang_domain::use_case::compose::Postbox;
use nachklang_domain::use_case::deliver_mail::{Delivery, deliver_mail};
use nachklang_domain::use_case::plan_due::{RunOutcome, plan_due};
use nachklang_domain::use_case::plan_shard::{PartOutcome, plan_shard};
use nachklang_domain::use_case::postpone::postpone;
use nachklang_domain::use_case::preview_due::preview_due;
use nachklang_domain::use_case::receive_order::{Receipt, receive_order};
use nachklang_local::store::{QueueName, SqliteStore};
use nachklang_tests::counting::{Calls, Counting, Sight};
use nachklang_tests::world::{World, noon};

type Told = anyhow::Result<()>;

const BOUGHT: Date = date(2026, 11, 2);
const DUE: Date = date(2026, 11, 14);
const POOL: &str = "thanks-eur";

/// The shipped flow without its coupon.
fn without_coupon(flow: &str) -> String {
    flow.split("[coupon]").next().unwrap_or_default().to_owned()
}

struct Way<'a> {
    world: &'a World,
    store: Counting<SqliteStore>,
    catalog: std::sync::Arc<nachklang_domain::catalog::Catalog>,
}

impl<'a> Way<'a> {
    fn new(world: &'a World, sight: Sight) -> anyhow::Result<Self> {
        let store = Counting::with_sight(world.site.store.clone(), sight);
        Ok(Self { world, store, catalog: world.site.catalog()? })
    }

    fn desk(&self) -> Desk<'_, Counting<SqliteStore>> {
        Desk { world: &self.store, catalog: &self.catalog, contact_key: self.world.site.contact_key() }
    }

    async fn receive(&self, who: &str, number: &str) -> anyhow::Result<Receipt> {
        let event = self.world.purchase(who, number, BOUGHT)?;
        Ok(receive_order(self.desk(), &event, noon(BOUGHT)?).await?)
    }

    async fn plan(&self, split_over: Option<u64>) -> anyhow::Result<RunOutcome> {
        let now = self.world.morning(DUE)?;
        Ok(plan_due(self.desk(), &self.world.shop()?.id, split_over, now).await?)
    }

    /// The next mail of a queue, which is not seen again for an hour.
    async fn next(&self, queue: QueueName, now: Timestamp) -> anyhow::Result<Option<MailTask>> {
        let received = self.world.site.store.take(queue, now, SignedDuration::from_hours(1)).await?;
        let Some(received) = received else { return Ok(None) };
        self.world.site.store.done(received.id).await?;
        Ok(Some(received.task))
    }

    async fn assign(&self) -> anyhow::Result<Vec<Assignment>> {
        let (now, mut done) = (self.world.morning(DUE)?, Vec::new());
        while let Some(task) = self.next(QueueName::Assignment, now).await? {
            done.push(assign_coupon(self.desk(), &task, 7, now).await?);
        }
        Ok(done)
    }

    async fn deliver(&self) -> anyhow::Result<Vec<Delivery>> {
        let (now, mut done) = (self.world.morning(DUE)?, Vec::new());
        while let Some(task) = self.next(QueueName::Delivery, now).await? {
            done.push(deliver_mail(self.desk(), self.world.site.postbox(), &task, now).await?);
        }
        Ok(done)
    }
}

fn calls(expected: &[(&str, u64)]) -> Calls {
    expected.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

/// What of the calls counts for one mail; the rest is paid once a run, or for products.
fn of_one_mail(mut all: Calls) -> Calls {
    let once_a_run = ["begin_run", "finish_run", "due_page", "to_assignment"];
    let products = ["product_of_line", "products", "list", "content"];
    let queues = ["to_delivery"];
    all.retain(|name, _| ![&once_a_run[..], &products, &queues].concat().contains(&name.as_str()));
    all
}

/// Write units of calls: a transaction costs two for the contact and two for each code.
fn written(calls: &Calls) -> u64 {
    let price = |name: &str| match name {
        "save_order" | "commit with 0 codes" | "put_due of 1" => 1,
        "commit with 1 codes" => 4,
        _ => 0,
    };
    calls.iter().map(|(name, count)| price(name) * count).sum()
}

/// Halves of read units of the calls: a glance costs one, a sure read two.
fn read_halves(calls: &Calls) -> u64 {
    let price = |name: &str| match name {
        "glance_order" | "glance_contact" | "glance_orders of 1" => 1,
        "load_order" | "load_contact" | "load_orders of 1" => 2,
        _ => 0,
    };
    calls.iter().map(|(name, count)| price(name) * count).sum()
}

async fn whole_way(way: &Way<'_>) -> anyhow::Result<[Calls; 4]> {
    way.receive("anna", "1").await?;
    let received = of_one_mail(way.store.take());
    way.plan(None).await?;
    let planned = of_one_mail(way.store.take());
    way.assign().await?;
    let assigned = of_one_mail(way.store.take());
    assert_eq!(way.deliver().await?, [Delivery::Sent]);
    Ok([received, planned, assigned, of_one_mail(way.store.take())])
}

fn sum(parts: &[Calls]) -> Calls {
    let mut all: Calls = BTreeMap::new();
    for (name, count) in parts.iter().flatten() {
        *all.entry(name.clone()).or_default() += count;
    }
    all
}

const RECEIVED: [(&str, u64); 5] = [
    ("glance_order", 1),
    ("glance_contact", 1),
    ("put_due of 1", 1),
    ("commit with 0 codes", 1),
    ("save_order", 1),
];

#[tokio::test]
async fn an_order_with_a_coupon_costs_nine_writes() -> Told {
    let world = World::new().await?;
    world.codes(POOL, &["DANKE-1", "DANKE-2"], None).await?;
    let way = Way::new(&world, Sight::Clear)?;
    let [received, planned, assigned, delivered] = whole_way(&way).await?;
    assert_eq!(received, calls(&RECEIVED));
    assert_eq!(planned, calls(&[("sending", 1), ("glance_contact", 1)]));
    let assignment =
        [("glance_contact", 1), ("glance_orders of 1", 1), ("glance_active", 1), ("free_codes", 1)];
    assert_eq!(assigned, calls(&[&assignment[..], &[("commit with 1 codes", 1)]].concat()));
    let delivery = [("glance_contact", 1), ("glance_orders of 1", 1), ("sending", 1)];
    assert_eq!(delivered, calls(&[&delivery[..], &[("commit with 0 codes", 2)]].concat()));
    let all = sum(&[received, planned, assigned, delivered]);
    assert_eq!((written(&all), read_halves(&all)), (9, 7), "9 write units, 3.5 read units");
    world.at_rest(POOL, 2, DUE).await
}

#[tokio::test]
async fn an_order_without_a_coupon_costs_five_writes() -> Told {
    let world = World::of("de", without_coupon).await?;
    let way = Way::new(&world, Sight::Clear)?;
    let [received, planned, assigned, delivered] = whole_way(&way).await?;
    assert_eq!(received, calls(&RECEIVED));
    assert_eq!(planned, calls(&[("sending", 1), ("glance_contact", 1)]));
    assert_eq!(assigned, calls(&[]), "it passes through unread");
    let delivery = [("glance_contact", 1), ("glance_orders of 1", 1), ("sending", 1), ("glance_active", 1)];
    assert_eq!(delivered, calls(&[&delivery[..], &[("commit with 0 codes", 2)]].concat()));
    let all = sum(&[received, planned, assigned, delivered]);
    assert_eq!((written(&all), read_halves(&all)), (5, 5), "5 write units, 2.5 read units");
    Ok(())
}

#[tokio::test]
async fn a_glance_that_is_behind_changes_no_end() -> Told {
    for sight in [Sight::Blind, Sight::Frozen] {
        for (coupon, change) in [(true, str::to_owned as fn(&str) -> String), (false, without_coupon)] {
            let world = World::of("de", change).await?;
            world.codes(POOL, &["DANKE-1", "DANKE-2", "DANKE-3"], None).await?;
            let way = Way::new(&world, sight)?;
            for (who, number) in [("anna", "1"), ("berta", "2"), ("carla", "3")] {
                assert!(matches!(way.receive(who, number).await?, Receipt::Stored(_)));
                assert_eq!(way.receive(who, number).await?, Receipt::Known, "{sight:?}");
            }
            let cancelled = world.cancellation("2", noon(BOUGHT)?)?;
            receive_order(way.desk(), &cancelled, noon(BOUGHT)?).await?;
            world.unsubscribes("carla", noon(BOUGHT)?).await?;
            way.plan(None).await?;
            way.assign().await?;
            way.deliver().await?;
            assert_eq!(world.mails_to("anna")?.len(), 1, "{sight:?}, coupon: {coupon}");
            assert_eq!(world.mails()?.len(), 1, "{sight:?}, coupon: {coupon}");
            assert_eq!((world.skipped("2").await?, world.skipped("3").await?), ("cancelled", "unsubscribed"));
        }
    }
    Ok(())
}

#[tokio::test]
async fn what_a_repeated_message_says_of_a_cancelled_order_does_not_revive_it() -> Told {
    for sight in [Sight::Clear, Sight::Blind, Sight::Frozen] {
        let world = World::new().await?;
        let way = Way::new(&world, sight)?;
        way.receive("anna", "1").await?;
        receive_order(way.desk(), &world.cancellation("1", noon(BOUGHT)?)?, noon(BOUGHT)?).await?;
        assert_eq!(way.receive("anna", "1").await?, Receipt::Known, "{sight:?}");
        let anna = world.contact("anna").await?;
        let dead: Vec<_> = anna.enrolments.iter().map(Enrolment::dead).collect();
        assert_eq!(dead, [Some(DeadOrder::Cancelled)], "{sight:?}");
    }
    Ok(())
}

#[tokio::test]
async fn an_old_message_does_not_bring_an_order_back_to_an_address_that_was_corrected() -> Told {
    for sight in [Sight::Clear, Sight::Blind, Sight::Frozen] {
        let world = World::of("de", without_coupon).await?;
        let way = Way::new(&world, sight)?;
        way.receive("ana", "1").await?;
        let mut corrected = world.purchase("anna", "1", BOUGHT)?;
        corrected.snapshot.as_mut().unwrap().revision = noon(BOUGHT)? + SignedDuration::from_mins(5);
        receive_order(way.desk(), &corrected, noon(BOUGHT)?).await?;
        assert_eq!(way.receive("ana", "1").await?, Receipt::Known, "{sight:?}");
        assert!(!world.contact("ana").await?.knows(&world.key("1")?), "{sight:?}");
        way.plan(None).await?;
        way.assign().await?;
        way.deliver().await?;
        assert_eq!((world.mails_to("ana")?.len(), world.mails_to("anna")?.len()), (0, 1), "{sight:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_purchase_told_after_its_cancellation_is_seen_to_be_cancelled() -> Told {
    for sight in [Sight::Clear, Sight::Blind] {
        let world = World::new().await?;
        let way = Way::new(&world, sight)?;
        receive_order(way.desk(), &world.cancellation("1", noon(BOUGHT)?)?, noon(BOUGHT)?).await?;
        way.receive("anna", "1").await?;
        assert_eq!(world.skipped("1").await?, "cancelled", "{sight:?}");
    }
    Ok(())
}

async fn many(way: &Way<'_>, count: usize) -> Told {
    for number in 0..count {
        way.receive(&format!("buyer{number}"), &format!("{number}")).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_split_run_reaches_everybody_once_whatever_comes_twice_or_pauses() -> Told {
    let world = World::of("de", without_coupon).await?;
    let way = Way::new(&world, Sight::Clear)?;
    many(&way, 30).await?;
    let RunOutcome::Split { parts } = way.plan(Some(29)).await? else { panic!("30 are more than 29") };
    assert_eq!(parts, 8, "one day, eight shards");
    assert_eq!(way.plan(Some(29)).await?, RunOutcome::Busy);
    let (now, hour) = (world.morning(DUE)?, SignedDuration::from_hours(1));
    let (mut completed, mut through) = (0, 0);
    while let Some(received) = world.site.store.take_part(now, hour).await? {
        let part = received.task;
        // The time is up at once: nothing is lost, the part goes on where it was.
        let paused = plan_shard(way.desk(), &part, || false, now).await?;
        let PartOutcome::Paused { next, tally } = paused else { panic!("{paused:?}") };
        assert_eq!((&next, tally.planned), (&part, 0));
        for _delivered_twice in 0..2 {
            let PartOutcome::Through { run_completed, .. } =
                plan_shard(way.desk(), &next, || true, now).await?
            else {
                panic!("through")
            };
            through += 1;
            completed += u64::from(run_completed);
        }
        world.site.store.done(received.id).await?;
    }
    assert_eq!((through, completed), (16, 2), "only the last part completes the run, each time it comes");
    assert_eq!(way.plan(Some(29)).await?, RunOutcome::AlreadyDone);
    way.assign().await?;
    way.deliver().await?;
    assert_eq!(world.mails()?.len(), 30);
    Ok(())
}

#[tokio::test]
async fn a_short_run_is_not_split() -> Told {
    let world = World::of("de", without_coupon).await?;
    let way = Way::new(&world, Sight::Clear)?;
    many(&way, 3).await?;
    let RunOutcome::Completed(report) = way.plan(Some(3)).await? else { panic!("completed") };
    assert_eq!(report.planned, 3);
    Ok(())
}

#[tokio::test]
async fn a_split_run_that_is_stopped_is_done_by_the_next_one() -> Told {
    let world = World::of("de", without_coupon).await?;
    let way = Way::new(&world, Sight::Clear)?;
    many(&way, 4).await?;
    way.plan(Some(1)).await?;
    world.site.store.set_stopped(true).await?;
    let (now, hour) = (world.morning(DUE)?, SignedDuration::from_hours(1));
    while let Some(received) = world.site.store.take_part(now, hour).await? {
        let outcome = plan_shard(way.desk(), &received.task, || true, now).await?;
        assert!(matches!(outcome, PartOutcome::Stopped { .. }), "{outcome:?}");
        world.site.store.done(received.id).await?;
    }
    world.site.store.set_stopped(false).await?;
    world.run(date(2026, 11, 15)).await?;
    assert_eq!(world.mails()?.len(), 4);
    Ok(())
}

#[tokio::test]
async fn what_a_run_costs_depends_on_what_is_due() -> Told {
    let mut counted = Vec::new();
    for others in [0, 40] {
        let world = World::of("de", without_coupon).await?;
        let way = Way::new(&world, Sight::Clear)?;
        many(&way, 3).await?;
        for number in 0..others {
            // They bought later, so nothing of theirs is due.
            world.buys(&format!("other{number}"), &format!("N{number}"), date(2026, 11, 10)).await?;
        }
        drop(way.store.take());
        way.plan(Some(5_000)).await?;
        counted.push(way.store.take());
    }
    assert_eq!(counted.first(), counted.last());
    Ok(())
}

#[tokio::test]
async fn a_preview_tells_what_goes_and_writes_nothing() -> Told {
    let world = World::new().await?;
    let way = Way::new(&world, Sight::Clear)?;
    many(&way, 3).await?;
    let cancelled = world.cancellation("1", noon(BOUGHT)?)?;
    receive_order(way.desk(), &cancelled, noon(BOUGHT)?).await?;
    drop(way.store.take());
    let preview = preview_due(way.desk(), &world.shop()?.id, world.morning(DUE)?).await?;
    let going: Vec<(&str, u64)> =
        preview.segments.iter().map(|(segment, count)| (segment.as_str(), *count)).collect();
    assert_eq!(going, [("charm-club", 2)]);
    let skipped: Vec<(&str, u64)> =
        preview.skipped.iter().map(|(reason, count)| (reason.as_str(), *count)).collect();
    assert_eq!(skipped, [("cancelled", 1)]);
    let calls = way.store.take();
    let writes = ["commit", "put_due", "to_", "save", "begin", "finish", "set_"];
    let wrote: Vec<&String> =
        calls.keys().filter(|name| writes.iter().any(|write| name.starts_with(write))).collect();
    assert!(wrote.is_empty(), "{wrote:?}");
    assert!(matches!(way.plan(None).await?, RunOutcome::Completed(_)));
    Ok(())
}

#[tokio::test]
async fn a_mail_that_was_postponed_is_handed_on_by_the_next_run_with_its_code() -> Told {
    let world = World::new().await?;
    world.codes(POOL, &["DANKE-1"], None).await?;
    let way = Way::new(&world, Sight::Clear)?;
    way.receive("anna", "1").await?;
    way.plan(None).await?;
    way.assign().await?;
    let now = world.morning(DUE)?;
    let task = way.next(QueueName::Delivery, now).await?.unwrap();
    world.site.store.set_stopped(true).await?;
    let stopped = deliver_mail(way.desk(), world.site.postbox(), &task, now).await?;
    assert!(matches!(stopped, Delivery::Stopped(_)), "{stopped:?}");
    postpone(way.desk(), &task, now).await?;
    world.site.store.set_stopped(false).await?;
    assert_eq!(world.run(date(2026, 11, 15)).await?.sent, 1);
    world.at_rest(POOL, 1, DUE).await
}

#[tokio::test]
async fn a_mail_whose_flow_came_to_give_a_coupon_is_planned_again() -> Told {
    let world = World::new().await?;
    world.codes(POOL, &["DANKE-1"], None).await?;
    let way = Way::new(&world, Sight::Clear)?;
    way.receive("anna", "1").await?;
    let task = world.first_mail_of("anna").await?;
    let now = world.morning(DUE)?;
    let delivery = deliver_mail(way.desk(), world.site.postbox(), &task, now).await?;
    assert_eq!(delivery, Delivery::Unassigned);
    assert_eq!(world.mails()?, []);
    Ok(())
}

#[tokio::test]
async fn a_mail_without_a_coupon_stays_planned_while_sending_is_off() -> Told {
    let world = World::of("de", without_coupon).await?;
    let way = Way::new(&world, Sight::Clear)?;
    way.receive("anna", "1").await?;
    way.plan(None).await?;
    way.assign().await?;
    world.site.store.set_stopped(true).await?;
    let stopped = way.deliver().await?;
    assert!(matches!(stopped.as_slice(), [Delivery::Stopped(_)]), "{stopped:?}");
    let contact = world.contact("anna").await?;
    assert_eq!(contact.enrolments.first().unwrap().steps.first().unwrap().state, StepState::Waiting);
    Ok(())
}

/// A mail service that answers every mail the same.
struct Refusing(SendError);

impl Journal for Refusing {
    async fn note(&self, _story: &MailStory) -> PortResult<()> {
        Ok(())
    }
}

impl Mailer for Refusing {
    async fn send(&self, _mail: &OutgoingMail, _id: MailId, _now: Timestamp) -> Result<String, SendError> {
        Err(self.0.clone())
    }

    async fn settle(&self, _id: MailId) -> PortResult<Settlement> {
        Ok(Settlement::Unknown)
    }
}

#[tokio::test]
async fn a_mail_that_the_service_did_not_take_is_again_what_it_was() -> Told {
    for (coupon, change) in [(true, str::to_owned as fn(&str) -> String), (false, without_coupon)] {
        for refusal in [SendError::Throttled, SendError::AccountStopped("paused".to_owned())] {
            let world = World::of("de", change).await?;
            world.codes(POOL, &["DANKE-1"], None).await?;
            let way = Way::new(&world, Sight::Clear)?;
            way.receive("anna", "1").await?;
            way.plan(None).await?;
            way.assign().await?;
            let before = world.contact("anna").await?;
            let now = world.morning(DUE)?;
            let task = way.next(QueueName::Delivery, now).await?.unwrap();
            let mailer = Refusing(refusal.clone());
            let postbox = world.site.postbox();
            let postbox = Postbox { mailer: &mailer, keys: postbox.keys, shelf: postbox.shelf };
            let delivery = deliver_mail(way.desk(), postbox, &task, now).await?;
            assert!(matches!(delivery, Delivery::Throttled | Delivery::Stopped(_)), "{delivery:?}");
            assert_eq!(world.contact("anna").await?, before, "coupon: {coupon}, {refusal}");
            let delivery = deliver_mail(way.desk(), world.site.postbox(), &task, now).await?;
            assert_eq!((delivery, world.mails()?.len()), (Delivery::Sent, 1));
        }
    }
    Ok(())
}
