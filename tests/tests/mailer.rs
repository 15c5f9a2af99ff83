//! Mails on their way through SES and back as events: the real mailer against the sink, the delivery over the store of
//! one machine.

use std::collections::BTreeMap;

use anyhow::Context as _;
use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan};
use mail_parser::MimeHeaders;
use nachklang_aws::clients::Clients;
use nachklang_aws::config::{Config, Setting};
use nachklang_aws::mailer::SesMailer;
use nachklang_domain::consent::SuppressionReason;
use nachklang_domain::enrolment::StepState;
use nachklang_domain::id::MailId;
use nachklang_domain::mail::message::OutgoingMail;
use nachklang_domain::mail_event::ses::{Told, read_event};
use nachklang_domain::ports::{
    Halt, Journal, Ledger as _, MailTask, Mailer, PortResult, SendError, Sending, Settlement, Standstill,
};
use nachklang_domain::story::MailStory;
use nachklang_domain::use_case::compose::Postbox;
use nachklang_domain::use_case::deliver_mail::{Delivery, deliver_mail};
use nachklang_domain::use_case::plan_due::{RunOutcome, plan_due};
use nachklang_domain::use_case::record_event::{Recorded, record_event};
use nachklang_tests::ses::{Account, Bounce, Enforcement, Fault, Feedback, Operation, Sink};
use nachklang_tests::world::World;
use serde_json::Value;

type Tested = anyhow::Result<()>;

const BOUGHT: Date = date(2026, 11, 2);
const DUE: Date = date(2026, 11, 14);
const POOL: &str = "thanks-eur";
const SET: &str = "nachklang";

/// An SES that takes mails of a world's shop.
async fn ready(world: &World) -> anyhow::Result<Sink> {
    let sink = Sink::start().await?;
    sink.verify(world.shop()?.sender.address.domain());
    sink.add_configuration_set(SET);
    Ok(sink)
}

/// A mailer as another process would make it: it knows nothing of what was answered before.
fn mailer(sink: &Sink) -> anyhow::Result<SesMailer> {
    let lookup = |name: &str| match name {
        "AWS_REGION" => Some("eu-central-1".to_owned()),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" | "NACHKLANG_SENDING_SHARE" => Some("1".to_owned()),
        "AWS_ENDPOINT_URL_SESV2" => Some(sink.endpoint()),
        "NACHKLANG_CONFIGURATION_SET" => Some(SET.to_owned()),
        _ => None,
    };
    let config = Config::from_lookup(&[Setting::ConfigurationSet, Setting::SendingShare], lookup)?;
    Ok(SesMailer::new((*Clients::new(&config, lookup).ses).clone(), &config)?)
}

mod contract {
    use nachklang_tests::contract::mailer::Post;

    use super::*;

    struct Ses {
        sink: Sink,
        mailer: SesMailer,
    }

    impl Post for Ses {
        fn mailer(&self) -> &impl Mailer {
            &self.mailer
        }

        fn arrived(&self) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
            Ok(self.sink.mails().into_iter().map(|mail| (mail.message_id, mail.mime)).collect())
        }

        fn lose_the_next_answer(&self) -> bool {
            self.sink.fail_next(Fault::CutAfterAccept);
            true
        }
    }

    async fn new() -> anyhow::Result<Option<Ses>> {
        let sink = ready(&World::new().await?).await?;
        Ok(Some(Ses { mailer: mailer(&sink)?, sink }))
    }

    nachklang_tests::mailer_suite!(new());
}

/// Anna's mail with its coupon, claimed and not yet handed over; SES is ready to take it.
struct Scene {
    world: World,
    sink: Sink,
    task: MailTask,
}

impl Scene {
    async fn new() -> anyhow::Result<Self> {
        let world = World::new().await?;
        let sink = ready(&world).await?;
        world.codes(POOL, &["DANKE-1"], None).await?;
        world.buys("anna", "1", BOUGHT).await?;
        world.claim(DUE).await?;
        let task = world.first_mail_of("anna").await?;
        Ok(Self { world, sink, task })
    }

    fn mailer(&self) -> anyhow::Result<SesMailer> {
        mailer(&self.sink)
    }

    /// So many minutes after the mail was claimed.
    fn minute(&self, minutes: i64) -> anyhow::Result<Timestamp> {
        Ok(self.world.morning(DUE)?.checked_add(minutes.minutes())?)
    }

    async fn deliver(&self, minutes: i64) -> anyhow::Result<Delivery> {
        self.deliver_by(&self.mailer()?, minutes).await
    }

    async fn deliver_by(&self, mailer: &(impl Mailer + Journal), minutes: i64) -> anyhow::Result<Delivery> {
        let (site, catalog) = (&self.world.site, self.world.site.catalog()?);
        let own = site.postbox();
        let postbox = Postbox { mailer, keys: own.keys, shelf: own.shelf };
        Ok(deliver_mail(site.desk(&catalog), postbox, &self.task, self.minute(minutes)?).await?)
    }

    /// What the call of the schedule comes to then.
    async fn run(&self, minutes: i64) -> anyhow::Result<RunOutcome> {
        let (site, catalog) = (&self.world.site, self.world.site.catalog()?);
        Ok(plan_due(site.desk(&catalog), &self.task.shop, None, self.minute(minutes)?).await?)
    }

    async fn record(&self, event: &Value) -> anyhow::Result<Recorded> {
        let Told::Event(event) = read_event(&event.to_string())? else {
            anyhow::bail!("an event of ours is ignored: {event}");
        };
        let catalog = self.world.site.catalog()?;
        Ok(record_event(self.world.site.desk(&catalog), &event, self.minute(30)?).await?)
    }

    /// Records everything that SES has published so far.
    async fn record_all(&self) -> Tested {
        for event in self.sink.events() {
            self.record(&event).await?;
        }
        Ok(())
    }

    async fn state(&self) -> anyhow::Result<StepState> {
        let anna = self.world.contact("anna").await?;
        let step = anna.step(self.task.enrolment, 0).context("the mail is planned")?;
        Ok(step.state.clone())
    }

    /// How often SES accepted the mail.
    fn accepted(&self) -> usize {
        self.sink.accepted_by_tag("mail_id").into_values().sum()
    }

    fn handed_over(&self) -> usize {
        let requests = self.sink.requests();
        requests.iter().filter(|request| request.call.operation == Operation::SendEmail).count()
    }

    async fn quarantined(&self) -> anyhow::Result<u64> {
        Ok(self.world.counts(POOL, DUE).await?.quarantined)
    }
}

#[tokio::test]
async fn ses_gets_the_whole_mail_with_its_headers_and_tags() -> Tested {
    let scene = Scene::new().await?;
    assert_eq!(scene.deliver(0).await?, Delivery::Sent);
    let mails = scene.sink.mails();
    let [mail] = mails.as_slice() else { anyhow::bail!("one mail, not {}", mails.len()) };
    let message = mail.parsed()?;
    let shop = scene.world.shop()?;
    let from = message.from().and_then(|from| from.first()).context("a sender")?;
    assert_eq!(
        (from.name(), from.address()),
        (Some(shop.sender.name.as_str()), Some(shop.sender.address.expose()))
    );
    assert_eq!(mail.recipients, ["anna@example.com"]);
    assert!(message.subject().is_some_and(|subject| !subject.is_empty()));
    assert!(message.is_content_type("multipart", "alternative"));
    for part in [message.body_html(0), message.body_text(0)] {
        assert!(part.context("a part")?.contains("DANKE-1"), "her code is in it");
    }
    let header = |name: &str| message.header_raw(name).unwrap_or_default().trim().to_owned();
    assert!(header("List-Unsubscribe").starts_with("<https://"), "{}", header("List-Unsubscribe"));
    assert_eq!(header("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
    assert_eq!(header("List-Id"), format!("<after-sales.de.{}>", shop.sender.address.domain()));
    assert_eq!(mail.configuration_set.as_deref(), Some(SET));
    let StepState::Sent { claim, message: id, .. } = scene.state().await? else { anyhow::bail!("sent") };
    assert_eq!(id, mail.message_id);
    let tags = [
        ("mail_id", claim.mail.to_string()),
        ("shop", "de".to_owned()),
        ("contact", scene.task.contact.to_string()),
        ("enrolment", scene.task.enrolment.to_string()),
        ("flow", "after-sales".to_owned()),
        ("step", "0".to_owned()),
        ("segment", claim.segment.to_string()),
    ];
    assert_eq!(mail.tags, BTreeMap::from(tags.map(|(name, value)| (name.to_owned(), value))));
    Ok(())
}

#[tokio::test]
async fn events_find_their_mail_by_its_tags() -> Tested {
    let scene = Scene::new().await?;
    scene.deliver(0).await?;
    let events = scene.sink.events();
    assert!(events.len() >= 2, "at least a send and a delivery: {events:?}");
    for event in &events {
        let recorded = scene.record(event).await?;
        assert!(matches!(recorded, Recorded::Known | Recorded::Extended), "{recorded:?}: {event}");
    }
    Ok(())
}

#[tokio::test]
async fn what_ses_refuses_for_now_goes_later_and_once() -> Tested {
    let unverified = Fault::MessageRejected("Email address is not verified.".to_owned());
    for (fault, waits_for) in [
        (Fault::RateExceeded, "the rate"),
        (Fault::Throttled, "the rate"),
        (Fault::LimitExceeded, "the account"),
        (Fault::MailFromDomainNotVerified, "the sender"),
        (unverified, "the sender"),
    ] {
        let scene = Scene::new().await?;
        scene.sink.fail_next(fault.clone());
        let (waits, why) = match scene.deliver(0).await? {
            Delivery::Throttled => ("the rate", String::new()),
            Delivery::Stopped(why) => ("the account", why),
            Delivery::SenderStopped(why) => ("the sender", why),
            other => anyhow::bail!("{fault:?} leads to {other:?}"),
        };
        assert_eq!(waits, waits_for, "{fault:?}");
        assert!(!why.contains('@'), "{fault:?}: {why}");
        assert_eq!(scene.accepted(), 0, "{fault:?}");
        assert_eq!(scene.deliver(5).await?, Delivery::Sent, "{fault:?}");
        assert_eq!(scene.deliver(9).await?, Delivery::Nothing, "{fault:?}");
        assert_eq!((scene.accepted(), scene.handed_over()), (1, 2), "{fault:?}");
    }
    Ok(())
}

#[tokio::test]
async fn what_ses_says_of_the_whole_account_halts_all_runs_for_an_hour() -> Tested {
    for (fault, why) in [
        (Fault::DailyQuotaExceeded, Halt::Quota),
        (Fault::SendingPaused, Halt::Account),
        (Fault::AccountSuspended, Halt::Account),
    ] {
        let scene = Scene::new().await?;
        scene.sink.fail_next(fault.clone());
        assert!(matches!(scene.deliver(0).await?, Delivery::Stopped(_)), "{fault:?}");
        let sending = scene.world.site.store.sending().await?;
        assert!(
            matches!(sending, Sending::Halted { why: said, .. } if said == why),
            "{fault:?}: {sending:?}"
        );
        assert_eq!(scene.run(59).await?, RunOutcome::Stopped(Standstill::Halted(why)), "{fault:?}");
        assert!(matches!(scene.deliver(59).await?, Delivery::Stopped(_)), "{fault:?}");
        assert_eq!((scene.accepted(), scene.handed_over()), (0, 1), "{fault:?}");
        assert!(!matches!(scene.run(60).await?, RunOutcome::Stopped(_)), "{fault:?}");
        assert_eq!(scene.deliver(60).await?, Delivery::Sent, "{fault:?}");
        assert_eq!((scene.accepted(), scene.handed_over()), (1, 2), "{fault:?}");
    }
    Ok(())
}

#[tokio::test]
async fn what_ses_refuses_for_good_fails_and_gives_the_code_back() -> Tested {
    for fault in [
        Fault::MessageRejected("Content of anna@example.com looks bad.".to_owned()),
        Fault::BadRequest("Illegal address anna@example.com".to_owned()),
    ] {
        let scene = Scene::new().await?;
        scene.sink.fail_next(fault.clone());
        let Delivery::Failed(why) = scene.deliver(0).await? else { anyhow::bail!("{fault:?} fails") };
        assert!(!why.contains('@') && why.contains("[address]"), "{why}");
        assert_eq!(scene.world.counts(POOL, DUE).await?.released, 1);
        assert_eq!(scene.deliver(9).await?, Delivery::Nothing);
        assert_eq!((scene.accepted(), scene.handed_over()), (0, 1));
    }
    Ok(())
}

#[tokio::test]
async fn a_mail_whose_answer_was_lost_is_settled_by_its_event_and_never_sent_again() -> Tested {
    let scene = Scene::new().await?;
    scene.sink.fail_next(Fault::CutAfterAccept);
    assert_eq!(scene.deliver(0).await?, Delivery::InFlight);
    assert_eq!(scene.deliver(9).await?, Delivery::Unknown);
    assert_eq!(scene.quarantined().await?, 1);
    scene.record_all().await?;
    assert!(matches!(scene.state().await?, StepState::Sent { .. }));
    assert_eq!(scene.quarantined().await?, 0);
    assert_eq!(scene.deliver(20).await?, Delivery::Nothing);
    assert_eq!((scene.accepted(), scene.handed_over()), (1, 1));
    Ok(())
}

#[tokio::test]
async fn an_event_may_come_before_anybody_noticed_that_the_answer_was_lost() -> Tested {
    let scene = Scene::new().await?;
    scene.sink.fail_next(Fault::CutAfterAccept);
    assert_eq!(scene.deliver(0).await?, Delivery::InFlight);
    scene.record_all().await?;
    assert!(matches!(scene.state().await?, StepState::Sent { .. }));
    assert_eq!(scene.deliver(9).await?, Delivery::Nothing);
    assert_eq!((scene.accepted(), scene.handed_over()), (1, 1));
    Ok(())
}

#[tokio::test]
async fn a_mail_that_may_have_gone_stays_unknown_without_an_event() -> Tested {
    for fault in [Fault::CutBeforeAccept, Fault::InternalError] {
        let scene = Scene::new().await?;
        scene.sink.fail_next(fault.clone());
        assert_eq!(scene.deliver(0).await?, Delivery::InFlight);
        for minutes in [9, 60, 600] {
            assert_eq!(scene.deliver(minutes).await?, Delivery::Unknown);
        }
        assert_eq!((scene.accepted(), scene.handed_over()), (0, 1), "{fault:?}");
    }
    Ok(())
}

#[tokio::test]
async fn an_account_that_cannot_send_gets_no_mail() -> Tested {
    let halts: [fn(&mut Account); 4] = [
        |account| account.production_access = false,
        |account| account.sending_enabled = false,
        |account| account.enforcement = Enforcement::Shutdown,
        |account| account.sent_before = account.max_24_hour_send,
    ];
    for halt in halts {
        let scene = Scene::new().await?;
        scene.sink.change_account(halt);
        assert!(matches!(scene.deliver(0).await?, Delivery::Stopped(_)));
        assert_eq!(scene.handed_over(), 0);
        assert!(matches!(scene.state().await?, StepState::Claimed(_)), "it is planned as it was");
        scene.sink.change_account(|account| *account = Account::default());
        assert_eq!(scene.deliver(60).await?, Delivery::Sent);
    }
    Ok(())
}

#[tokio::test]
async fn a_bounce_frees_the_code_and_ends_her_mails_in_every_shop() -> Tested {
    let scene = Scene::new().await?;
    scene.deliver(0).await?;
    scene.record_all().await?;
    let id = scene.sink.mails().first().context("a mail")?.message_id.clone();
    let bounce = scene.sink.report(&id, &Feedback::Bounced(Bounce::Permanent))?;
    assert_eq!(scene.record(&bounce).await?, Recorded::Failed);
    assert_eq!(scene.record(&bounce).await?, Recorded::Known);
    scene.record_all().await?;
    assert!(matches!(scene.state().await?, StepState::Failed { .. }), "later copies change nothing");
    assert_eq!(scene.world.counts(POOL, DUE).await?.released, 1);
    let anna = scene.world.contact("anna").await?;
    assert_eq!(anna.suppressed.map(|suppression| suppression.reason), Some(SuppressionReason::Bounced));
    scene.world.at_rest(POOL, 1, DUE).await
}

/// A mailer whose mails come back as events before it answers.
struct Overtaken<'a> {
    scene: &'a Scene,
    mailer: SesMailer,
    feedback: Option<Feedback>,
}

impl Mailer for Overtaken<'_> {
    async fn send(&self, mail: &OutgoingMail, id: MailId, now: Timestamp) -> Result<String, SendError> {
        let message = self.mailer.send(mail, id, now).await?;
        if let Some(feedback) = &self.feedback {
            self.scene.sink.report(&message, feedback).map_err(|_| SendError::Ambiguous)?;
        }
        self.scene.record_all().await.map_err(|_| SendError::Ambiguous)?;
        Ok(message)
    }

    async fn settle(&self, id: MailId) -> PortResult<Settlement> {
        self.mailer.settle(id).await
    }
}

impl Journal for Overtaken<'_> {
    async fn note(&self, story: &MailStory) -> PortResult<()> {
        self.mailer.note(story).await
    }
}

#[tokio::test]
async fn an_event_that_overtakes_the_answer_ends_the_same() -> Tested {
    let bounced = Feedback::Bounced(Bounce::Permanent);
    for feedback in [None, Some(Feedback::Complained), Some(bounced.clone())] {
        let scene = Scene::new().await?;
        let mailer = Overtaken { scene: &scene, mailer: scene.mailer()?, feedback: feedback.clone() };
        let delivery = scene.deliver_by(&mailer, 0).await?;
        let state = scene.state().await?;
        if feedback == Some(bounced.clone()) {
            assert_eq!(delivery, Delivery::Failed("bounced".to_owned()));
            assert!(matches!(state, StepState::Failed { .. }), "{state:?}");
            assert_eq!(scene.world.counts(POOL, DUE).await?.released, 1);
        } else {
            assert_eq!(delivery, Delivery::Sent);
            assert!(matches!(state, StepState::Sent { .. }), "{state:?}");
        }
        assert_eq!(scene.deliver(9).await?, Delivery::Nothing);
        assert_eq!((scene.accepted(), scene.handed_over()), (1, 1));
        scene.world.at_rest(POOL, 1, DUE).await?;
    }
    Ok(())
}
