//! One machine's world in a folder of its own, with the repository's own shops, mails and flow.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use anyhow::{Context as _, anyhow, ensure};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use mail_parser::MessageParser;
use nachklang_domain::catalog::{Catalog, Files, MailFacts};
use nachklang_domain::consent::SuppressionReason;
use nachklang_domain::contact::Contact;
use nachklang_domain::coupon::PoolCounts;
use nachklang_domain::disposition::{Disposition, disposition};
use nachklang_domain::draft::Draft;
use nachklang_domain::email::EmailAddress;
use nachklang_domain::id::{ContactId, LineId, OrderKey, OrderNumber, PoolId, RefundId, ShopId, Sku, Source};
use nachklang_domain::money::{Currency, Money};
use nachklang_domain::order::{Channel, Line, LineDetails, OrderEvent, OrderSnapshot, Payment, Refund};
use nachklang_domain::ports::{Contacts, CouponStock, MailTask, Orders};
use nachklang_domain::shop::Shop;
use nachklang_domain::story::MailStory;
use nachklang_domain::use_case::import_coupons::import_coupons;
use nachklang_domain::use_case::plan_due::{RunOutcome, plan_due};
use nachklang_domain::use_case::publish::publish_draft;
use nachklang_domain::use_case::receive_order::{Receipt, receive_order};
use nachklang_domain::use_case::suppress::{Reach, suppress};
use nachklang_local::bucket;
use nachklang_local::pump::{self, PumpReport};
use nachklang_local::site::Site;
use nachklang_local::uploads::{import, upload_at};

const TEMPLATES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../templates");
/// The experiment of the shipped flow; most scenarios want every buyer to wait twelve days.
const EXPERIMENT: &str = r#"
# When to write is an experiment: each contact gets one variant, for good.
[[steps.experiment.variants]]
id = "day-2"
days = 2
share = 50

[[steps.experiment.variants]]
id = "day-12"
days = 12
share = 50
"#;
/// The same keys in every run, so that every run is the same.
const SECRETS: &str = "contact-key = \"the contact key of the scenarios\"\n\
    link-key = \"the link key of the scenarios: long enough\"\n";

/// The shipped content, checked and compiled once.
static SHIPPED: LazyLock<Result<Draft, String>> =
    LazyLock::new(|| bucket::read(Path::new(TEMPLATES)).map_err(|error| format!("{error:#}")));

/// The shipped content, checked and compiled.
///
/// # Errors
/// When it is broken.
pub fn shipped() -> anyhow::Result<&'static Draft> {
    SHIPPED.as_ref().map_err(|error| anyhow!("{error}"))
}

/// One machine's world.
pub struct World {
    /// The machine.
    pub site: Site,
    catalog: Arc<Catalog>,
    shop: ShopId,
    people: Mutex<BTreeSet<String>>,
    folder: tempfile::TempDir,
}

/// A mail as its reader sees it.
#[derive(Debug)]
pub struct Letter {
    /// To whom.
    pub to: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
}

impl World {
    /// The German shop with the shipped flow, without its experiment.
    ///
    /// # Errors
    /// When the shipped content is broken or the folder cannot be used.
    pub async fn new() -> anyhow::Result<Self> {
        Self::of("de", str::to_owned).await
    }

    /// A shop with the shipped flow, changed.
    ///
    /// # Errors
    /// As [`World::new`], or when the changed flow is refused.
    pub async fn of(shop: &str, change: impl FnOnce(&str) -> String) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join("secrets.toml"), SECRETS)?;
        let site = Site::open(folder.path()).await?;
        let draft = shipped()?;
        publish_draft(&site.store, draft).await?;
        site.set_catalog(catalog(draft, change)?);
        let world = Self {
            catalog: site.catalog()?,
            site,
            shop: ShopId::parse(shop)?,
            people: Mutex::default(),
            folder,
        };
        world.feed().await?;
        Ok(world)
    }

    async fn feed(&self) -> anyhow::Result<()> {
        let folder = Path::new(TEMPLATES).join("feeds").join(self.shop.as_str());
        for file in bucket::entries(&folder)? {
            let imported = import(&self.site, &upload_at(&file)?, &file, false, &mut || {}).await?;
            ensure!(!imported.report.has_errors(), "{}", imported.report);
        }
        Ok(())
    }

    /// The shop's product feed comes once more, changed.
    ///
    /// # Errors
    /// When it is refused.
    pub async fn feed_again(&self, change: impl FnOnce(String) -> String) -> anyhow::Result<()> {
        let at = format!("feeds/{}/products.de.xml", self.shop);
        let text = change(std::fs::read_to_string(Path::new(TEMPLATES).join(&at))?);
        let file = self.folder.path().join(&at);
        std::fs::create_dir_all(file.parent().context("the feed lies in a folder")?)?;
        std::fs::write(&file, text)?;
        let imported = import(&self.site, &upload_at(&file)?, &file, false, &mut || {}).await?;
        ensure!(!imported.report.has_errors(), "{}", imported.report);
        Ok(())
    }

    /// A marketer takes all flows away.
    pub fn without_flows(&mut self) {
        let left = Catalog { flows: BTreeMap::new(), ..(*self.catalog).clone() };
        self.catalog = Arc::new(left);
        self.site.set_catalog((*self.catalog).clone());
    }

    /// The shop.
    ///
    /// # Errors
    /// When it is not configured.
    pub fn shop(&self) -> anyhow::Result<&Shop> {
        self.catalog.shop(&self.shop).context("the shop is configured")
    }

    /// The moment at which the mails of a day go out.
    ///
    /// # Errors
    /// As [`World::shop`].
    pub fn morning(&self, day: Date) -> anyhow::Result<Timestamp> {
        Ok(self.shop()?.send_moment(day))
    }

    /// Puts codes into a pool, each with its end if it has one.
    ///
    /// # Errors
    /// When the file is refused.
    pub async fn codes(&self, pool: &str, codes: &[&str], end: Option<Date>) -> anyhow::Result<()> {
        let end = end.map(|end| end.to_string()).unwrap_or_default();
        let rows = codes.iter().map(|code| format!("{code},{end}\n"));
        let file = format!("Code,Expires\n{}", rows.collect::<String>());
        let desk = self.site.desk(&self.catalog);
        let report =
            import_coupons(desk, &PoolId::parse(pool)?, "coupons/codes.csv", Cursor::new(file)).await?;
        ensure!(!report.has_errors(), "{report}");
        Ok(())
    }

    /// Tells an event at the moment of its own purchase, cancellation or refund.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn tell(&self, event: &OrderEvent, now: Timestamp) -> anyhow::Result<Receipt> {
        let email = event.snapshot.as_ref().and_then(|snapshot| snapshot.email.as_ref());
        if let Some(email) = email {
            let name = email.expose().split('@').next().unwrap_or_default().to_owned();
            self.people.lock().unwrap_or_else(PoisonError::into_inner).insert(name);
        }
        Ok(receive_order(self.site.desk(&self.catalog), event, now).await?)
    }

    /// Somebody buys a charm and earrings at noon of a day.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn buys(&self, who: &str, number: &str, day: Date) -> anyhow::Result<OrderEvent> {
        let event = self.purchase(who, number, day)?;
        self.tell(&event, noon(day)?).await?;
        Ok(event)
    }

    /// What the shop tells of such a purchase.
    ///
    /// # Errors
    /// When a name is no address or number.
    pub fn purchase(&self, who: &str, number: &str, day: Date) -> anyhow::Result<OrderEvent> {
        let currency = self.shop()?.currency;
        let lines = [("1", "CC-011", "Charm Blatt mit Gravur"), ("2", "ER-013", "Ohrringe Blatt im Etui")];
        let lines = lines.map(|(id, sku, title)| line(id, sku, title, currency));
        Ok(OrderEvent {
            key: self.key(number)?,
            snapshot: Some(OrderSnapshot {
                email: Some(EmailAddress::parse(&format!("{who}@example.com"))?),
                lines: lines.into_iter().collect::<Result<_, _>>()?,
                ..bare(noon(day)?, currency)
            }),
            cancelled_at: None,
            refunds: BTreeMap::new(),
        })
    }

    /// The cancellation of an order.
    ///
    /// # Errors
    /// When the number is none.
    pub fn cancellation(&self, number: &str, at: Timestamp) -> anyhow::Result<OrderEvent> {
        Ok(OrderEvent { cancelled_at: Some(at), ..self.nothing(number)? })
    }

    /// The return of a line of an order.
    ///
    /// # Errors
    /// When the number is none.
    pub fn refund(&self, number: &str, line: &str, at: Timestamp) -> anyhow::Result<OrderEvent> {
        let pieces = BTreeMap::from([(LineId::parse(line)?, 1)]);
        let refund = Refund { at: Some(at), pieces, ..Refund::default() };
        let refunds = BTreeMap::from([(RefundId::parse(&format!("R{line}"))?, refund)]);
        Ok(OrderEvent { refunds, ..self.nothing(number)? })
    }

    fn nothing(&self, number: &str) -> anyhow::Result<OrderEvent> {
        let (snapshot, cancelled_at, refunds) = (None, None, BTreeMap::new());
        Ok(OrderEvent { key: self.key(number)?, snapshot, cancelled_at, refunds })
    }

    /// The key of an order.
    ///
    /// # Errors
    /// When the number is none.
    pub fn key(&self, number: &str) -> anyhow::Result<OrderKey> {
        Ok(OrderKey {
            shop: self.shop.clone(),
            source: Source::parse("api")?,
            number: OrderNumber::parse(number)?,
        })
    }

    /// A day's run, whole.
    ///
    /// # Errors
    /// When the store does not answer or a mail cannot be made.
    pub async fn run(&self, day: Date) -> anyhow::Result<PumpReport> {
        let (_, report) = pump::run_day(&self.site, &self.shop, self.morning(day)?).await?;
        ensure!(report.stuck.is_empty(), "{:?}", report.stuck);
        Ok(report)
    }

    /// The runs of some days, one each morning.
    ///
    /// # Errors
    /// As [`World::run`].
    pub async fn run_days(&self, first: Date, last: Date) -> anyhow::Result<()> {
        for day in first.series(1.day()).take_while(|day| *day <= last) {
            self.run(day).await?;
        }
        Ok(())
    }

    /// A day's run up to the coupons: every mail is claimed and none is handed over.
    ///
    /// # Errors
    /// As [`World::run`].
    pub async fn claim(&self, day: Date) -> anyhow::Result<()> {
        use nachklang_domain::ports::Ledger;
        self.plan(day).await?;
        self.site.store.set_stopped(true).await?;
        self.drain(self.morning(day)?).await?;
        Ok(self.site.store.set_stopped(false).await?)
    }

    /// A day's plan alone.
    ///
    /// # Errors
    /// As [`World::run`].
    pub async fn plan(&self, day: Date) -> anyhow::Result<RunOutcome> {
        let now = self.morning(day)?;
        Ok(plan_due(self.site.desk(&self.catalog), &self.shop, None, now).await?)
    }

    /// Works on the queues.
    ///
    /// # Errors
    /// As [`World::run`].
    pub async fn drain(&self, now: Timestamp) -> anyhow::Result<PumpReport> {
        let report = pump::drain(&self.site, &self.catalog, now, &mut || {}).await?;
        ensure!(report.stuck.is_empty(), "{:?}", report.stuck);
        Ok(report)
    }

    /// Works on the queues so long after a day's run that every task is visible again.
    ///
    /// # Errors
    /// As [`World::run`].
    pub async fn drain_later(&self, day: Date) -> anyhow::Result<PumpReport> {
        self.drain(self.morning(day)?.checked_add(1.hour())?).await
    }

    /// Somebody says no to the shop.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn unsubscribes(&self, who: &str, at: Timestamp) -> anyhow::Result<()> {
        let desk = self.site.desk(&self.catalog);
        let reach = Reach::Shop(self.shop.clone());
        Ok(suppress(desk, self.id(who)?, &reach, SuppressionReason::Unsubscribed, at).await?)
    }

    /// The contact id of a buyer.
    ///
    /// # Errors
    /// When the name makes no address.
    pub fn id(&self, who: &str) -> anyhow::Result<ContactId> {
        let address = EmailAddress::parse(&format!("{who}@example.com"))?;
        Ok(ContactId::of(&address, self.site.contact_key()))
    }

    /// A buyer as she is stored.
    ///
    /// # Errors
    /// When nothing is known of her.
    pub async fn contact(&self, who: &str) -> anyhow::Result<Contact> {
        let stored = self.site.store.load_contact(&self.shop, self.id(who)?).await?;
        stored.map(|(contact, _)| contact).with_context(|| format!("{who} is known"))
    }

    /// The first mail of a buyer's first enrolment.
    ///
    /// # Errors
    /// When she has none.
    pub async fn first_mail_of(&self, who: &str) -> anyhow::Result<MailTask> {
        let contact = self.contact(who).await?;
        let enrolment = contact.enrolments.first().context("she is in the flow")?;
        let (shop, flow) = (contact.shop.clone(), enrolment.flow.clone());
        Ok(MailTask { shop, contact: contact.id, enrolment: enrolment.id, flow, step: 0 })
    }

    /// How an order ended.
    ///
    /// # Errors
    /// When nothing is known of it.
    pub async fn end(&self, number: &str) -> anyhow::Result<Disposition> {
        let stored = self.site.store.load_order(&self.key(number)?).await?;
        let (order, _) = stored.with_context(|| format!("order {number} is known"))?;
        let contact = match order.contact {
            Some(id) => self.site.store.load_contact(&self.shop, id).await?,
            None => None,
        };
        Ok(disposition(&order, contact.as_ref().map(|(contact, _)| contact), &self.catalog))
    }

    /// The reason for which an order led to no mail of its own.
    ///
    /// # Errors
    /// When it led to one, or waits.
    pub async fn skipped(&self, number: &str) -> anyhow::Result<&'static str> {
        match self.end(number).await? {
            Disposition::Skipped { reason } => Ok(reason.as_str()),
            other => Err(anyhow!("order {number} was not skipped but {other:?}")),
        }
    }

    /// The counts of a pool on a day.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn counts(&self, pool: &str, day: Date) -> anyhow::Result<PoolCounts> {
        Ok(self.site.store.pool_counts(&PoolId::parse(pool)?, day).await?)
    }

    /// The stories of the mails that were accepted, oldest first.
    ///
    /// # Errors
    /// When the outbox cannot be read.
    pub fn mails(&self) -> anyhow::Result<Vec<MailStory>> {
        let mut stories = self.site.outbox.stories()?;
        stories.sort_by_key(|story| story.made_at);
        Ok(stories)
    }

    /// The mails of a buyer.
    ///
    /// # Errors
    /// As [`World::mails`].
    pub fn mails_to(&self, who: &str) -> anyhow::Result<Vec<MailStory>> {
        let id = self.id(who)?;
        Ok(self.mails()?.into_iter().filter(|story| story.contact == id).collect())
    }

    /// The one mail that there is.
    ///
    /// # Errors
    /// When there is none, or more than one.
    pub fn only_mail(&self) -> anyhow::Result<MailStory> {
        let mails = self.mails()?;
        ensure!(mails.len() == 1, "one mail, not {}", mails.len());
        mails.into_iter().next().context("a mail")
    }

    /// A mail as its reader sees it.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn letter(&self, story: &MailStory) -> anyhow::Result<Letter> {
        let path: PathBuf = self.site.outbox.eml(story.mail);
        let eml = std::fs::read(path)?;
        let message = MessageParser::default().parse(&eml).context("a mail can be parsed")?;
        let to = message.to().and_then(|to| to.first()).and_then(|to| to.address());
        Ok(Letter {
            to: to.unwrap_or_default().to_owned(),
            text: message.body_text(0).unwrap_or_default().into_owned(),
            html: message.body_html(0).unwrap_or_default().into_owned(),
        })
    }

    /// What must hold whenever nothing is underway: a code is in one person's hands, a person holds one code of an
    /// edition, scope and pool, and the states of a pool's codes add up to what was imported.
    ///
    /// # Errors
    /// Says what does not hold.
    pub async fn at_rest(&self, pool: &str, imported: u64, day: Date) -> anyhow::Result<()> {
        let counts = self.counts(pool, day).await?;
        ensure!(counts.imported() == imported, "{counts:?} is not {imported}");
        let mut holders = BTreeMap::new();
        for story in self.mails()? {
            let Some(grant) = &story.coupon else { continue };
            let holder = *holders.entry(grant.code.folded().to_owned()).or_insert(story.contact);
            ensure!(holder == story.contact, "two people were mailed one code");
        }
        let people = self.people.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for who in people {
            let Ok(contact) = self.contact(&who).await else {
                continue;
            };
            let mut keys = BTreeSet::new();
            for held in &contact.coupons {
                let key = (held.edition.clone(), held.scope.clone(), held.pool.clone());
                ensure!(keys.insert(key), "{who} holds two codes");
                let holder = *holders.entry(held.code.folded().to_owned()).or_insert(contact.id);
                ensure!(holder == contact.id, "{who} holds somebody else's code");
            }
        }
        Ok(())
    }
}

/// Noon of a day, near enough in every shop.
///
/// # Errors
/// When the calendar has no such moment.
pub fn noon(day: Date) -> anyhow::Result<Timestamp> {
    Ok(day.at(11, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC)?.timestamp())
}

fn catalog(draft: &Draft, change: impl FnOnce(&str) -> String) -> anyhow::Result<Catalog> {
    let mut files = Files::new();
    for file in bucket::entries(&Path::new(TEMPLATES).join("shops"))? {
        let name = bucket::name_of(&file).unwrap_or_default();
        files.insert(format!("shops/{name}"), std::fs::read_to_string(&file)?);
    }
    let flow = std::fs::read_to_string(Path::new(TEMPLATES).join("flows/after-sales.toml"))?;
    ensure!(flow.contains(EXPERIMENT), "the shipped flow has its experiment");
    let flow = change(&flow.replace(EXPERIMENT, ""));
    files.insert("flows/after-sales.toml".to_owned(), flow);
    let facts = draft.mails.iter().map(|mail| {
        let languages = mail.languages().into_iter().collect();
        (mail.name.clone(), MailFacts { languages })
    });
    let loaded = Catalog::load(&files, &facts.collect());
    let told = |reports: Vec<_>| anyhow!("{}", reports.iter().map(ToString::to_string).collect::<String>());
    Ok(loaded.map_err(told)?.0)
}

fn line(id: &str, sku: &str, title: &str, currency: Currency) -> anyhow::Result<Line> {
    Ok(Line {
        id: LineId::parse(id)?,
        sku: Some(Sku::parse(sku)?),
        product_ids: Vec::new(),
        title: title.to_owned(),
        quantity: 1,
        unit_price: Money::new(3_900, currency),
        odd_minor: 0,
        details: LineDetails::default(),
    })
}

const fn bare(placed_at: Timestamp, currency: Currency) -> OrderSnapshot {
    OrderSnapshot {
        revision: placed_at,
        placed_at,
        delivered_at: None,
        channel: Channel::Online,
        payment: Payment::Paid,
        test: false,
        email: None,
        customer_number: None,
        first_name: None,
        language: None,
        country: None,
        consent: None,
        currency,
        lines: Vec::new(),
        lines_add_up: false,
        returns: Vec::new(),
        codes_used: Vec::new(),
    }
}
