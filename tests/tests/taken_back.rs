//! What is told of an order while something else about it is underway: whoever was answered first wins.

use std::sync::Arc;

use anyhow::Context as _;
use jiff::civil::{Date, date};
use jiff::{Span, ToSpan as _};
use nachklang_domain::catalog::Catalog;
use nachklang_domain::enrolment::SkipReason;
use nachklang_domain::id::{LineId, Sku};
use nachklang_domain::order::{OrderEvent, Payment, ReturnedPieces};
use nachklang_domain::ports::{Committed, Contacts as _, Version};
use nachklang_domain::use_case::Desk;
use nachklang_domain::use_case::deliver_mail::{Delivery, deliver_mail};
use nachklang_domain::use_case::receive_order::{Receipt, receive_order};
use nachklang_local::store::SqliteStore;
use nachklang_simulation::meanwhile::Meanwhile;
use nachklang_tests::counting::Counting;
use nachklang_tests::world::{World, noon};
use tokio::sync::oneshot;

type Told = anyhow::Result<()>;
/// The store, and between two of its calls a pause.
type Paused = Counting<SqliteStore, Meanwhile>;

const BOUGHT: Date = date(2026, 11, 2);
const DUE: Date = date(2026, 11, 14);

/// A world in which Anna's mail, if she has bought, is claimed and waits to be delivered.
struct Scene {
    world: World,
    catalog: Arc<Catalog>,
}

impl Scene {
    async fn new(orders: &[&str]) -> anyhow::Result<Self> {
        let world = World::new().await?;
        world.codes("thanks-eur", &["DANKE-1"], None).await?;
        for order in orders {
            world.buys("anna", order, BOUGHT).await?;
        }
        world.claim(DUE).await?;
        let catalog = world.site.catalog()?;
        Ok(Self { world, catalog })
    }

    fn store(&self) -> Paused {
        Counting::with_trouble(self.world.site.store.clone(), Meanwhile::default())
    }

    fn desk<'a>(&'a self, store: &'a Paused) -> Desk<'a, Paused> {
        Desk { world: store, catalog: &self.catalog, contact_key: self.world.site.contact_key() }
    }

    async fn receive(&self, store: &Paused, event: &OrderEvent) -> anyhow::Result<Receipt> {
        Ok(receive_order(self.desk(store), event, noon(DUE)?).await?)
    }

    /// The delivery, so long after all was told that it waits for nothing that is not stored.
    async fn deliver(&self, store: &Paused) -> anyhow::Result<Delivery> {
        self.deliver_after(store, 16.minutes()).await
    }

    async fn deliver_after(&self, store: &Paused, after: Span) -> anyhow::Result<Delivery> {
        let (task, now) = (self.world.first_mail_of("anna").await?, noon(DUE)?.checked_add(after)?);
        Ok(deliver_mail(self.desk(store), self.world.site.postbox(), &task, now).await?)
    }
}

/// The delivery has read her and the order, and writes once the shop has its answer about what it told meanwhile.
async fn told_between_look_and_write(
    scene: &Scene,
    event: &OrderEvent,
) -> anyhow::Result<(Receipt, Delivery)> {
    let ((told, is_told), (read, is_read), (answered, is_answered)) =
        (oneshot::channel::<()>(), oneshot::channel::<()>(), oneshot::channel::<()>());
    let (shop, delivery) = (scene.store(), scene.store());
    // The contact knows of the event, the order does not yet.
    shop.trouble.before("save_order", 0, async move {
        told.send(()).ok();
        is_read.await.ok();
    });
    delivery.trouble.before("commit", 0, async move {
        read.send(()).ok();
        is_answered.await.ok();
    });
    let receives = async {
        let receipt = scene.receive(&shop, event).await;
        answered.send(()).ok();
        receipt
    };
    let delivers = async {
        is_told.await?;
        scene.deliver(&delivery).await
    };
    let (receipt, delivered) = tokio::join!(receives, delivers);
    Ok((receipt?, delivered?))
}

#[tokio::test]
async fn an_order_whose_cancellation_was_answered_stands_in_no_joint_mail_that_was_decided_about_before()
-> Told {
    let scene = Scene::new(&["1", "2"]).await?;
    let cancelled = scene.world.cancellation("1", noon(DUE)?)?;
    let (receipt, delivery) = told_between_look_and_write(&scene, &cancelled).await?;
    assert!(matches!(receipt, Receipt::Stored(_)));
    assert_eq!(delivery, Delivery::Sent, "the other order is still hers");
    let story = scene.world.only_mail()?;
    assert_eq!(story.orders, [scene.world.key("2")?]);
    assert_eq!(scene.world.letter(&story)?.text.matches("Charm Blatt").count(), 1);
    Ok(())
}

#[tokio::test]
async fn a_return_of_everything_that_was_answered_stops_the_mail() -> Told {
    let scene = Scene::new(&["1"]).await?;
    let mut returned = scene.world.refund("1", "1", noon(DUE)?)?;
    returned.refunds.extend(scene.world.refund("1", "2", noon(DUE)?)?.refunds);
    let (_, delivery) = told_between_look_and_write(&scene, &returned).await?;
    assert_eq!(delivery, Delivery::Skipped(SkipReason::Returned));
    assert_eq!(scene.world.mails()?, []);
    Ok(())
}

/// A receipt gives back a piece that she bought online. What it gives back is told to nobody before it is stored.
#[tokio::test]
async fn a_mail_waits_for_what_is_being_told_of_her_orders() -> Told {
    let scene = Scene::new(&["1"]).await?;
    let mut receipt = scene.world.purchase("anna", "R1", date(2026, 11, 3))?;
    let gives_back = receipt.snapshot.as_mut().context("it has a snapshot")?;
    gives_back.lines.clear();
    gives_back.returns =
        vec![ReturnedPieces { id: LineId::parse("1")?, sku: Sku::parse("CC-011")?, pieces: 1 }];
    let (shop, delivery) = (scene.store(), scene.store());
    let ((told, is_told), (waited, has_waited)) = (oneshot::channel::<()>(), oneshot::channel::<()>());
    shop.trouble.before("save_order", 0, async move {
        told.send(()).ok();
        has_waited.await.ok();
    });
    let delivers = async {
        is_told.await?;
        let delivered = scene.deliver_after(&delivery, 14.minutes()).await;
        waited.send(()).ok();
        delivered
    };
    let (stored, delivered) = tokio::join!(scene.receive(&shop, &receipt), delivers);
    assert!(matches!(stored?, Receipt::Stored(_)));
    assert_eq!(delivered?, Delivery::Awaited);
    assert_eq!(scene.deliver_after(&delivery, 14.minutes()).await?, Delivery::Sent);
    let letter = scene.world.letter(&scene.world.only_mail()?)?;
    assert!(!letter.text.contains("Charm Blatt") && letter.text.contains("Ohrringe"), "{}", letter.text);
    Ok(())
}

#[tokio::test]
async fn a_mail_about_an_order_that_turned_out_to_be_somebody_elses_does_not_go_to_the_first_address() -> Told
{
    let scene = Scene::new(&["1"]).await?;
    let mut corrected = scene.world.purchase("bea", "1", BOUGHT)?;
    corrected.snapshot.as_mut().context("it has a snapshot")?.revision = noon(date(2026, 11, 3))?;
    let (receipt, delivery) = told_between_look_and_write(&scene, &corrected).await?;
    assert!(matches!(receipt, Receipt::Stored(_)));
    assert_eq!(delivery, Delivery::Skipped(SkipReason::Moved));
    assert_eq!(scene.world.mails()?, []);
    Ok(())
}

/// A newer revision of the order read it before the cancellation was stored, and tells her after.
#[tokio::test]
async fn another_message_about_the_order_does_not_bring_it_back_into_the_mail() -> Told {
    let scene = Scene::new(&["1", "2"]).await?;
    let cancelled = scene.world.cancellation("1", noon(DUE)?)?;
    let mut revised = scene.world.purchase("anna", "1", BOUGHT)?;
    revised.snapshot.as_mut().context("it has a snapshot")?.revision = noon(date(2026, 11, 3))?;
    let (seen, is_seen) = oneshot::channel::<()>();
    let (told, is_told) = oneshot::channel::<()>();
    let (told_too, is_told_too) = oneshot::channel::<()>();
    let (read, is_read) = oneshot::channel::<()>();
    let (answered, is_answered) = oneshot::channel::<()>();
    let (reviser, canceller, delivery) = (scene.store(), scene.store(), scene.store());
    reviser.trouble.before("glance_contact", 0, async move {
        seen.send(()).ok();
        is_told.await.ok();
    });
    canceller.trouble.before("save_order", 0, async move {
        told.send(()).ok();
        is_read.await.ok();
    });
    delivery.trouble.before("commit", 0, async move {
        read.send(()).ok();
        is_answered.await.ok();
    });
    let cancels = async {
        is_seen.await?;
        // Once it has told her, the other message goes on no further.
        reviser.trouble.before("save_order", 0, async move {
            told_too.send(()).ok();
            std::future::pending::<()>().await;
        });
        let receipt = scene.receive(&canceller, &cancelled).await;
        answered.send(()).ok();
        receipt
    };
    let delivers = async {
        is_told_too.await?;
        scene.deliver(&delivery).await
    };
    let both = async { tokio::join!(cancels, delivers) };
    let (receipt, delivered) = tokio::select! {
        revised = scene.receive(&reviser, &revised) => anyhow::bail!("it went on: {revised:?}"),
        both = both => both,
    };
    assert!(matches!(receipt?, Receipt::Stored(_)));
    assert_eq!(delivered?, Delivery::Sent);
    assert_eq!(scene.world.only_mail()?.orders, [scene.world.key("2")?]);
    Ok(())
}

/// What the shop tells of order 1 before it is paid, and after.
fn unpaid_and_paid(scene: &Scene) -> anyhow::Result<(OrderEvent, OrderEvent)> {
    let paid = scene.world.purchase("anna", "1", BOUGHT)?;
    let mut unpaid = paid.clone();
    let told = unpaid.snapshot.as_mut().context("it has a snapshot")?;
    (told.payment, told.revision) = (Payment::Pending, noon(date(2026, 11, 1))?);
    Ok((unpaid, paid))
}

/// The program that received the first of both broke off once it had told her, and the order was paid meanwhile.
#[tokio::test]
async fn a_message_that_broke_off_does_not_leave_a_paid_order_unpaid() -> Told {
    let scene = Scene::new(&[]).await?;
    let (unpaid, paid) = unpaid_and_paid(&scene)?;
    let (breaks_off, other) = (scene.store(), scene.store());
    let (seen, is_seen) = oneshot::channel::<()>();
    let (stored, is_stored) = oneshot::channel::<()>();
    let (told, is_told) = oneshot::channel::<()>();
    breaks_off.trouble.before("glance_contact", 0, async move {
        seen.send(()).ok();
        is_stored.await.ok();
    });
    let pays = async {
        is_seen.await?;
        scene.receive(&other, &paid).await?;
        breaks_off.trouble.before("save_order", 0, async move {
            told.send(()).ok();
            std::future::pending::<()>().await;
        });
        stored.send(()).ok();
        anyhow::Ok(is_told.await?)
    };
    tokio::select! {
        received = scene.receive(&breaks_off, &unpaid) => anyhow::bail!("it went on: {received:?}"),
        paid = pays => paid?,
    }
    assert_eq!(scene.receive(&scene.store(), &unpaid).await?, Receipt::Known);
    scene.world.run(DUE.tomorrow()?).await?;
    assert_eq!(scene.world.only_mail()?.orders, [scene.world.key("1")?]);
    Ok(())
}

/// The address was corrected and, in the same moment, corrected back; the program that received the first broke off.
#[tokio::test]
async fn a_correction_that_broke_off_does_not_take_an_order_from_whom_it_belongs_to() -> Told {
    let scene = Scene::new(&[]).await?;
    scene.world.buys("anna", "1", BOUGHT).await?;
    let revised = |who, day| {
        let mut event = scene.world.purchase(who, "1", BOUGHT)?;
        event.snapshot.as_mut().context("it has a snapshot")?.revision = noon(day)?;
        anyhow::Ok(event)
    };
    let (away, back) = (revised("bea", date(2026, 11, 3))?, revised("anna", date(2026, 11, 4))?);
    let (breaks_off, other) = (scene.store(), scene.store());
    let ((seen, is_seen), (told, is_told), (taken, is_taken)) =
        (oneshot::channel::<()>(), oneshot::channel::<()>(), oneshot::channel::<()>());
    breaks_off.trouble.before("load_contact", 0, async move {
        seen.send(()).ok();
        is_told.await.ok();
    });
    let comes_back = async {
        is_seen.await?;
        breaks_off.trouble.before("save_order", 0, async move {
            taken.send(()).ok();
            std::future::pending::<()>().await;
        });
        other.trouble.before("save_order", 0, async move {
            told.send(()).ok();
            is_taken.await.ok();
        });
        scene.receive(&other, &back).await
    };
    tokio::select! {
        received = scene.receive(&breaks_off, &away) => anyhow::bail!("it went on: {received:?}"),
        stored = comes_back => assert!(matches!(stored?, Receipt::Stored(_))),
    }
    assert_eq!(scene.receive(&scene.store(), &away).await?, Receipt::Known);
    scene.world.run(DUE.tomorrow()?).await?;
    assert_eq!(scene.world.mails_to("anna")?.len(), 1);
    Ok(())
}

/// The tables of orders and contacts are restored each for itself.
#[tokio::test]
async fn an_order_that_was_restored_older_than_its_buyer_knows_it_takes_news_again() -> Told {
    let scene = Scene::new(&["1"]).await?;
    let store = &scene.world.site.store;
    let (shop, anna) = (&scene.world.shop()?.id, scene.world.id("anna")?);
    let (mut contact, version) = store.load_contact(shop, anna).await?.context("she has bought")?;
    contact.add_order(&scene.world.key("1")?, Version(9));
    assert_eq!(store.commit(&contact, version, &[]).await?, Committed::Done);
    let cancelled = scene.world.cancellation("1", noon(DUE)?)?;
    assert!(matches!(scene.receive(&scene.store(), &cancelled).await?, Receipt::Stored(_)));
    assert_eq!(scene.deliver(&scene.store()).await?, Delivery::Skipped(SkipReason::Cancelled));
    Ok(())
}

/// The shop told twice at once that it is unpaid, and then that it is paid, before the first message had ended.
#[tokio::test]
async fn an_older_message_does_not_make_a_paid_order_unpaid() -> Told {
    let scene = Scene::new(&[]).await?;
    let (unpaid, paid) = unpaid_and_paid(&scene)?;
    let (first, second, third) = (scene.store(), scene.store(), scene.store());
    let (begun, is_begun) = oneshot::channel::<()>();
    let (told_paid, is_told_paid) = oneshot::channel::<()>();
    let (ended, is_ended) = oneshot::channel::<()>();
    first.trouble.before("save_order", 0, async move {
        begun.send(()).ok();
        is_told_paid.await.ok();
    });
    third.trouble.before("save_order", 0, async move {
        told_paid.send(()).ok();
        is_ended.await.ok();
    });
    let lingers = async {
        let receipt = scene.receive(&first, &unpaid).await;
        ended.send(()).ok();
        receipt
    };
    let others = async {
        is_begun.await?;
        scene.receive(&second, &unpaid).await?;
        scene.receive(&third, &paid).await
    };
    let (lingered, stored) = tokio::join!(lingers, others);
    assert_eq!(lingered?, Receipt::Known);
    assert!(matches!(stored?, Receipt::Stored(_)));
    scene.world.run(DUE.tomorrow()?).await?;
    assert_eq!(scene.world.only_mail()?.orders, [scene.world.key("1")?]);
    Ok(())
}
