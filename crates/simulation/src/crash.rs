//! Every place at which a small day can break off, one by one: nothing is left to chance.

use std::collections::BTreeMap;

use anyhow::Context as _;
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use nachklang_domain::id::ShopId;

use crate::checker::{Violation, check};
use crate::content::{Upload, catalog, pool_of};
use crate::fault::{Fault, Faults, Spot};
use crate::runner::{Made, Ran, run};
use crate::script::{Action, Purchase, Script, Timed, Weather};

/// What is tried at every call.
const TRIED: [Fault; 6] = [
    Fault::CrashBefore,
    Fault::CrashAfter,
    Fault::Refused,
    Fault::Denied,
    Fault::AnswerLost,
    Fault::TriedTwice,
];
/// What is tried at every two calls.
const CRASHES: [Fault; 2] = [Fault::CrashBefore, Fault::CrashAfter];
/// The milliseconds between what people do on a restless day: less than a mail is on its way.
const APART: i64 = 40;
/// So many milliseconds after the run began they do it: while it reads on, while mails get codes, while they are sent.
pub const MEANWHILE: [i64; 5] = [0, 1_600, 3_200, 4_800, 6_400];
/// The stations on the way of one mail.
const SEND_PATH: [&str; 2] = ["assignment", "delivery"];

/// What a search for a broken promise came to.
#[derive(Debug, Default)]
pub struct Points {
    /// How many places the day has at which it can break off.
    pub places: usize,
    /// How many days were run.
    pub runs: usize,
    /// The days that broke a promise, by what went wrong in them.
    pub broken: Vec<(BTreeMap<Spot, Fault>, Ran, Vec<Violation>)>,
}

impl Points {
    fn try_out(&mut self, day: &Script, faults: BTreeMap<Spot, Fault>) -> anyhow::Result<Vec<Made>> {
        let ran = run(&Script { faults: Faults::Exactly(faults.clone()), ..day.clone() })?;
        anyhow::ensure!(ran.struck == faults, "a fault did not strike: the day is another one than before");
        self.runs += 1;
        let (calls, broken) = (ran.calls.clone(), check(&ran.history));
        if !broken.is_empty() {
            self.broken.push((faults, ran, broken));
        }
        Ok(calls)
    }
}

/// Tries everything at every call of a day, one at a time.
///
/// # Errors
/// When the content of the scenarios is broken.
pub fn every_call(day: &Script) -> anyhow::Result<Points> {
    let mut points = Points::default();
    let lively = lively(day)?;
    points.places = lively.len();
    for made in &lively {
        for fault in TRIED {
            points.try_out(day, BTreeMap::from([(made.spot, fault)]))?;
        }
    }
    Ok(points)
}

/// Breaks off at every two calls on the way of a mail.
///
/// # Errors
/// When the content of the scenarios is broken.
pub fn every_two_calls(day: &Script) -> anyhow::Result<Points> {
    let mut points = Points::default();
    let on_the_way = |made: &&Made| !made.quiet && SEND_PATH.contains(&made.station);
    let first: Vec<Made> = lively(day)?.iter().filter(on_the_way).cloned().collect();
    points.places = first.len();
    for made in &first {
        for fault in CRASHES {
            let once = BTreeMap::from([(made.spot, fault)]);
            let calls = points.try_out(day, once.clone())?;
            let at = calls.iter().position(|call| call == made).context("the first call is made again")?;
            let later = calls.iter().skip(at + 1).filter(on_the_way);
            for (second, fault) in later.flat_map(|made| CRASHES.map(|fault| (made.spot, fault))) {
                let both = once.iter().map(|(spot, fault)| (*spot, *fault)).chain([(second, fault)]);
                points.try_out(day, both.collect())?;
            }
        }
    }
    Ok(points)
}

/// The calls of a day up to its quiet time, when nothing goes wrong.
fn lively(day: &Script) -> anyhow::Result<Vec<Made>> {
    let ran = run(&Script { faults: Faults::NONE, ..day.clone() })?;
    anyhow::ensure!(check(&ran.history).is_empty(), "the day breaks a promise although nothing goes wrong");
    Ok(ran.calls.into_iter().filter(|made| !made.quiet).collect())
}

/// Two people, two codes, one merge, one cancellation, and the day's run.
///
/// # Errors
/// When the content of the scenarios is broken.
pub fn small_day(shop: &str, events: bool) -> anyhow::Result<Script> {
    let mut day = Day::new(shop, events)?;
    day.import(2)?;
    for (order, person) in [(0, 0), (1, 0), (2, 1), (3, 1)] {
        day.buy(order, person, i64::from(order))?;
    }
    let shop = day.script.shops.first().cloned().context("the day has a shop")?;
    day.at(5, Action::Cancel { shop, order: 3 })?;
    day.with_runs()
}

/// Three people, three codes, and so many milliseconds after the day's run began one says no, one is forgotten, a code is
/// taken back, an order comes back in part, and content is uploaded: good and broken.
///
/// # Errors
/// As [`small_day`].
pub fn restless_day(shop: &str, events: bool, after: i64) -> anyhow::Result<Script> {
    let mut day = Day::new(shop, events)?;
    day.import(3)?;
    for (order, person) in [(0, 0), (1, 1), (2, 2)] {
        day.buy(order, person, i64::from(order))?;
    }
    let shop = day.script.shops.first().cloned().context("the day has a shop")?;
    let run = day.runs()?.first().copied().context("the flow has a step")?;
    let mut meanwhile = vec![
        Action::Unsubscribe { shop: shop.clone(), person: 1 },
        Action::Erase { shop: Some(shop.clone()), person: 2 },
        Action::Return { shop: shop.clone(), order: 0, refund: 1, pieces: 1 },
        Action::Publish(Upload::Broken),
        Action::Publish(Upload::Reworded),
    ];
    meanwhile.extend(pool_of(&shop)?.map(|pool| Action::Void { pool, first: 0, count: 1 }));
    for (at, what) in (0_i64..).zip(meanwhile) {
        let at = run.checked_add(SignedDuration::from_millis(after + APART * at))?;
        day.script.actions.push(Timed { at, what });
    }
    day.with_runs()
}

/// One person, one code, one mail, and the day's run.
///
/// # Errors
/// As [`small_day`].
pub fn one_mail(shop: &str, events: bool) -> anyhow::Result<Script> {
    let mut day = Day::new(shop, events)?;
    day.import(1)?;
    day.buy(0, 0, 0)?;
    day.with_runs()
}

/// A day in the making.
struct Day {
    script: Script,
    noon: Timestamp,
}

impl Day {
    fn new(shop: &str, events: bool) -> anyhow::Result<Self> {
        let (first, shop) = (date(2026, 11, 9), ShopId::parse(shop)?);
        let start = first.to_zoned(jiff::tz::TimeZone::UTC)?.timestamp();
        let script = Script {
            seed: 1,
            start,
            quiet_from: start,
            shops: vec![shop],
            last_day: first.checked_add(16.days())?,
            actions: Vec::new(),
            faults: Faults::NONE,
            weather: Weather { events, ..Weather::CALM },
            planted: None,
        };
        Ok(Self { script, noon: start.checked_add(12.hours())? })
    }

    fn at(&mut self, hour: i64, what: Action) -> anyhow::Result<()> {
        self.script.actions.push(Timed { at: self.noon.checked_add(hour.hours())?, what });
        Ok(())
    }

    fn import(&mut self, count: u32) -> anyhow::Result<()> {
        let shop = self.script.shops.first().context("the day has a shop")?;
        match pool_of(shop)? {
            Some(pool) => self.at(-1, Action::Import { pool, first: 0, count, ends: None }),
            None => Ok(()),
        }
    }

    fn buy(&mut self, order: u32, person: u32, hour: i64) -> anyhow::Result<()> {
        let shop = self.script.shops.first().cloned().context("the day has a shop")?;
        let placed_at = self.noon.checked_add(hour.hours())?;
        let (person, revision) = (Some(person), placed_at);
        let purchase =
            Purchase { shop, order, person, placed_at, revision, paid: true, test: false, told: true };
        self.at(hour, Action::Buy(purchase))
    }

    /// When the runs of the days begin on which the mails are due.
    fn runs(&self) -> anyhow::Result<Vec<Timestamp>> {
        let id = self.script.shops.first().context("the day has a shop")?;
        let catalog = catalog()?;
        let shop = catalog.shop(id).context("the shop is of the content")?;
        let flow = catalog.flows_of(id).next().context("the shop has a flow")?;
        let mut due = shop.local_date(self.noon);
        let mut moment = |days: u16| {
            due = due.checked_add(i32::from(days).days())?;
            Ok(shop.send_moment(due))
        };
        flow.steps.iter().map(|step| moment(step.days)).collect()
    }

    /// With those runs; some hours after the last, it is quiet.
    fn with_runs(mut self) -> anyhow::Result<Script> {
        let (runs, shop) = (self.runs()?, self.script.shops.first().cloned().context("the day has a shop")?);
        let of_shop = |at: &Timestamp| Timed { at: *at, what: Action::Run { shop: shop.clone() } };
        self.script.actions.extend(runs.iter().map(of_shop));
        self.script.actions.sort_by_key(|action| action.at);
        let last = runs.last().context("the flow has a step")?;
        self.script.quiet_from = last.checked_add(2.hours())?;
        Ok(self.script)
    }
}
