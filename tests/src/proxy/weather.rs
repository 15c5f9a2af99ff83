//! Which call meets which fault, by a seed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::caller::can_be_killed;
use super::fault::Fault;
use super::lane::Lane;
use super::message::{Answer, Call};
use super::need::{Need, needs};
use super::wire::{Course, Fate};

/// So many calls in a row meet an outage: more than the SDK tries.
const OUTAGE: usize = 5;
/// How long an answer may drip, in milliseconds. The last is longer than the functions wait for a table.
const DRIPS: [u64; 4] = [200, 500, 1_200, 5_600];
/// Nobody waits for what a queue keeps back: so much less than was asked for.
const DELAY_PART: u64 = 12;

/// The faults on some wires, drawn by a seed.
///
/// Each kind of call has a deck of cards, most of them blank, which is shuffled anew when it is through. So every fault
/// happens as often as it should, at moments that only the seed knows. Calls of several processes race, so the same seed
/// brings the same cards, not the same run.
#[derive(Debug)]
pub struct Weather {
    seed: u64,
    bad: AtomicBool,
    book: Mutex<Book>,
}

/// A call that arrived, and how it was answered, whether its caller heard it or not.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// When it went on from the wire.
    pub asked: Timestamp,
    /// When the service had answered.
    pub answered: Timestamp,
    /// What was called.
    pub what: String,
    /// Its body.
    pub body: String,
    /// The HTTP status of the answer.
    pub status: u16,
    /// The body of the answer.
    pub said: Vec<u8>,
}

#[derive(Debug, Default)]
struct Book {
    decks: BTreeMap<Lane, Deck>,
    happened: BTreeMap<(Lane, Fault), u64>,
    killed: BTreeMap<String, u64>,
    calls: BTreeMap<Lane, u64>,
    arrivals: Vec<Arrival>,
    needed: BTreeMap<String, BTreeSet<Need>>,
}

#[derive(Debug, Default)]
struct Deck {
    /// How often it was shuffled.
    round: u64,
    cards: Vec<Option<Fault>>,
    /// How many more calls meet the outage.
    outage: usize,
}

impl Weather {
    /// Fair weather, which can turn.
    #[must_use]
    pub fn of_seed(seed: u64) -> Self {
        Self { seed, bad: AtomicBool::new(false), book: Mutex::default() }
    }

    /// From now on calls meet faults, or none.
    pub fn turn(&self, bad: bool) {
        self.bad.store(bad, Ordering::SeqCst);
    }

    /// How often each fault has happened to each kind of call.
    #[must_use]
    pub fn happened(&self) -> BTreeMap<(Lane, Fault), u64> {
        self.book().happened.clone()
    }

    /// How many calls there were of each kind.
    #[must_use]
    pub fn calls(&self) -> BTreeMap<Lane, u64> {
        self.book().calls.clone()
    }

    /// How often each function was killed.
    #[must_use]
    pub fn killed(&self) -> BTreeMap<String, u64> {
        self.book().killed.clone()
    }

    /// The calls that arrived and may have changed something, in the order of their answers.
    #[must_use]
    pub fn arrivals(&self) -> Vec<Arrival> {
        self.book().arrivals.clone()
    }

    /// What each function would have had to be allowed.
    #[must_use]
    pub fn needed(&self) -> BTreeMap<String, BTreeSet<Need>> {
        self.book().needed.clone()
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn draw(&self, lane: Lane) -> Option<(Fault, u64)> {
        let mut book = self.book();
        *book.calls.entry(lane).or_default() += 1;
        if !self.bad.load(Ordering::SeqCst) {
            return None;
        }
        let fault = book.decks.entry(lane).or_default().draw(self.seed, lane)?;
        if fault.kills() && !can_be_killed() {
            return None;
        }
        // A kill counts once a caller was found.
        let times = book.happened.entry((lane, fault)).or_default();
        *times += u64::from(!fault.kills());
        Some((fault, *times))
    }
}

impl Deck {
    fn draw(&mut self, seed: u64, lane: Lane) -> Option<Fault> {
        if self.outage > 0 {
            self.outage -= 1;
            return Some(Fault::Outage);
        }
        if self.cards.is_empty() {
            self.shuffle(seed, lane);
        }
        let card = self.cards.pop().flatten();
        if card == Some(Fault::Outage) {
            self.outage = OUTAGE - 1;
        }
        card
    }

    fn shuffle(&mut self, seed: u64, lane: Lane) {
        self.round += 1;
        let (size, faults) = lane.deck();
        self.cards =
            faults.iter().flat_map(|(fault, times)| std::iter::repeat_n(Some(*fault), *times)).collect();
        self.cards.resize(size, None);
        let mut random = Random(seed ^ (self.round << 32) ^ (lane as u64) << 56);
        for last in (1..size).rev() {
            self.cards.swap(last, random.below(last + 1));
        }
    }
}

/// `SplitMix64`: small, and every seed is as good as any other. Source: Steele, Lea, Flood, OOPSLA 2014.
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX);
        usize::try_from(self.next() % bound).unwrap_or_default()
    }
}

impl Course for Weather {
    fn fate(&self, call: &mut Call) -> Fate {
        hurry(call);
        let lane = Lane::of(call);
        let Some((fault, times)) = self.draw(lane) else { return Fate::Pass };
        let again = times % 2 == 0;
        let answer = |(status, body): (u16, String)| Fate::Answer(status, body);
        match fault {
            Fault::CutBefore => Fate::Cut,
            Fault::CutAfter => Fate::LoseAnswer,
            Fault::BrokenBefore | Fault::Outage => answer(lane.broken(again)),
            Fault::BrokenAfter => {
                let (status, body) = lane.broken(again);
                Fate::AnswerAfter(status, body)
            }
            Fault::Throttled => answer(lane.slow_down(again)),
            Fault::Slow => Fate::Drip(drip(times)),
            Fault::KilledBefore => Fate::KillBefore,
            Fault::KilledAfter => Fate::KillAfter,
        }
    }

    fn wants_callers(&self) -> bool {
        true
    }

    fn called(&self, call: &Call, function: &str) {
        self.book().needed.entry(function.to_owned()).or_default().extend(needs(call));
    }

    fn arrived(&self, call: &Call, asked: Timestamp, answered: Timestamp, answer: &Answer) {
        if matches!(Lane::of(call), Lane::Write | Lane::Send) {
            let (what, body, said) = (call.what.clone(), call.body.clone(), answer.body.clone());
            let arrival = Arrival { asked, answered, what, body, status: answer.status, said };
            self.book().arrivals.push(arrival);
        }
    }

    fn killed(&self, call: &Call, fate: &Fate, function: Option<String>) {
        let Some(function) = function else { return };
        let fault = if matches!(fate, Fate::KillAfter) { Fault::KilledAfter } else { Fault::KilledBefore };
        let mut book = self.book();
        *book.happened.entry((Lane::of(call), fault)).or_default() += 1;
        *book.killed.entry(function).or_default() += 1;
    }
}

fn drip(times: u64) -> Duration {
    let place = usize::try_from(times).unwrap_or_default() % DRIPS.len();
    Duration::from_millis(DRIPS.get(place).copied().unwrap_or_default())
}

/// A message that is kept back for a minute comes after some seconds.
fn hurry(call: &mut Call) {
    if call.what != "AmazonSQS.SendMessage" {
        return;
    }
    let Ok(mut body) = serde_json::from_str::<Value>(&call.body) else { return };
    let Some(delay) = body.get_mut("DelaySeconds") else { return };
    *delay = delay.as_u64().map(|seconds| seconds.div_ceil(DELAY_PART)).into();
    call.replace_body(body.to_string());
}
