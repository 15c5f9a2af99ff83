use std::io::Write;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use jiff::civil::date;
use nachklang_domain::catalog::{Catalog, Files};
use nachklang_domain::contact::{Contact, HeldCoupon};
use nachklang_domain::coupon::file::CouponRow;
use nachklang_domain::coupon::{CodeAction, CouponCode, Grant, Origin, PoolCounts};
use nachklang_domain::enrolment::{Claim, Enrolment, StepRecord, StepState};
use nachklang_domain::id::{
    ContactId, EnrolmentId, FlowId, MailId, MailName, OrderKey, OrderNumber, PoolId, SegmentId, ShopId,
    Source,
};
use nachklang_domain::language::Language;
use nachklang_domain::mail::published::AddressForm;
use nachklang_domain::ports::{Committed, CouponStock, MailTask, PortResult, Version};
use nachklang_domain::secret::SecretBytes;
use nachklang_local::store::SqliteStore;
use serde_json::json;

use super::*;

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../crates/domain/fixtures/ses-events/",
            $name,
            ".json"
        ))
    };
}

/// Every shop of the starter content, and one mail of which nobody knows whether it went.
struct World {
    store: SqliteStore,
    catalog: Catalog,
    key: SecretBytes,
    metrics: Metrics,
}

impl World {
    async fn new() -> Self {
        LazyLock::force(&LOG);
        let store = SqliteStore::in_memory().unwrap();
        let world = Self {
            store,
            catalog: catalog(),
            key: SecretBytes::new(b"key".to_vec()),
            metrics: Metrics::new("test"),
        };
        world.put_unknown_mail().await;
        world
    }

    async fn put_unknown_mail(&self) {
        let row = CouponRow { line: 2, code: code(), expires: None };
        self.store.add_codes(&pool(), &[row]).await.unwrap();
        let mut contact = Contact::new(ShopId::parse("de").unwrap(), contact_id());
        contact.enrolments.push(enrolment(StepState::Claimed(claim())));
        contact.coupons.push(held());
        for (version, action, state) in [
            (0, CodeAction::Claim, StepState::Claimed(claim())),
            (
                1,
                CodeAction::Quarantine,
                StepState::Unknown { claim: claim(), since: at("2026-03-13T06:31:00Z") },
            ),
        ] {
            let contact = contact.clone().with_state(&task(), state);
            let change = held().change(&contact, action);
            let committed = self.store.commit(&contact, Version(version), &[change]).await.unwrap();
            assert_eq!(committed, Committed::Done);
        }
    }

    fn desk(&self) -> Desk<'_, SqliteStore> {
        Desk { world: &self.store, catalog: &self.catalog, contact_key: &self.key }
    }

    async fn tell(&self, body: &str) -> Outcome {
        take_in(self.desk(), body, &self.metrics, at("2026-03-15T09:00:00Z")).await
    }

    async fn anna(&self, shop: &str) -> Option<Contact> {
        let shop = ShopId::parse(shop).unwrap();
        self.store.load_contact(&shop, contact_id()).await.unwrap().map(|(contact, _)| contact)
    }

    async fn state(&self) -> StepState {
        self.anna("de").await.unwrap().step(enrolment_id(), 0).unwrap().state.clone()
    }

    async fn codes(&self) -> PoolCounts {
        self.store.pool_counts(&pool(), date(2026, 3, 15)).await.unwrap()
    }
}

fn catalog() -> Catalog {
    let templates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates");
    let mut files = Files::new();
    for folder in ["shops", "flows"] {
        for file in std::fs::read_dir(templates.join(folder)).unwrap() {
            let path = file.unwrap().path();
            let name = format!("{folder}/{}", path.file_name().unwrap().to_str().unwrap());
            files.insert(name, std::fs::read_to_string(path).unwrap());
        }
    }
    Catalog::readable(&files).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn pool() -> PoolId {
    PoolId::parse("thanks-eur").unwrap()
}

fn code() -> CouponCode {
    CouponCode::parse("DANKE-7Q4X").unwrap()
}

// The ids of the fixtures' tags.
fn contact_id() -> ContactId {
    ContactId::parse("a0b1c2d3e4f5061728394a5b6c7d8e9f").unwrap()
}

fn enrolment_id() -> EnrolmentId {
    EnrolmentId::parse("00112233445566778899aabbccddeeff").unwrap()
}

fn mail_id() -> MailId {
    MailId::parse("1f3a5c7e9b0d2f4a6c8e0a1b3d5f7091").unwrap()
}

fn flow_id() -> FlowId {
    FlowId::parse("after-sales").unwrap()
}

fn task() -> MailTask {
    let shop = ShopId::parse("de").unwrap();
    MailTask { shop, contact: contact_id(), enrolment: enrolment_id(), flow: flow_id(), step: 0 }
}

fn claim() -> Claim {
    Claim {
        mail: mail_id(),
        at: at("2026-03-13T06:30:00Z"),
        segment: SegmentId::parse("charm-club").unwrap(),
        name: MailName::parse("topsellers").unwrap(),
        version: "1".to_owned(),
        language: Language::parse("de").unwrap(),
        address: AddressForm::Informal,
        coupon: Some(Grant {
            code: code(),
            valid_until: date(2026, 3, 27),
            origin: Origin::Stock { pool: pool(), expires: None },
        }),
    }
}

fn held() -> HeldCoupon {
    HeldCoupon {
        edition: "2026-autumn".parse().unwrap(),
        scope: "contact".to_owned(),
        pool: pool(),
        code: code(),
        mail: mail_id(),
        granted_on: date(2026, 3, 13),
        valid_until: date(2026, 3, 27),
        expires: None,
    }
}

fn enrolment(state: StepState) -> Enrolment {
    let anchor = OrderKey {
        shop: ShopId::parse("de").unwrap(),
        source: Source::parse("api").unwrap(),
        number: OrderNumber::parse("LU-1").unwrap(),
    };
    let (due, latest) = (date(2026, 3, 13), date(2026, 4, 3));
    Enrolment {
        id: enrolment_id(),
        flow: flow_id(),
        anchor,
        anchored_on: date(2026, 3, 1),
        orders: Vec::new(),
        variant: None,
        steps: vec![StepRecord { due, latest, held_since: None, state }],
    }
}

/// What was parked; every message has the time that its queue gives it.
#[derive(Default)]
struct Parked(Mutex<Vec<String>>);

impl OwnQueue for Parked {
    fn first_pause(&self) -> PortResult<Duration> {
        Ok(Duration::ZERO)
    }

    async fn come_again(&self, _: &[(String, Duration)]) -> PortResult<()> {
        Ok(())
    }

    async fn park(&self, body: &str, _: &str) -> PortResult<()> {
        self.0.lock().unwrap().push(body.to_owned());
        Ok(())
    }
}

#[tokio::test]
async fn a_send_event_settles_a_mail_whose_answer_was_lost() {
    for body in [fixture!("send"), fixture!("envelope"), fixture!("delivery"), fixture!("complaint")] {
        let world = World::new().await;
        assert_eq!(world.codes().await.quarantined, 1);
        assert_eq!(world.tell(body).await, Outcome::Done);
        let StepState::Sent { message, .. } = world.state().await else { panic!("sent") };
        assert_eq!(message, "0102018f2c7e5a10-6d0f6a52-3b1e-4d1a-9a53-0c7e8f1b2a34-000000");
        assert_eq!((world.codes().await.quarantined, world.codes().await.claimed), (0, 1));
    }
}

#[tokio::test]
async fn a_mail_that_she_never_saw_gives_its_code_back() {
    for (body, reason) in [
        (fixture!("bounce-permanent"), "bounced"),
        (fixture!("bounce-suppressed"), "suppressed"),
        (fixture!("complaint-suppressed"), "suppressed"),
        (fixture!("reject"), "rejected"),
        (fixture!("rendering-failure"), "not_rendered"),
    ] {
        let world = World::new().await;
        assert_eq!(world.tell(body).await, Outcome::Done);
        let StepState::Failed { reason: why, .. } = world.state().await else { panic!("failed: {reason}") };
        assert_eq!(why, reason);
        assert_eq!(world.codes().await.released, 1, "{reason}");
        assert_eq!(world.tell(fixture!("send")).await, Outcome::Done);
        assert!(matches!(world.state().await, StepState::Failed { .. }), "a late send event changes nothing");
    }
}

#[tokio::test]
async fn bounces_and_complaints_end_her_mails_in_every_shop() {
    for body in [fixture!("bounce-permanent"), fixture!("bounce-suppressed"), fixture!("complaint")] {
        let world = World::new().await;
        world.tell(body).await;
        for shop in world.catalog.shops.keys() {
            assert!(world.anna(shop.as_str()).await.unwrap().suppressed.is_some(), "{shop}");
        }
    }
}

#[tokio::test]
async fn what_decides_nothing_changes_nothing() {
    for body in [
        fixture!("open"),
        fixture!("click"),
        fixture!("delivery-delay"),
        fixture!("bounce-transient"),
        fixture!("bounce-undetermined"),
        fixture!("complaint-not-spam"),
        fixture!("subscription"),
        fixture!("foreign"),
        "Successfully validated SNS topic for Amazon SES event publishing.",
    ] {
        let world = World::new().await;
        let before = world.anna("de").await;
        assert_eq!(world.tell(body).await, Outcome::Done);
        assert_eq!(world.anna("de").await, before);
    }
}

#[tokio::test]
async fn only_what_cannot_be_read_is_parked() {
    let world = World::new().await;
    let bodies = [
        fixture!("send"),
        fixture!("notification"),
        fixture!("bounce-permanent"),
        "{",
        fixture!("delivery"),
        fixture!("foreign"),
    ];
    let records =
        bodies.iter().enumerate().map(|(at, body)| json!({"messageId": at.to_string(), "body": body}));
    let event = json!({"Records": records.collect::<Vec<_>>()});
    let event: SqsEvent = serde_json::from_value(event).unwrap();
    let mut context = lambda_runtime::Context::default();
    context.deadline = u64::try_from(now().as_millisecond()).unwrap() + 60_000;
    let queue = Parked::default();
    let response =
        work_through(world.desk(), &queue, event.records, &Deadline::of(&context), &world.metrics).await;
    assert!(response.batch_item_failures.is_empty(), "no further try can read them");
    assert_eq!(queue.0.into_inner().unwrap(), [fixture!("notification"), "{"]);
    assert!(matches!(world.state().await, StepState::Failed { .. }), "the others were taken in");
}

#[test]
fn every_event_is_counted_under_its_name() {
    use MailEventKind::{Accepted, Complained, HardBounced, Opened, SoftBounced};
    let settled = Recorded::Sent { settled: true };
    assert_eq!(counts(Accepted, settled), [("MailEvent", Some("accepted")), ("MailSettled", None)]);
    assert_eq!(counts(Accepted, Recorded::Known), [("MailEvent", Some("accepted"))]);
    assert_eq!(
        counts(HardBounced, Recorded::Failed),
        [("MailEvent", Some("bounced")), ("EventBounce", None), ("MailFailed", Some("bounced"))]
    );
    assert_eq!(counts(SoftBounced, Recorded::Counted), [("MailEvent", Some("soft_bounced"))]);
    assert_eq!(
        counts(Complained, Recorded::Known),
        [("MailEvent", Some("complained")), ("EventComplaint", None)]
    );
    assert_eq!(counts(Opened, Recorded::Counted), [("MailEvent", Some("opened"))]);
}

/// What all tests of this program log: a log of one thread alone would miss lines that another thread met first.
static LOG: LazyLock<Log> = LazyLock::new(|| {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().json().with_writer(move || writer.clone()).finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    log
});

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_names_mails_and_no_people() {
    let world = World::new().await;
    for body in
        [fixture!("bounce-permanent"), fixture!("complaint"), fixture!("click"), fixture!("notification")]
    {
        if let Outcome::Failed(reason) = world.tell(body).await {
            tracing::warn!(reason, "a message failed");
        }
    }
    let written = String::from_utf8(LOG.0.lock().unwrap().clone()).unwrap();
    assert!(written.contains(&mail_id().to_string()) && written.contains("mail event recorded"), "{written}");
    for personal in ["anna", "example.com", "lunaria.example", "203.0.113", "Danke", "DANKE", "198.51.100"] {
        assert!(!written.contains(personal), "{personal}: {written}");
    }
}

#[test]
fn the_greeting_of_a_new_topic_needs_no_shops_and_an_event_does() {
    let message = |body: &str| {
        let mut message = SqsMessage::default();
        message.body = Some(body.to_owned());
        message
    };
    let greeting = message("Successfully validated SNS topic for Amazon SES event publishing.");
    assert_eq!(ignored_alone(&[greeting.clone(), greeting.clone()]), Some(vec![Ignored::Greeting; 2]));
    assert_eq!(ignored_alone(&[greeting.clone(), message(fixture!("delivery"))]), None);
    assert_eq!(ignored_alone(&[greeting, message("no event")]), None);
    assert_eq!(ignored_alone(&[SqsMessage::default()]), None);
}
