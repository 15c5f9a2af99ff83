//! An erasure and everything that may happen at the same moment: a version decides who was first, never luck.

use std::sync::Arc;

use anyhow::Context as _;
use jiff::civil::{Date, date};
use nachklang_domain::catalog::Catalog;
use nachklang_domain::contact::Contact;
use nachklang_domain::id::{ContactId, ShopId};
use nachklang_domain::ports::{MailTask, Orders as _};
use nachklang_domain::use_case::Desk;
use nachklang_domain::use_case::assign_coupon::{Assignment, assign_coupon};
use nachklang_domain::use_case::deliver_mail::{Delivery, deliver_mail};
use nachklang_domain::use_case::erase::{Erasure, erase};
use nachklang_domain::use_case::receive_order::{Receipt, receive_order};
use nachklang_domain::use_case::suppress::Reach;
use nachklang_local::store::SqliteStore;
use nachklang_simulation::meanwhile::Meanwhile;
use nachklang_tests::counting::Counting;
use nachklang_tests::world::{World, noon};

type Told = anyhow::Result<()>;

const BOUGHT: Date = date(2026, 11, 2);
const DUE: Date = date(2026, 11, 14);
const EUR: &str = "thanks-eur";

/// A world in which Anna has bought, and a store between whose calls she may be erased.
struct Scene {
    world: World,
    store: Counting<SqliteStore, Meanwhile>,
    catalog: Arc<Catalog>,
}

impl Scene {
    async fn new() -> anyhow::Result<Self> {
        let world = World::new().await?;
        world.codes(EUR, &["DANKE-1", "DANKE-2", "DANKE-3"], None).await?;
        world.buys("anna", "1", BOUGHT).await?;
        let (store, catalog) =
            (Counting::with_trouble(world.site.store.clone(), Meanwhile::default()), world.site.catalog()?);
        Ok(Self { world, store, catalog })
    }

    fn desk(&self) -> Desk<'_, Counting<SqliteStore, Meanwhile>> {
        Desk { world: &self.store, catalog: &self.catalog, contact_key: self.world.site.contact_key() }
    }

    async fn erase_now(&self) -> anyhow::Result<Erasure> {
        erasure(self.world.site.store.clone(), Arc::clone(&self.catalog), self.world.id("anna")?).await
    }

    /// Erases her just before a later write of the code under test.
    fn erase_before(&self, method: &'static str, calls_before: u32) -> Told {
        let (store, catalog, anna) =
            (self.world.site.store.clone(), Arc::clone(&self.catalog), self.world.id("anna")?);
        self.store.trouble.before(method, calls_before, async move {
            // What it did is looked at afterwards.
            erasure(store, catalog, anna).await.ok();
        });
        Ok(())
    }

    async fn task(&self) -> anyhow::Result<MailTask> {
        let contact = self.world.contact("anna").await?;
        let enrolment = contact.enrolments.first().context("she is enrolled")?;
        let (shop, flow) = (contact.shop.clone(), enrolment.flow.clone());
        Ok(MailTask { shop, contact: contact.id, enrolment: enrolment.id, flow, step: 0 })
    }

    async fn deliver(&self, task: &MailTask) -> anyhow::Result<Delivery> {
        let now = self.world.morning(DUE)?;
        Ok(deliver_mail(self.desk(), self.world.site.postbox(), task, now).await?)
    }

    /// Nothing of her is stored but the hash; so many codes can be given out, and none is lost.
    async fn is_forgotten(&self, available: u64, held: u64) -> Told {
        assert!(self.store.trouble.has_happened(), "the erasure came in between");
        let contact: Contact = self.world.contact("anna").await?;
        assert!(contact.is_forgotten(), "{contact:?}");
        let stored = self.world.site.store.load_order(&self.world.key("1")?).await?;
        let (order, _) = stored.context("the order is known")?;
        assert!(!serde_json::to_string(&(order, contact))?.contains("anna@"));
        let counts = self.world.counts(EUR, DUE).await?;
        assert_eq!(
            (counts.available(), counts.claimed, counts.imported()),
            (available, held, 3),
            "{counts:?}"
        );
        Ok(())
    }
}

async fn erasure(store: SqliteStore, catalog: Arc<Catalog>, anna: ContactId) -> anyhow::Result<Erasure> {
    let key = nachklang_domain::secret::SecretBytes::new(Vec::new());
    let desk = Desk { world: &store, catalog: &catalog, contact_key: &key };
    let reach = Reach::Shop(ShopId::parse("de")?);
    Ok(erase(desk, anna, &reach, noon(DUE)?).await?)
}

#[tokio::test]
async fn an_erasure_between_the_look_and_the_claim_wins() -> Told {
    let scene = Scene::new().await?;
    let task = scene.task().await?;
    scene.erase_before("commit", 0)?;
    let assigned = assign_coupon(scene.desk(), &task, 7, scene.world.morning(DUE)?).await?;
    assert_eq!(assigned, Assignment::Nothing);
    scene.is_forgotten(3, 0).await
}

#[tokio::test]
async fn an_erasure_after_the_claim_takes_the_mail_and_its_code_back() -> Told {
    let scene = Scene::new().await?;
    let task = scene.task().await?;
    scene.world.claim(DUE).await?;
    let erased = scene.erase_now().await?;
    assert_eq!((erased.mails_ended, erased.codes_released, erased.orders), (1, 1, 1));
    assert_eq!(scene.deliver(&task).await?, Delivery::Nothing);
    assert_eq!(scene.world.mails()?, []);
    scene.is_forgotten(3, 0).await
}

#[tokio::test]
async fn an_erasure_between_the_decision_and_the_handover_wins() -> Told {
    let scene = Scene::new().await?;
    let task = scene.task().await?;
    scene.world.claim(DUE).await?;
    scene.erase_before("commit", 0)?;
    assert_eq!(scene.deliver(&task).await?, Delivery::Nothing);
    assert_eq!(scene.world.mails()?, []);
    scene.is_forgotten(3, 0).await
}

#[tokio::test]
async fn an_erasure_after_the_handover_lets_the_mail_end_and_leaves_nothing_of_it() -> Told {
    let scene = Scene::new().await?;
    let task = scene.task().await?;
    scene.world.claim(DUE).await?;
    scene.erase_before("commit", 1)?;
    assert_eq!(scene.deliver(&task).await?, Delivery::Sent, "it was handed over before");
    scene.is_forgotten(2, 1).await?;
    assert_eq!(scene.deliver(&task).await?, Delivery::Nothing);
    assert_eq!(scene.world.mails()?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn an_order_that_is_stored_while_she_is_erased_is_stored_as_nobodys() -> Told {
    let scene = Scene::new().await?;
    for method in ["commit", "save_order"] {
        let scene = if method == "commit" { &scene } else { &Scene::new().await? };
        let event = scene.world.purchase("anna", "2", BOUGHT)?;
        scene.erase_before(method, 0)?;
        assert!(matches!(receive_order(scene.desk(), &event, noon(BOUGHT)?).await?, Receipt::Stored(_)));
        let (order, _) = scene.world.site.store.load_order(&scene.world.key("2")?).await?.unwrap();
        assert!(
            order.contact.is_none()
                && order.snapshot.as_ref().is_some_and(|snapshot| !snapshot.lines.is_empty())
        );
        assert!(!serde_json::to_string(&order)?.contains("anna@"), "{method}");
        let again = receive_order(scene.desk(), &event, noon(BOUGHT)?).await?;
        assert_eq!(again, Receipt::Known, "told again, it is known");
        scene.is_forgotten(3, 0).await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_she_buys_after_an_erasure_is_stored_without_her_and_leads_to_no_mail() -> Told {
    let scene = Scene::new().await?;
    scene.erase_now().await?;
    scene.world.buys("anna", "3", BOUGHT).await?;
    scene.world.run(DUE).await?;
    assert_eq!(scene.world.mails()?, []);
    let (order, _) = scene.world.site.store.load_order(&scene.world.key("3")?).await?.unwrap();
    assert!(!serde_json::to_string(&order)?.contains("anna@"));
    scene.is_forgotten(3, 0).await
}
