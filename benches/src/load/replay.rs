//! Many orders told over webhooks, some of them again, later and out of order.

use std::time::{Duration, Instant};

use anyhow::ensure;
use jiff::civil::Date;
use nachklang_domain::id::content_hash;
use nachklang_domain::ports::DueList;
use serde_json::Value;

use super::machine::{FIRST_DAY, Machine, buyer, later};
use crate::generated::Numbers;
use crate::meter::cpu;
use crate::webhook::{Purchase, Signed};

/// The orders are those of so many days.
const DAYS: u64 = 365;
/// Webhooks are made so many at a time, outside of what is measured.
const PIECE: usize = 5_000;
/// A webhook comes again at most so many webhooks later.
const LATEST: u64 = 20_000;

/// What is told.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Orders.
    pub orders: u64,
    /// People who buy them.
    pub people: u64,
    /// One order of so many is told again; none when 0.
    pub again_at: u64,
}

/// What it took.
#[derive(Debug, Clone, Copy, Default)]
pub struct Replayed {
    /// Webhooks.
    pub told: u64,
    /// Orders that were new.
    pub stored: u64,
    /// Processor time for verifying, reading and storing.
    pub cpu: Duration,
    /// Time on the clock for the same.
    pub clock: Duration,
}

/// What is known in the end, however it came to be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// Orders.
    pub orders: u64,
    /// Contacts.
    pub contacts: u64,
    /// The sum of the hashes of all orders and contacts.
    pub sum: u128,
    /// Due entries of each day.
    pub due: Vec<u64>,
}

/// Tells the orders.
///
/// # Errors
/// When the store does not answer.
pub async fn replay(machine: &Machine, plan: Plan) -> anyhow::Result<Replayed> {
    let (mut told, mut replayed) = (webhooks(plan), Replayed::default());
    loop {
        let piece: Vec<(Signed, Date)> =
            told.by_ref().take(PIECE).map(|number| order(plan, number)).collect::<anyhow::Result<_>>()?;
        if piece.is_empty() {
            ensure!(replayed.stored == plan.orders, "each order is stored once: {replayed:?}");
            return Ok(replayed);
        }
        replayed.told += u64::try_from(piece.len())?;
        let (cpu_then, then) = (cpu(), Instant::now());
        replayed.stored += machine.receive(piece.into_iter().map(Ok)).await?;
        replayed.cpu += cpu() - cpu_then;
        replayed.clock += then.elapsed();
    }
}

/// The numbers of the orders as they are told: each in its turn, and some again among later ones.
fn webhooks(plan: Plan) -> impl Iterator<Item = u64> {
    let mut chance = Numbers::new(2026);
    let mut again: std::collections::BTreeMap<(u64, u64), ()> = std::collections::BTreeMap::new();
    let mut next = 0;
    std::iter::from_fn(move || {
        let due = again.first_key_value().map(|(key, ())| *key);
        if let Some(key) = due.filter(|(when, _)| *when <= next || next == plan.orders) {
            again.remove(&key);
            return Some(key.1);
        }
        let number = Some(next).filter(|number| *number < plan.orders)?;
        next += 1;
        if plan.again_at > 0 && number % plan.again_at == 0 {
            again.insert((number + 1 + chance.below(LATEST), number), ());
        }
        Some(number)
    })
}

fn order(plan: Plan, number: u64) -> anyhow::Result<(Signed, Date)> {
    let day = later(FIRST_DAY, i32::try_from(number * DAYS / plan.orders.max(1))?)?;
    let person = Numbers::new(number).below(plan.people.max(1));
    Ok((Signed::order(Purchase { number, buyer: &buyer(person), day }), day))
}

/// What is known in the end.
///
/// # Errors
/// When the store does not answer.
pub async fn end(machine: &Machine) -> anyhow::Result<End> {
    let (mut orders, mut contacts, mut sum) = (0, 0, 0_u128);
    let store = &machine.site.store;
    store
        .all_orders(|order| {
            orders += 1;
            sum = sum.wrapping_add(hash(&serde_json::to_value(&order)));
        })
        .await?;
    store
        .all_contacts(|contact| {
            contacts += 1;
            sum = sum.wrapping_add(hash(&serde_json::to_value(&contact)));
        })
        .await?;
    let due = store.due_counts(&machine.shop()?.id, FIRST_DAY, u16::try_from(DAYS + 30)?).await?;
    Ok(End { orders, contacts, sum, due })
}

/// Half of the hash of a value; what cannot be written counts as one that differs from all others.
fn hash(value: &Result<Value, serde_json::Error>) -> u128 {
    let text = value.as_ref().map_or_else(ToString::to_string, ToString::to_string);
    let hash = content_hash(text.as_bytes());
    hash.get(..32).and_then(|half| u128::from_str_radix(half, 16).ok()).unwrap_or_default()
}
