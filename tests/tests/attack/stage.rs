//! What the day is played on: the stack, the wire before it, and who plays.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};

use anyhow::{Context as _, ensure};
use jiff::Timestamp;
use jiff::civil::Date;
use nachklang_domain::coupon::CouponCode;
use nachklang_domain::email::EmailAddress;
use nachklang_domain::id::{ContactId, PoolId};
use nachklang_domain::secret::SecretBytes;
use nachklang_simulation::history::{Deed, Outcome};
use nachklang_tests::emulator;
use nachklang_tests::proxy::{Weather, Wire, can_be_killed};
use nachklang_tests::ses::{Mail, Sink};
use nachklang_tests::stack::{Doors, Stack};

use super::Told;
use super::cast::{Buyer, Role, SHOP, everybody};
use super::deeds::{CODES_END, refilled_codes};
use super::seen::Log;

/// What comes again comes after seconds instead of many minutes; a file takes longer than a mail.
const VISIBILITY: [(&str, u32); 5] = [
    ("PlanningQueue", 5),
    ("AssignmentQueue", 3),
    ("DeliveryQueue", 4),
    ("EventsQueue", 3),
    ("UploadsQueue", 8),
];
const MAIL_TEXT: &str = "mails/topsellers/mail.txt";
const ALL_BOUGHT: &str = "\n{%- for one in bought %}\n+ {{ one.title }}\n{%- endfor %}\n";
/// Recipients a second: enough for the day, so that the rate is exceeded by fault alone.
const SEND_RATE: u32 = 60;

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
    /// How many messages were put back from the dead letters.
    pub redriven: AtomicUsize,
    /// What hung on the dead letters that were put back.
    pub attributes: Mutex<Vec<String>>,
    /// How many people waited for codes after the first morning.
    pub held: AtomicUsize,
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
        sink.change_account(|account| account.max_send_rate = SEND_RATE);
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
            attributes: Mutex::default(),
            held: AtomicUsize::new(0),
            _wires: wires,
        };
        Ok(Some(Arc::new(attack.with_the_codes_of_the_shop()?)))
    }

    pub fn playing(&self, role: Role) -> Vec<Buyer> {
        self.buyers.iter().filter(|buyer| buyer.role == role).cloned().collect()
    }

    pub fn mail_to(&self, buyer: &Buyer) -> Option<Mail> {
        self.stack.mails_to(&buyer.shopper).into_iter().next()
    }

    pub fn person(&self, buyer: &Buyer) -> anyhow::Result<ContactId> {
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
