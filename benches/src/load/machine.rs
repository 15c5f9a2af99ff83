//! One machine with the starter content, and buyers for it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use anyhow::{Context as _, anyhow, ensure};
use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan};
use nachklang_domain::catalog::Catalog;
use nachklang_domain::coupon::file::CouponRow;
use nachklang_domain::coupon::{CouponCode, PoolCounts};
use nachklang_domain::draft::Draft;
use nachklang_domain::email::EmailAddress;
use nachklang_domain::id::{ContactId, EnrolmentId, FlowId, PoolId, ShopId};
use nachklang_domain::order::OrderEvent;
use nachklang_domain::ports::{AddedCode, CouponStock, MailTask};
use nachklang_domain::shop::Shop;
use nachklang_domain::use_case::Desk;
use nachklang_domain::use_case::publish::publish_draft;
use nachklang_domain::use_case::receive_order::receive_orders;
use nachklang_domain::webhook::Endpoint;
use nachklang_local::bucket;
use nachklang_local::site::Site;
use nachklang_local::uploads::{import, upload_at};

use crate::webhook::{Purchase, Signed, endpoint, now};

const TEMPLATES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../templates");
/// The same keys in every run, so that every run ends the same.
const SECRETS: &str = "contact-key = \"the contact key of the load\"\n\
    link-key = \"the link key of the load: long enough\"\n";
/// The day on which the first orders come.
pub const FIRST_DAY: Date = date(2026, 1, 5);
/// Days from a purchase to its mail, once the shipped experiment is over.
pub const DELAY: i32 = 12;
/// So many orders share one wait for the disk, as the pieces of a file do.
pub const BATCH: usize = 500;
/// So many codes are added at once.
const CODES: u64 = 500;

/// The shipped content, checked and compiled once.
static SHIPPED: LazyLock<Result<Draft, String>> =
    LazyLock::new(|| bucket::read(Path::new(TEMPLATES)).map_err(|error| format!("{error:#}")));

/// One machine.
#[derive(Debug)]
pub struct Machine {
    /// Its store and secrets.
    pub site: Site,
    /// Shops and flows. Every buyer waits twelve days.
    pub catalog: Arc<Catalog>,
    /// The door of its shop.
    pub endpoint: Endpoint,
    shop: ShopId,
    folder: PathBuf,
}

impl Machine {
    /// A machine in an empty folder: the German shop with its feed and mails.
    ///
    /// # Errors
    /// When the starter content is broken or the folder cannot be used.
    pub async fn new(folder: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder)?;
        std::fs::write(folder.join("secrets.toml"), SECRETS)?;
        let site = Site::open(folder).await?;
        let draft = SHIPPED.as_ref().map_err(|error| anyhow!("{error}"))?;
        publish_draft(&site.store, draft).await?;
        site.set_catalog(without_experiment(draft)?);
        let catalog = site.catalog()?;
        let shop = ShopId::parse("de")?;
        let machine = Self { site, catalog, endpoint: endpoint(), shop, folder: folder.to_owned() };
        machine.feed().await?;
        Ok(machine)
    }

    async fn feed(&self) -> anyhow::Result<()> {
        for file in bucket::entries(&Path::new(TEMPLATES).join("feeds").join(self.shop.as_str()))? {
            let imported = import(&self.site, &upload_at(&file)?, &file, false, &mut || {}).await?;
            ensure!(!imported.report.has_errors(), "{}", imported.report);
        }
        Ok(())
    }

    /// The shop.
    ///
    /// # Errors
    /// When it is not configured.
    pub fn shop(&self) -> anyhow::Result<&Shop> {
        self.catalog.shop(&self.shop).context("the shop is configured")
    }

    /// What the use cases need, over a store.
    pub fn desk<'a, W>(&'a self, world: &'a W) -> Desk<'a, W> {
        Desk { world, catalog: &self.catalog, contact_key: self.site.contact_key() }
    }

    /// Puts numbered codes into the pool of the flow.
    ///
    /// # Errors
    /// When the store does not answer, or a code is not new.
    pub async fn codes(&self, count: u64) -> anyhow::Result<()> {
        for first in (0..count).step_by(usize::try_from(CODES)?) {
            add_codes(&self.site.store, first..count.min(first + CODES)).await?;
        }
        Ok(())
    }

    /// The counts of the pool.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn counts(&self, day: Date) -> anyhow::Result<PoolCounts> {
        Ok(self.site.store.pool_counts(&pool()?, day).await?)
    }

    /// Takes webhooks in, [`BATCH`] with one wait for the disk; each comes on the day of its purchase.
    ///
    /// # Errors
    /// When one cannot be read or the store does not answer.
    pub async fn receive(
        &self,
        orders: impl Iterator<Item = anyhow::Result<(Signed, Date)>>,
    ) -> anyhow::Result<u64> {
        let (mut orders, mut stored) = (orders.peekable(), 0);
        while orders.peek().is_some() {
            let batch = self.site.store.begin_batch().await?;
            for order in orders.by_ref().take(BATCH) {
                let (order, day) = order?;
                let received = order.read(&self.endpoint, now())?;
                let desk = self.desk(batch.store());
                stored += receive_orders(desk, &received.events, noon(day)?).await?.stored;
            }
            batch.commit().await?;
        }
        Ok(stored)
    }

    /// The task of the mail that an order leads to.
    ///
    /// # Errors
    /// When the order names nobody.
    pub fn task(&self, event: &OrderEvent) -> anyhow::Result<MailTask> {
        let address = event.snapshot.as_ref().and_then(|snapshot| snapshot.email.as_ref());
        let contact = ContactId::of(address.context("the order has an address")?, self.site.contact_key());
        let flow = FlowId::parse("after-sales")?;
        let enrolment = EnrolmentId::of(&flow, contact, &event.key);
        Ok(MailTask { shop: event.key.shop.clone(), contact, enrolment, flow, step: 0 })
    }

    /// The contact id of a buyer.
    ///
    /// # Errors
    /// When the name makes no address.
    pub fn contact(&self, buyer: &str) -> anyhow::Result<ContactId> {
        Ok(ContactId::of(&EmailAddress::parse(&format!("{buyer}@example.com"))?, self.site.contact_key()))
    }

    /// The bytes of the database with its log.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn database_size(&self) -> anyhow::Result<u64> {
        let files = std::fs::read_dir(&self.folder)?.collect::<Result<Vec<_>, _>>()?;
        let database = files.iter().filter(|file| file.file_name().to_string_lossy().contains("sqlite"));
        database.map(|file| Ok(file.metadata()?.len())).sum()
    }
}

/// The order of one buyer who buys once.
///
/// # Errors
/// When the number is beyond all calendars.
pub fn only_order(number: u64, day: Date) -> Signed {
    Signed::order(Purchase { number, buyer: &buyer(number), day })
}

/// The name of a buyer.
#[must_use]
pub fn buyer(number: u64) -> String {
    format!("person-{number}")
}

/// Noon of a day, near enough in the shop.
///
/// # Errors
/// When the calendar has no such moment.
pub fn noon(day: Date) -> anyhow::Result<Timestamp> {
    Ok(day.at(11, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC)?.timestamp())
}

/// The day so many days later.
///
/// # Errors
/// When the calendar ends before.
pub fn later(day: Date, days: i32) -> anyhow::Result<Date> {
    Ok(day.checked_add(days.days())?)
}

/// The pool of the flow.
///
/// # Errors
/// Never: the name is one.
pub fn pool() -> anyhow::Result<PoolId> {
    Ok(PoolId::parse("thanks-eur")?)
}

async fn add_codes<W: CouponStock>(store: &W, numbers: std::ops::Range<u64>) -> anyhow::Result<()> {
    let row = |number: u64| {
        let code = CouponCode::parse(&format!("DANKE-{number:07}"))?;
        Ok(CouponRow { line: number + 1, code, expires: None })
    };
    let rows: Vec<CouponRow> = numbers.map(row).collect::<anyhow::Result<_>>()?;
    let added = store.add_codes(&pool()?, &rows).await?;
    ensure!(added.iter().all(|code| *code == AddedCode::Added), "a code is not new");
    Ok(())
}

/// With the experiment half of the buyers would wait two days.
fn without_experiment(draft: &Draft) -> anyhow::Result<Catalog> {
    let mut catalog = draft.catalog.clone().context("the starter content has no error")?;
    for step in catalog.flows.values_mut().flat_map(|flow| &mut flow.steps) {
        step.experiment = None;
    }
    Ok(catalog)
}
