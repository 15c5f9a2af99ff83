//! P3: what the program that delivers holds in memory, mail after mail.
//!
//! The orders and their coupons are made by the use cases. From there on everything is as on AWS: the queue holds the
//! tasks, the program gets ten at a time, reads and writes the store over HTTP, and hands each mail to SES.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use anyhow::{Context as _, ensure};
use jiff::{Timestamp, ToSpan as _};
use nachklang_aws::config::{Function, Setting};
use nachklang_aws::store::AwsStore;
use nachklang_benches::webhook::{Purchase, Signed, endpoint};
use nachklang_domain::coupon::CouponCode;
use nachklang_domain::coupon::file::CouponRow;
use nachklang_domain::id::{ContactId, EnrolmentId, FlowId, PoolId, ShopId};
use nachklang_domain::language::Language;
use nachklang_domain::order::OrderEvent;
use nachklang_domain::ports::{CouponStock as _, MailTask};
use nachklang_domain::secret::SecretBytes;
use nachklang_domain::use_case::Desk;
use nachklang_domain::use_case::assign_coupon::{Assignment, assign_coupon};
use nachklang_domain::use_case::import_feed::{import_lists, import_products};
use nachklang_domain::use_case::publish::active_catalog;
use nachklang_domain::use_case::receive_order::receive_orders;
use nachklang_tests::aws_world::AwsWorld;
use nachklang_tests::ses::Sink;

use crate::handler::{CONTACT_KEY, environment};
use crate::runtime_api::RuntimeApi;

const FEEDS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../templates/feeds/de");
/// The domain that the shops of `templates/` send from.
const DOMAIN: &str = "lunaria.example";
const LINK_KEYS: &str = r#"{"1":"the link key of the benches: long enough"}"#;
/// Longer ago than the flow waits, and not so long that the mail is of no use any more.
const BOUGHT_DAYS_AGO: i32 = 14;
/// So many codes are added at once.
const CODES: u64 = 500;
/// Memory is told after so many mails as well.
const STEPS: [usize; 3] = [10, 100, 500];

/// Lets a program deliver so many mails and prints its memory on the way and in the end.
///
/// # Errors
/// When the emulator does not start, or not every mail is accepted once.
pub async fn measure(program: &Path, mails: u64) -> anyhow::Result<()> {
    let aws = AwsWorld::new().await?.context("the emulator is skipped")?;
    let secrets = [(Setting::ContactKey, CONTACT_KEY), (Setting::LinkKeys, LINK_KEYS)];
    let mut environment = environment(&aws, &secrets).await?;
    hand_in(&aws, mails).await?;
    let sink = Sink::start().await?;
    sink.verify(DOMAIN);
    sink.add_configuration_set("benches");
    // The account's pace is not what is measured.
    sink.change_account(|account| account.max_send_rate = 1_000);
    environment.insert(Setting::ConfigurationSet.variable(), "benches".to_owned());
    environment.insert(Setting::SendingShare.variable(), "1".to_owned());
    environment.insert(Setting::RetrySeconds.variable(), "1".to_owned());
    // Nothing is parked here.
    for (setting, queue) in
        [(Setting::OwnQueue, Setting::DeliveryQueue), (Setting::OwnDeadLetters, Setting::PlanningQueue)]
    {
        environment.insert(setting.variable(), aws.config.get(queue)?.to_owned());
    }
    environment.insert("AWS_ENDPOINT_URL_SESV2", sink.endpoint());
    let api = RuntimeApi::start().await?;
    let running = Running::start(program, &environment, api.address())?;
    deliver(&aws, api, &running, &sink, usize::try_from(mails)?).await
}

/// Hands the queue's tasks to the program, ten at a time, until every mail is accepted.
async fn deliver(
    aws: &AwsWorld,
    mut api: RuntimeApi,
    running: &Running,
    sink: &Sink,
    mails: usize,
) -> anyhow::Result<()> {
    let queue = aws.config.get(Setting::DeliveryQueue)?;
    let mut steps = STEPS.into_iter().filter(|step| *step < mails).peekable();
    while sink.mails().len() < mails {
        let receive = aws.clients.sqs.receive_message().queue_url(queue).max_number_of_messages(10);
        let messages = receive.send().await?.messages.unwrap_or_default();
        ensure!(!messages.is_empty(), "the queue is empty after {} mails", sink.mails().len());
        api.invoke(&messages).await?;
        for message in messages {
            let delete = aws.clients.sqs.delete_message().queue_url(queue);
            delete.set_receipt_handle(message.receipt_handle).send().await?;
        }
        let sent = sink.mails().len();
        while steps.next_if(|step| *step <= sent).is_some() {
            running.tell(sent)?;
        }
    }
    let accepted = sink.accepted_by_tag("mail_id");
    ensure!(accepted.len() == mails && accepted.values().all(|times| *times == 1), "not each mail once");
    running.tell(mails)
}

/// The program, which ends with its measurement.
struct Running(Child);

impl Running {
    fn start(
        program: &Path,
        environment: &BTreeMap<&'static str, String>,
        api: String,
    ) -> anyhow::Result<Self> {
        let needs = Function::MailDelivery.needs();
        let told = environment.iter().filter(|(name, _)| {
            name.starts_with("AWS_") || needs.iter().any(|setting| setting.variable() == **name)
        });
        let child = Command::new(program)
            .env_clear()
            .envs(told)
            .env("AWS_LAMBDA_RUNTIME_API", api)
            .env("AWS_LAMBDA_FUNCTION_NAME", Function::MailDelivery.name())
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "benches")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "benches")
            .env("AWS_LAMBDA_LOG_FORMAT", "JSON")
            // Each line is made, and nobody reads it.
            .stdout(std::process::Stdio::null())
            .spawn()
            .with_context(|| format!("{} does not start", program.display()))?;
        Ok(Self(child))
    }

    /// Prints mails, resident memory and the most that it ever was, in MB.
    fn tell(&self, mails: usize) -> anyhow::Result<()> {
        let status = std::fs::read_to_string(PathBuf::from(format!("/proc/{}/status", self.0.id())))?;
        let megabytes = |name: &str| -> anyhow::Result<f64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).context("no such line")?;
            Ok(line.split_whitespace().next().context("no number")?.parse::<f64>()? / 1000.0)
        };
        println!("{mails} {:.1} {:.1}", megabytes("VmRSS:")?, megabytes("VmHWM:")?);
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Lets people buy, each once, and hands their mails to the delivery.
async fn hand_in(aws: &AwsWorld, mails: u64) -> anyhow::Result<()> {
    let (store, contact_key) = (aws.store(), SecretBytes::from(CONTACT_KEY.to_owned()));
    let catalog = active_catalog(&store).await?.context("shops are published")?;
    let desk = Desk { world: &store, catalog: &catalog, contact_key: &contact_key };
    feed(desk).await?;
    codes(&store, mails).await?;
    for number in 0..mails {
        let task = buy(desk, number).await?;
        let end = assign_coupon(desk, &task, number, Timestamp::now()).await?;
        ensure!(matches!(end, Assignment::Claimed(_)), "a mail's coupon ends as {end:?}");
    }
    Ok(())
}

async fn feed(desk: Desk<'_, AwsStore>) -> anyhow::Result<()> {
    let (shop, german) = (ShopId::parse("de")?, Language::parse("de")?);
    let open = |name: &str| File::open(Path::new(FEEDS).join(name));
    let products = open("products.de.xml")?;
    let (_, report) = import_products(desk, (&shop, german), "products.de.xml", products, false).await?;
    ensure!(!report.has_errors(), "{report}");
    for name in ["topsellers.csv", "recommendations.csv"] {
        let (_, report) = import_lists(desk, &shop, name, open(name)?, false).await?;
        ensure!(!report.has_errors(), "{report}");
    }
    Ok(())
}

async fn codes(store: &AwsStore, count: u64) -> anyhow::Result<()> {
    let row = |number: u64| -> anyhow::Result<CouponRow> {
        let code = CouponCode::parse(&format!("DANKE-{number:07}"))?;
        Ok(CouponRow { line: number + 1, code, expires: None })
    };
    for first in (0..count).step_by(usize::try_from(CODES)?) {
        let rows = (first..count.min(first + CODES)).map(row).collect::<anyhow::Result<Vec<_>>>()?;
        store.add_codes(&PoolId::parse("thanks-eur")?, &rows).await?;
    }
    Ok(())
}

async fn buy(desk: Desk<'_, AwsStore>, number: u64) -> anyhow::Result<MailTask> {
    let now = Timestamp::now();
    let zone = jiff::tz::TimeZone::UTC;
    let day = now.to_zoned(zone.clone()).date().checked_sub(BOUGHT_DAYS_AGO.days())?;
    let order = Signed::order(Purchase { number, buyer: &format!("person-{number}"), day });
    let received = order.read(&endpoint(), now)?;
    // The evening of the purchase, as if the shop had told it then.
    let evening = day.at(23, 0, 0, 0).to_zoned(zone)?.timestamp();
    ensure!(receive_orders(desk, &received.events, evening).await?.stored == 1, "an order is not new");
    task(desk.contact_key, received.events.first().context("an order")?)
}

/// The task of the mail that an order leads to.
fn task(contact_key: &SecretBytes, event: &OrderEvent) -> anyhow::Result<MailTask> {
    let address = event.snapshot.as_ref().and_then(|snapshot| snapshot.email.as_ref());
    let contact = ContactId::of(address.context("the order has an address")?, contact_key);
    let flow = FlowId::parse("after-sales")?;
    let enrolment = EnrolmentId::of(&flow, contact, &event.key);
    Ok(MailTask { shop: event.key.shop.clone(), contact, enrolment, flow, step: 0 })
}
